"""`digest subscribers`: who reads, and readers who come from elsewhere or want to be forgotten."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from digest.cli.console import Console, print_table
from digest.core.text import format_count

if TYPE_CHECKING:
    from digest.config import Config
    from digest.models import Subscriber, Suppression
    from digest.storage import Database
    from digest.subscribers.imports import Merged, Plan

_AT_ONCE = 1000
"""Readers whose suppressions are looked up together."""


@click.group()
def subscribers() -> None:
    """Show, import, export and erase readers."""


@subscribers.command("list")
@click.option("--json", "as_json", is_flag=True, help="For a program to read.")
@click.option("--segment", is_flag=True, help="Show with whom each shares a mail: their categories and language.")
@click.pass_obj
def list_(console: Console, *, as_json: bool, segment: bool) -> None:
    """Show who is in subscribers.csv, whether they get mail, and why not.

    The last line counts them. Rows that are wrong are named on stderr.
    """
    from digest import subscribers
    from digest.storage import Database

    config = console.config()
    counts: Counter[str] = Counter()

    def rows(database: Database) -> Iterator[dict[str, Any]]:
        for reader, suppression in _readers(console, config, database):
            why_not = _why_not(reader, suppression)
            counts["suppressed" if suppression else reader.cadence if not why_not else reader.status] += 1
            yield {
                "email": reader.email,
                "name": reader.name,
                "categories": list(reader.categories),
                "cadence": reader.cadence,
                "timezone": reader.timezone,
                "language": reader.language,
                "status": reader.status,
                "segment": subscribers.segment_of(reader, config.publication.language).key,
                "gets_mail": not why_not,
                "why_not": why_not,
            }

    with Database.open_to_read(config.database_url, config.secrets.secret_key) as database:
        if as_json:
            click.echo('{"subscribers": [', nl=False)
            for number, row in enumerate(rows(database)):
                click.echo(f"{',' if number else ''}\n  {json.dumps(row, ensure_ascii=False)}", nl=False)
            click.echo(f'\n], "counts": {json.dumps(counts)}}}')
            return
        shown = ["email", "name", "cadence", "status", *(["segment"] if segment else []), "mail"]
        mail = ({**row, "mail": row["why_not"] or "yes"} for row in rows(database))
        print_table(shown, ([row[column] for column in shown] for row in mail))
    told = ", ".join(f"{count} {what}" for what, count in counts.most_common())
    console.result(f"{format_count(counts.total(), 'subscriber', 'subscribers')}{': ' * bool(told)}{told}")


@subscribers.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Say what would become of it, write nothing.")
@click.pass_context
def import_(context: click.Context, file: Path, *, dry_run: bool) -> None:
    """Take the readers of FILE into subscribers.csv: what another newsletter service exported, as CSV.

    Columns may have the names that Mailchimp, Ghost, Substack, Buttondown, listmonk, Kit, MailPoet, beehiiv and others
    give them. Who is there already keeps their row, with what is empty in it filled in. Whoever left, bounced or
    complained, here or there, gets no mail from now on. Everything else in subscribers.csv stays as it is; the file as
    it was before is kept as subscribers.csv.bak. Rows that are left out are named on stderr, and the exit status is 3.
    """
    from digest import subscribers
    from digest.models import Problem
    from digest.storage import Database

    console: Console = context.obj
    config = console.config()
    known = config.sections
    sections = {*known.order, *known.names, *known.names.values(), *known.limits, *known.pages}
    export = subscribers.read_export(file, sections, console.problem)
    listed = config.audience.subscribers
    current_status = subscribers.current_status(listed, export.readers) if listed.exists() else {}
    opened = Database.open_to_read if dry_run else Database.open
    with opened(config.database_url, config.secrets.secret_key) as database:
        plan = subscribers.plan(
            export.readers,
            current_status,
            _suppressed(database, export.readers),
            lambda line, what, step: Problem(f"{file}:{line}", what, step),
        )
        for problem in plan.left_out:
            console.problem(problem)
        if not dry_run:
            # Before the list, so that nobody who left is mailed though this should stop half way.
            database.suppressions.add_all(plan.suppress.items(), datetime.now(UTC))
    merged = subscribers.merge(listed, plan, write=not dry_run)
    left_out = export.left_out + len(plan.left_out)
    console.result(("dry run, nothing written: " if dry_run else "") + _told(merged, plan, left_out, export.again))
    context.exit(3 if left_out else 0)


@subscribers.command("export")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    default=Path("-"),
    help="A file instead of stdout.",
)
@click.pass_obj
def export_(console: Console, output: Path) -> None:
    """Write every reader, and everyone who is suppressed, as CSV to stdout or the file -o."""
    from digest.core.atomic_file import AtomicFile
    from digest.errors import SubscribersError
    from digest.storage import Database

    config = console.config()
    with Database.open_to_read(config.database_url, config.secrets.secret_key) as database:
        lines = _lines(_known(console, config, database))
        if output == Path("-"):
            for line in lines:
                click.echo(line, nl=False)
            return
        with AtomicFile(output, SubscribersError) as replacement:
            replacement.stream.writelines(lines)
            replacement.commit()


@subscribers.command()
@click.argument("email")
@click.pass_context
def erase(context: click.Context, email: str) -> None:
    """Forget EMAIL, as the reader may ask (GDPR, art. 17), and never mail it again.

    Their row goes from subscribers.csv and its backup; their address, name and links go from the ledger, where a keyed
    hash of the address stays (by DIGEST_SECRET_KEY), so that no import brings them back. Not while a send is at work.
    Mails in outbox/, your mail provider's logs and your own backups are not within reach.
    """
    from digest import subscribers
    from digest.storage import Database

    console: Console = context.obj
    config = console.config()
    address = subscribers.normalize_address(email)
    listed = config.audience.subscribers
    with Database.open(config.database_url, config.secrets.secret_key) as database, database.lock():
        editions = database.erasure.erase(address, datetime.now(UTC))
        rows, problems = subscribers.erase(listed, address)
        _, more = subscribers.erase(subscribers.backup_of(listed), address)
    for problem in (*problems, *more):
        console.problem(problem)
    where = f"{format_count(rows, 'row', 'rows')} of {listed.name}"
    told = f"{where}, {format_count(editions, 'edition', 'editions')}"
    console.result(f"{address} is erased ({told}) and never mailed again")
    context.exit(3 if problems or more else 0)


# --- what the commands share ------------------------------------------------------------------------------------------


def _readers(console: Console, config: Config, database: Database) -> Iterator[tuple[Subscriber, Suppression | None]]:
    """Every reader of the list with their suppression, as they stream; rows that are wrong go to stderr."""
    from digest import subscribers
    from digest.models import Problem

    rows = subscribers.read_subscribers(config.audience.subscribers)
    while some := list(islice(rows, _AT_ONCE)):
        suppressed = database.suppressions.find([row.email for row in some if not isinstance(row, Problem)])
        for row in some:
            if isinstance(row, Problem):
                console.problem(row)
            else:
                yield row, suppressed.get(row.email)


def _why_not(reader: Subscriber, suppression: Suppression | None) -> str:
    """Why a reader gets no mail, empty for one who does."""
    if suppression is None:
        return "" if reader.status == "active" else reader.status
    erased = suppression.email != reader.email
    return f"suppressed since {suppression.since:%Y-%m-%d}: {'erased' if erased else suppression.reason}"


def _suppressed(database: Database, emails: Mapping[str, object]) -> dict[str, Suppression]:
    addresses = iter(emails)
    found: dict[str, Suppression] = {}
    while some := list(islice(addresses, _AT_ONCE)):
        found.update(database.suppressions.find(some))
    return found


def _known(console: Console, config: Config, database: Database) -> Iterator[dict[str, str]]:
    """Everything known of everyone: first the list's readers, then who is suppressed and not in the list."""
    in_the_list = set()
    for reader, suppression in _readers(console, config, database):
        in_the_list.add(reader.email)
        yield {
            "email": reader.email,
            "name": reader.name,
            "categories": "|".join(reader.categories),
            "cadence": reader.cadence,
            "timezone": reader.timezone,
            "language": reader.language,
            "status": reader.status,
            **_suppression(suppression),
        }
    for suppression in database.suppressions.all():
        if suppression.email not in in_the_list and "@" in suppression.email:
            yield {"email": suppression.email, "status": suppression.reason, **_suppression(suppression)}


def _suppression(suppression: Suppression | None) -> dict[str, str]:
    if suppression is None:
        return {}
    return {"suppressed": suppression.reason, "suppressed_since": suppression.since.isoformat(timespec="seconds")}


def _lines(rows: Iterator[dict[str, str]]) -> Iterator[str]:
    """Rows as lines of CSV, under a header."""
    from digest.subscribers import COLUMNS

    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, [*COLUMNS, "suppressed", "suppressed_since"], restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow(row)
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()


def _told(merged: Merged, plan: Plan, left_out: int, again: int) -> str:
    parts = (f"{merged.added} added", f"{merged.changed} changed", f"{merged.there} already there")
    rare = ((plan.gone, "gone there, not mailed"), (again, "more rows of the same readers"))
    return ", ".join([*parts, f"{left_out} left out", *(f"{count} {what}" for count, what in rare if count)])
