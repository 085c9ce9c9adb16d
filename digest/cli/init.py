"""`digest init`: create a newsroom that works immediately."""

from __future__ import annotations

import shutil
from pathlib import Path

import click

from digest.cli.console import Console

SUBSCRIBERS = """\
email,name,categories,cadence,timezone,language,status
reader@example.com,A Reader,,daily,,,active
science@example.com,A Curious Reader,Science,daily,,,active
weekly@example.com,A Weekend Reader,,weekly,,,active
"""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.pass_obj
def init(console: Console, folder: Path) -> None:
    """Create a newsroom in FOLDER, by default the current one.

    Writes a digest.toml, a subscribers.csv and a folder of sample articles that work immediately: run `digest preview`
    there to see the email. Existing files are never overwritten.
    """
    from digest.core.resources import find_shipped
    from digest.errors import UsageError

    names = ("digest.toml", "subscribers.csv", "articles")
    if existing := [name for name in names if (folder / name).exists()]:
        raise UsageError(
            f"{folder.absolute()} already has {' and '.join(existing)}",
            hint="choose another folder, or move them away",
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(find_shipped("digest.toml"), folder / "digest.toml")
        (folder / "subscribers.csv").write_text(SUBSCRIBERS, encoding="utf-8")
        shutil.copytree(find_shipped("articles"), folder / "articles")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", location=str(error.filename or folder)) from None
    at = "" if folder == Path() else f"cd {folder} && "
    console.result(f"Created a newsroom in {folder.absolute()}: digest.toml, subscribers.csv, articles/")
    console.result(f"See what readers get:   {at}digest preview --open")
    console.result(f"Send it into outbox/:   {at}digest send --daily")
    console.result("Then enter your name, feed and readers in digest.toml and subscribers.csv.")
