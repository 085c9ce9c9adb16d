"""`digest preview`: show what readers will get, and its problems."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from digest.cli.console import Console, day_option, moment, now_option

if TYPE_CHECKING:
    from digest.inspection.preview import Preview
    from digest.models import Cadence

_FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


@click.command()
@click.option("--daily", "cadence", flag_value="daily", default="daily", help="The daily edition (the default).")
@click.option("--weekly", "cadence", flag_value="weekly", help="The weekly edition.")
@click.option(
    "-o",
    "--output",
    type=_FILE,
    default=Path("preview.html"),
    show_default=True,
    help="The HTML file to write; - for stdout.",
)
@click.option("--as", "reader", metavar="EMAIL", default="", help="The email as this subscriber would get it.")
@click.option("--text", "text_file", type=_FILE, help="Also write the plain text to this file; - for stdout.")
@click.option(
    "--eml", "eml_file", type=_FILE, help="Also write the complete email to this file, to open in a mail client."
)
@click.option("--png", is_flag=True, help="Also take screenshots beside the HTML: phone and desktop, light and dark.")
@click.option(
    "--serve", "serve_it", is_flag=True, help="Serve the desk on this machine: a page to view and edit the edition."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8642, show_default=True, help="The desk's port; 0 for any."
)
@click.option("--open", "open_it", is_flag=True, help="Open the HTML in a browser.")
@day_option
@now_option
@click.pass_obj
def preview(
    console: Console,
    cadence: Cadence,
    output: Path,
    reader: str,
    text_file: Path | None,
    eml_file: Path | None,
    day: date | None,
    now: datetime | None,
    *,
    png: bool,
    serve_it: bool,
    port: int,
    open_it: bool,
) -> None:
    """Write what readers would get now to preview.html. Sends nothing and changes nothing."""
    _reject_conflicting_options(
        serve_it=serve_it and bool(reader or text_file or eml_file or png),
        on_stdout=[output, text_file, eml_file].count(Path("-")),
        file_wanted=output == Path("-") and (png or open_it),
    )
    if serve_it:
        _serve(console, cadence, day, now, port, open_it=open_it)
        return
    from digest.inspection import preview as inspection

    config = console.config()
    shown = inspection.preview(config, cadence, moment(config, now), reader, day)
    for problem in shown.problems:
        console.problem(problem)
    if shown.edition is None:
        console.result(f"{shown.composition.no_news_reason}, nothing to preview")
        return
    _write(output, shown.html.encode())
    if text_file:
        _write(text_file, shown.text.encode())
    if eml_file:
        _write(eml_file, shown.mail)
    if png:
        _take_screenshots(console, shown, output)
    if output != Path("-"):
        _summarize(console, shown, output)
    if open_it:
        click.launch(str(output.absolute()))


def _reject_conflicting_options(*, serve_it: bool, on_stdout: int, file_wanted: bool) -> None:
    if serve_it:
        raise click.UsageError("--serve shows all of this: leave out --as, --text, --eml and --png")
    if on_stdout > 1:
        raise click.UsageError("only one of --output, --text and --eml can go to stdout")
    if file_wanted:
        raise click.UsageError("--png and --open need a file: name it with --output")


def _serve(
    console: Console, cadence: Cadence, day: date | None, now: datetime | None, port: int, *, open_it: bool
) -> None:
    """Serve the desk until Ctrl-C."""
    from digest.web.desk.serve import serve
    from digest.web.desk.session import EditorSession

    session = EditorSession(console.config_file.absolute(), cadence, lambda config: moment(config, now), day)

    def opened(address: str) -> None:
        click.echo(f"The desk is open at {address}\nPress Ctrl-C to close it.")
        if open_it:
            click.launch(address)

    serve(session, port, opened)


def _take_screenshots(console: Console, shown: Preview, output: Path) -> None:
    from digest.inspection.screenshots import take

    for picture in take(shown.html, output):
        console.result(str(picture))


def _write(file: Path, data: bytes) -> None:
    from digest.errors import UsageError

    try:
        if file == Path("-"):
            sys.stdout.buffer.write(data)
        else:
            file.write_bytes(data)
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", location=str(file)) from None


def _summarize(console: Console, shown: Preview, output: Path) -> None:
    from digest.core.text import format_count
    from digest.inspection.preview import describe_sections
    from digest.models import Problem

    edition = shown.edition
    assert edition is not None
    console.result(
        f"{output}: {edition.id}, {format_count(len(edition.articles), 'story', 'stories')}, {shown.size / 1000:.0f} kB"
    )
    console.result(f"Subject:   {shown.subject}")
    console.result(f"Preheader: {shown.preheader}")
    console.result(f"Sections:  {describe_sections(edition)}")
    serious = [finding for finding in shown.findings if finding.serious]
    minor = len(shown.findings) - len(serious)
    more = f"; `digest check` lists {'the minor ones' if serious else 'them'}" if minor else ""
    console.result(f"Findings:  {len(serious)} serious, {minor} minor{more}" if shown.findings else "Findings:  none")
    for finding in serious:
        console.problem(Problem(f"{finding.rule}: {finding.location}", finding.message, finding.hint))
