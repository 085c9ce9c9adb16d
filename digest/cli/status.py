"""`digest status`: the latest editions, one edition's recipients, or one reader's history."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from digest.cli.console import Console, print_table

if TYPE_CHECKING:
    from digest.inspection.reader_history import ReaderHistory
    from digest.storage import Database, EditionRecord

_STATES = ("accepted", "refused", "deferred", "in_doubt", "suppressed", "skipped", "pending", "sending")


@click.command()
@click.argument("edition", metavar="[EDITION | EMAIL]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def status(console: Console, edition: str | None, *, as_json: bool) -> None:
    """Show the latest editions, or every recipient of EDITION (such as 2026-11-23-daily) with its state.

    Also lists sources that are failing, and since when, and why the last run of an edition failed. With EMAIL, show
    one reader: whether they are subscribed, what they chose, and every edition with its state or why they did not
    get it.
    """
    from digest.errors import StorageError
    from digest.storage import Database

    config = console.config()
    with Database.read_for(config) as database:
        try:
            database.info.check_usable()
        except StorageError as error:  # what it shows may be out of date
            console.problem(error.as_problem())
        if edition and "@" in edition:
            from digest.inspection.reader_history import read_history

            _reader(read_history(config, database, edition, datetime.now(UTC)), as_json=as_json)
        elif edition:
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
    for record in records:
        _print_failure(record)
    if not records:
        click.echo("No edition has been sent yet.")
    else:
        shown = [state for state in _STATES if any(record.counts.get(state) for record in records)]
        head = ["edition", "state", "stories", "recipients", *map(_words, shown), "subject"]
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
        return
    _print_failure(record)
    if record.is_pruned:
        counts = ", ".join(f"{record.counts[state]} {_words(state)}" for state in _STATES if record.counts.get(state))
        click.echo(f"{edition}: {counts}. Its recipients are not kept any more ([ledger] keep).")
    else:
        print_table(
            ["recipient", "state", "detail"],
            ([row.email, _words(row.state), row.detail] for row in rows),
        )


def _print_failure(record: EditionRecord) -> None:
    if record.failure:
        click.echo(f"The last run of {record.id} failed: {record.failure}")


def _reader(history: ReaderHistory, *, as_json: bool) -> None:
    if as_json:
        _print_json(_reader_as_json(history))
        return
    reader = history.subscriber
    click.echo(f"{history.email}: {history.standing}")
    if reader:
        choices = [
            reader.cadence,
            ", ".join(reader.categories) or "all categories",
            *filter(None, (reader.timezone, reader.language)),
        ]
        click.echo(f"Chose: {'; '.join(choices)}")
    for consent in history.consents:
        given = f"{consent.action} on {consent.given_at:%d %b %Y %H:%M} UTC through {consent.source}"
        click.echo(f"Consent: {given}" + (f": {consent.wording}" if consent.wording else ""))
    if history.suppression and not history.is_erased:
        click.echo(f"Suppressed since {history.suppression.since:%d %b %Y %H:%M} UTC: {history.suppression.reason}")
    rows = [
        [item.edition, _words(item.state) or "not sent", item.detail, item.changed_at.strftime("%Y-%m-%d %H:%M")]
        for item in history.editions
    ]
    if rows:
        print_table(["edition", "state", "detail", "since (UTC)"], rows)
    else:
        click.echo("No edition has been sent yet.")


def _reader_as_json(history: ReaderHistory) -> dict[str, Any]:
    reader, suppression = history.subscriber, history.suppression
    return {
        "email": history.email,
        "gets_mail": history.gets_mail,
        "standing": history.standing,
        "subscriber": reader
        and {
            "list": history.list_location,
            "status": reader.status,
            "name": reader.name,
            "cadence": reader.cadence,
            "categories": list(reader.categories),
            "timezone": reader.timezone,
            "language": reader.language,
        },
        "suppression": suppression
        and {"reason": suppression.reason, "since": _iso(suppression.since), "erased": history.is_erased},
        "consents": [
            {
                "action": consent.action,
                "given_at": _iso(consent.given_at),
                "source": consent.source,
                "wording": consent.wording,
            }
            for consent in history.consents
        ],
        "editions": [
            {
                "edition": item.edition,
                "subject": item.subject,
                "state": item.state or None,
                "detail": item.detail,
                "changed_at": _iso(item.changed_at),
            }
            for item in history.editions
        ],
    }


def _as_json(record: EditionRecord) -> dict[str, Any]:
    return {
        "edition": record.id,
        "cadence": record.cadence,
        "state": record.state,
        "subject": record.subject,
        "stories": record.stories,
        "frozen_at": _iso(record.frozen_at),
        "finished_at": _iso(record.finished_at),
        "failure": record.failure,
        "counts": {state: record.counts.get(state, 0) for state in _STATES},
    }


def _words(state: str) -> str:
    return state.replace("_", " ")


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _print_json(value: Any) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))
