"""`digest subscribers`: list, import, export and erase readers."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.console import Console, print_table
from digest.core.text import format_count

if TYPE_CHECKING:
    from digest.config import Config
    from digest.subscribers import ListedSubscriber

_EXPORT_COLUMNS = ("suppressed", "suppressed_since", "paused_until", "consents")
"""Columns of an export beside those of a list."""


@click.group()
def subscribers() -> None:
    """List, import, export and erase readers."""


@subscribers.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--segment", is_flag=True, help="Show each reader's segment: the categories and language of their email.")
@click.pass_obj
def list_(console: Console, *, as_json: bool, segment: bool) -> None:
    """List the readers, and why some get no mail.

    The last line counts them. Invalid rows are reported on stderr.
    """
    from digest import subscribers
    from digest.storage import Database

    config = console.config()
    counts: Counter[str] = Counter()
    with Database.read_for(config) as database:
        store = subscribers.open_store(config, database, datetime.now(UTC))
        rows = _rows(config, subscribers.list_subscribers(store, database, console.problem), counts)
        if as_json:
            _print_json(rows, counts)
            return
        columns = ["email", "name", "cadence", "status", *(["segment"] if segment else []), "mail"]
        with_mail = ({**row, "mail": row["why_not"] or "yes"} for row in rows)
        print_table(columns, ([row[column] for column in columns] for row in with_mail))
    summary = ", ".join(f"{count} {label}" for label, count in counts.most_common())
    console.result(f"{format_count(counts.total(), 'subscriber', 'subscribers')}{': ' * bool(summary)}{summary}")


def _rows(config: Config, items: Iterable[ListedSubscriber], counts: Counter[str]) -> Iterator[dict[str, Any]]:
    """Yield each reader as a row, and count them by what they get, or why they get nothing."""
    from digest.subscribers import segment_of

    for item in items:
        reader = item.subscriber
        kind = "suppressed" if item.suppression else reader.cadence if item.gets_mail else reader.status
        counts[kind] += 1
        yield {
            "email": reader.email,
            "name": reader.name,
            "categories": list(reader.categories),
            "cadence": reader.cadence,
            "timezone": reader.timezone,
            "language": reader.language,
            "status": reader.status,
            "segment": segment_of(reader, config.publication.language).key,
            "gets_mail": item.gets_mail,
            "why_not": item.reason,
        }


def _print_json(rows: Iterable[dict[str, Any]], counts: Counter[str]) -> None:
    """Print one JSON document as the rows stream."""
    click.echo('{"subscribers": [', nl=False)
    for number, row in enumerate(rows):
        click.echo(f"{',' if number else ''}\n  {json.dumps(row, ensure_ascii=False)}", nl=False)
    click.echo(f'\n], "counts": {json.dumps(counts)}}}')


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Report what would change; write nothing.")
@click.pass_context
def import_(context: click.Context, file: Path, *, dry_run: bool) -> None:
    """Import readers that another service exported as CSV.

    They go into subscribers.csv, or into the database if [audience] names that. The column names of Mailchimp, Ghost,
    Substack, Buttondown, listmonk, Kit, MailPoet, beehiiv and others are known. Readers who are already listed keep
    their row; only its empty fields are filled in. Anyone who unsubscribed, bounced or complained, according to the
    file or to our list, gets no mail from now on. Nothing else in subscribers.csv changes, and the previous file is
    kept as subscribers.csv.bak. Rows that are left out are reported on stderr, and the exit status is then 3.
    """
    from digest.subscribers import import_subscribers

    console: Console = context.obj
    report = import_subscribers(console.config(), file, datetime.now(UTC), console.problem, dry_run=dry_run)
    console.result(f"{'dry run, nothing written: ' if dry_run else ''}{report}")
    context.exit(3 if report.left_out else 0)


@subscribers.command("export")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path("-"),
    help="Write to a file instead of stdout.",
)
@click.pass_obj
def export_(console: Console, output: Path) -> None:
    """Write every reader, and every suppressed address, as CSV."""
    from digest import subscribers
    from digest.core.atomic_file import AtomicFile
    from digest.errors import SubscribersError
    from digest.storage import Database

    config = console.config()
    with Database.read_for(config, any_newer=True) as database:
        store = subscribers.open_store(config, database, datetime.now(UTC))
        lines = _csv_lines(subscribers.export_rows(store, database, console.problem))
        if output == Path("-"):
            for line in lines:
                click.echo(line, nl=False)
            return
        with AtomicFile(output, SubscribersError) as new_file:
            new_file.stream.writelines(lines)
            new_file.commit()


def _csv_lines(rows: Iterable[dict[str, str]]) -> Iterator[str]:
    """Yield rows as lines of CSV, below a header."""
    from digest.subscribers import COLUMNS

    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [*COLUMNS, *_EXPORT_COLUMNS], restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row)
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


@subscribers.command()
@click.argument("email")
@click.pass_context
def erase(context: click.Context, email: str) -> None:
    """Erase EMAIL for good, at the reader's request.

    For requests under art. 17 of the GDPR; the address is never mailed again. Deletes the reader's row from
    subscribers.csv and its backup, or from the database; and from the ledger the address, name and links, what the
    reader chose, and the evidence of consent. The ledger keeps a hash of the address, keyed with DIGEST_SECRET_KEY,
    so that no import brings the reader back. Cannot run during a send. Emails in outbox/, your provider's logs and
    your own backups are out of reach.
    """
    from digest.subscribers import erase_subscriber

    console: Console = context.obj
    erased = erase_subscriber(console.config(), email, datetime.now(UTC))
    for problem in erased.problems:
        console.problem(problem)
    rows = f"{format_count(erased.rows, 'row', 'rows')} of {erased.list_name}"
    editions = format_count(erased.editions, "edition", "editions")
    console.result(f"{erased.email} is erased ({rows}, {editions}) and never mailed again")
    context.exit(3 if erased.problems else 0)
