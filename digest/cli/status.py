"""`digest status`: the latest editions, or one edition's recipients."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from digest.cli.console import Console, print_table

if TYPE_CHECKING:
    from digest.storage import Database, EditionRecord

_STATES = ("accepted", "refused", "deferred", "in_doubt", "suppressed", "skipped", "pending", "sending")


@click.command()
@click.argument("edition", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(console: Console, edition: str | None, *, as_json: bool) -> None:
    """Show the latest editions, or every recipient of EDITION (such as 2026-11-23-daily) with its state.

    Also lists sources that are failing, and since when.
    """
    from digest.storage import Database

    config = console.config()
    with Database.read_for(config) as database:
        if edition:
            _one(database, edition, as_json=as_json)
        else:
            _latest(database, as_json=as_json)


def _latest(database: Database, *, as_json: bool) -> None:
    records = database.editions.list_latest()
    failing = [source for source in database.sources.get_states().values() if source.failing_since]
    if as_json:
        _print_json(
            {
                "editions": [_as_json(record) for record in records],
                "failing_sources": [
                    {"source": source.name, "since": _iso(source.failing_since), "failure": source.failure}
                    for source in failing
                ],
            }
        )
        return
    for source in failing:
        click.echo(f"Source {source.name} has failed since {source.failing_since:%d %b %Y %H:%M} UTC: {source.failure}")
    if not records:
        click.echo("No edition has been sent yet.")
    else:
        shown = [state for state in _STATES if any(record.counts.get(state) for record in records)]
        head = ["edition", "state", "stories", "recipients", *(state.replace("_", " ") for state in shown), "subject"]
        rows = [
            [
                record.id,
                "unfinished" if record.state == "frozen" else record.state,
                str(record.stories),
                str(record.recipients),
                *(str(record.counts.get(state, 0)) for state in shown),
                record.subject,
            ]
            for record in records
        ]
        print_table(head, rows)


def _one(database: Database, edition: str, *, as_json: bool) -> None:
    from digest.errors import UsageError

    record = database.editions.get(edition)
    if record is None:
        known = ", ".join(known.id for known in database.editions.list_latest(limit=3)) or "none yet"
        raise UsageError(f"there is no edition {edition}", hint=f"the latest: {known}")
    rows = database.recipients.stream(edition)
    if as_json:
        people = [
            {"email": row.email, "state": row.state, "detail": row.detail, "changed_at": row.changed_at.isoformat()}
            for row in rows
        ]
        _print_json({**_as_json(record), "recipients": people})
    else:
        print_table(
            ["recipient", "state", "detail"],
            ([row.email, row.state.replace("_", " "), row.detail] for row in rows),
        )


def _as_json(record: EditionRecord) -> dict[str, Any]:
    return {
        "edition": record.id,
        "cadence": record.cadence,
        "state": record.state,
        "subject": record.subject,
        "stories": record.stories,
        "frozen_at": _iso(record.frozen_at),
        "finished_at": _iso(record.finished_at),
        "counts": {state: record.counts.get(state, 0) for state in _STATES},
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
