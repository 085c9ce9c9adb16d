"""Send today's edition, and what an earlier day left: nobody twice, nobody missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from digest.config import Config
from digest.core.text import format_count
from digest.editions.naming import edition_id
from digest.errors import LockedError, TooLateError, UsageError
from digest.models import Outcome, Problem
from digest.sending.deliver import deliver, recover
from digest.sending.freeze import freeze
from digest.sending.local_time import send_by_local_time
from digest.sending.readiness import require_providers, require_sendable
from digest.sending.report import Report, nothing_to_do
from digest.sending.send_run import SendRun, one_by_one
from digest.storage import Database, EditionRecord


def send(run: SendRun) -> Iterator[Report]:
    """Finish what an earlier day left, then send today's edition; a Report for each as it is done.

    Raises:
        ConfigError: something every mail must have is missing.
        LockedError: another run is at work.
        TooLateError: today's edition is past its time.
        DigestError: as for composing, rendering and delivery.
    """
    require_sendable(run.config)
    require_providers(run.config)
    today = edition_id(run.config, run.cadence, run.now)
    with Database.open(run.config.database_url, run.config.secrets.secret_key) as database, database.lock():
        yield from _close_cancelled(run, database)
        if run.config.schedules[run.cadence].local_time:
            yield from send_by_local_time(run, database)
        else:
            earlier = [record for record in database.editions.list_open(run.cadence) if record.id != today]
            yield from one_by_one(
                run,
                [
                    *(partial(_close_earlier, run, database, record) for record in earlier),
                    lambda: [_send_today(run, database, today)],
                ],
            )
        yield from _close_cancelled(run, database)


def _close_cancelled(run: SendRun, database: Database) -> Iterator[Report]:
    """Close what somebody cancelled: under a run that died since, or an edition that this run is not about."""
    for record in (*database.editions.list_open("daily"), *database.editions.list_open("weekly")):
        if record.state == "stopping":
            yield Report(record.id, note=_give_up(database, record, run.clock()), trouble=True)


def _send_today(run: SendRun, database: Database, today: str) -> Report:
    record = database.editions.get(today)
    if record and record.finished_at:
        return Report(today, note=nothing_to_do(run.config, record))
    late = late_by(run, record)
    if late > timedelta() and not run.late:
        raise too_late(today, record, late)
    frozen = record or freeze(run, database, today)
    return frozen if isinstance(frozen, Report) else deliver(run, database, frozen, None if run.late else -late)


def _close_earlier(run: SendRun, database: Database, record: EditionRecord) -> Iterator[Report]:
    """Go on with an edition of an earlier day, or close it where its time has passed."""
    late = late_by(run, record)
    if run.late or late <= timedelta():
        try:
            yield deliver(run, database, record, None if run.late else -late)
        except TooLateError as over:  # in the middle of it: today's is no later for that
            run.tell(over.as_problem())
        else:
            return
    recover(run, database, record.id)
    missed = (database.editions.get(record.id) or record).unsent
    state = database.editions.close(record.id, run.clock(), give_up="too late: max_lateness")
    if state == "cancelled":
        run.tell(Problem(record.id, "nobody got it and now it is too late", "its stories go into the next edition"))
    elif missed:
        without = f"{format_count(missed, 'reader', 'readers')} of {record.recipients} without it"
        yield Report(record.id, note=f"stopped: too late for the {without}", trouble=True)
    else:
        yield Report(record.id, note="sent; its last mails were in doubt", trouble=True)


def late_by(run: SendRun, record: EditionRecord | None) -> timedelta:
    """How far an edition, or today's if there is none yet, is past the last moment it may be sent at."""
    at = run.config.schedules[run.cadence].at
    if at is not None:
        zone = ZoneInfo(run.config.publication.timezone)
        # A draft's window ends when it was made, which may be the evening before.
        day = record.day if record else run.now.astimezone(zone).date()
        due = datetime.combine(day, at, zone).astimezone(UTC)
    else:
        due = record.frozen_at if record else run.now
    return run.now - due - run.config.delivery.max_lateness


def too_late(today: str, record: EditionRecord | None, late: timedelta) -> TooLateError:
    """The error of an edition that is late by so much more than it may be."""
    minutes = int(late.total_seconds() // 60)
    reached = f"{record.reached} of {record.recipients} readers have it" if record else "nobody has it"
    give_up = f", or give it up with `digest cancel {today}`" if record else ""
    return TooLateError(
        f"too late to send by {minutes // 60} h {minutes % 60} min (max_lateness); {reached}",
        location=today,
        hint=f"send it all the same with --late{give_up}",
    )


def cancel(config: Config, edition: str, now: datetime) -> str:
    """Give up what is left of an edition; a line that says what that came to.

    A run that is at work sends to nobody more; what is on its way is finished and recorded, and that run closes it.

    Raises:
        UsageError: there is no such edition.
    """
    with Database.open(config.database_url) as database:
        record = database.editions.get(edition)
        if record is None:
            raise UsageError(f"there is no edition {edition}", hint="`digest status` lists them")
        # Before the lock is tried: a run that begins in between then finds it so.
        if not database.editions.request_stop(edition):
            return f"{edition}: {nothing_to_do(config, database.editions.get(edition) or record)}"
        try:
            with database.lock():
                return f"{edition}: {_give_up(database, record, now)}"
        except LockedError:
            return f"{edition}: a run is at work; what is on its way is finished, and nobody more gets it"


def _give_up(database: Database, record: EditionRecord, now: datetime) -> str:
    """Close an edition with whoever is left; what that came to."""
    database.recipients.recover(record.id, now)
    left = (database.editions.get(record.id) or record).unsent
    if database.editions.close(record.id, now, give_up="cancelled") == "cancelled":
        return "cancelled before anybody got it; its stories go into the next edition"
    return f"stopped, {left} of {format_count(record.recipients, 'reader', 'readers')} do not get it"


def resume(run: SendRun, edition: str, in_doubt: str = "") -> Report:
    """Go on with an edition that a person names, however late; and settle its recipients in doubt if they say how.

    Args:
        run: The run.
        edition: Its id.
        in_doubt: `send` to send to those in doubt again, `skip` to leave them, empty to leave that open.

    Raises:
        UsageError: there is no such edition, or it was cancelled.
        LockedError: another run is at work.
        DigestError: as for delivery.
    """
    require_sendable(run.config)
    require_providers(run.config)
    with Database.open(run.config.database_url, run.config.secrets.secret_key) as database, database.lock():
        record = database.editions.get(edition)
        if record is None:
            raise UsageError(f"there is no edition {edition}", hint="`digest status` lists them")
        if record.state == "stopping":  # the run that was to close it died
            return Report(edition, note=_give_up(database, record, run.clock()), trouble=True)
        if record.state == "cancelled" or (record.state == "stopped" and not in_doubt):
            step = "who is left gets the next one; `--in-doubt` settles who is in doubt"
            raise UsageError(f"{edition} was {record.state}", hint=step)
        lost = recover(run, database, edition)
        if in_doubt:
            database.recipients.resolve_in_doubt(edition, run.clock(), send=in_doubt == "send")
            lost = 0
        record = database.editions.get(edition) or record
        closed = Report(edition, note=nothing_to_do(run.config, record)) if record.finished_at else None
        report = closed or deliver(run, database, record)
        report.outcomes[Outcome.IN_DOUBT] += lost
        return report
