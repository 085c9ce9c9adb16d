"""Send today's edition, and what an earlier day left: nobody twice, nobody missed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from digest.config import Config
from digest.errors import LateError, LockedError, UsageError
from digest.storage import EditionRecord, Ledger
from digest.models import Outcome, Problem
from digest.sending.local_time import send_by_local_time
from digest.editions.compose import edition_id
from digest.sending.deliver import deliver, recover
from digest.sending.freeze import freeze
from digest.sending.report import Report, count_of, nothing_to_do
from digest.sending.send_run import Run, one_by_one
from digest.sending.readiness import require_providers, require_sendable


def send(run: Run) -> Iterator[Report]:
    """Finish what an earlier day left, then send today's edition; a Report for each as it is done.

    Raises:
        ConfigError: something every mail must have is missing.
        LockedError: another run is at work.
        LateError: today's edition is past its time.
        DigestError: as for composing, rendering and delivery.
    """
    require_sendable(run.config)
    require_providers(run.config)
    today = edition_id(run.config, run.cadence, run.now)
    with Ledger.open(run.config.database_url, run.config.secrets.secret_key) as ledger, ledger.lock():
        yield from _close_cancelled(run, ledger)
        if run.config.schedules[run.cadence].local_time:
            yield from send_by_local_time(run, ledger)
        else:
            earlier = [record for record in ledger.unfinished(run.cadence) if record.id != today]
            yield from one_by_one(
                run,
                [
                    *(partial(_close_earlier, run, ledger, record) for record in earlier),
                    lambda: [_send_today(run, ledger, today)],
                ],
            )
        yield from _close_cancelled(run, ledger)


def _close_cancelled(run: Run, ledger: Ledger) -> Iterator[Report]:
    """Close what somebody cancelled: under a run that died since, or an edition that this run is not about."""
    for record in (*ledger.unfinished("daily"), *ledger.unfinished("weekly")):
        if record.state == "stopping":
            yield Report(record.id, note=_give_up(ledger, record, run.clock()), trouble=True)


def _send_today(run: Run, ledger: Ledger, today: str) -> Report:
    record = ledger.edition(today)
    if record and record.finished_at:
        return Report(today, note=nothing_to_do(run.config, record))
    late = late_by(run, record)
    if late > timedelta() and not run.late:
        raise too_late(today, record, late)
    frozen = record or freeze(run, ledger, today)
    return frozen if isinstance(frozen, Report) else deliver(run, ledger, frozen, None if run.late else -late)


def _close_earlier(run: Run, ledger: Ledger, record: EditionRecord) -> Iterator[Report]:
    """Go on with an edition of an earlier day, or close it where its time has passed."""
    late = late_by(run, record)
    if run.late or late <= timedelta():
        try:
            yield deliver(run, ledger, record, None if run.late else -late)
        except LateError as over:  # in the middle of it: today's is no later for that
            run.tell(over.as_problem())
        else:
            return
    recover(run, ledger, record.id)
    missed = (ledger.edition(record.id) or record).unsent
    state = ledger.settle(record.id, run.clock(), give_up="too late: max_lateness")
    if state == "cancelled":
        run.tell(Problem(record.id, "nobody got it and now it is too late", "its stories go into the next edition"))
    elif missed:
        without = f"{count_of(missed, 'reader', 'readers')} of {record.recipients} without it"
        yield Report(record.id, note=f"stopped: too late for the {without}", trouble=True)
    else:
        yield Report(record.id, note="sent; its last mails were in doubt", trouble=True)


def late_by(run: Run, record: EditionRecord | None) -> timedelta:
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


def too_late(today: str, record: EditionRecord | None, late: timedelta) -> LateError:
    """The error of an edition that is late by so much more than it may be."""
    minutes = int(late.total_seconds() // 60)
    reached = f"{record.reached} of {record.recipients} readers have it" if record else "nobody has it"
    give_up = f", or give it up with `digest cancel {today}`" if record else ""
    return LateError(
        f"too late to send by {minutes // 60} h {minutes % 60} min (max_lateness); {reached}",
        where=today,
        next_step=f"send it all the same with --late{give_up}",
    )


def cancel(config: Config, edition: str, now: datetime) -> str:
    """Give up what is left of an edition; a line that says what that came to.

    A run that is at work sends to nobody more; what is on its way is finished and recorded, and that run closes it.

    Raises:
        UsageError: there is no such edition.
    """
    with Ledger.open(config.database_url) as ledger:
        record = ledger.edition(edition)
        if record is None:
            raise UsageError(f"there is no edition {edition}", next_step="`digest status` lists them")
        # Before the lock is tried: a run that begins in between then finds it so.
        if not ledger.stop(edition):
            return f"{edition}: {nothing_to_do(config, ledger.edition(edition) or record)}"
        try:
            with ledger.lock():
                return f"{edition}: {_give_up(ledger, record, now)}"
        except LockedError:
            return f"{edition}: a run is at work; what is on its way is finished, and nobody more gets it"


def _give_up(ledger: Ledger, record: EditionRecord, now: datetime) -> str:
    """Close an edition with whoever is left; what that came to."""
    ledger.recover(record.id, now)
    left = (ledger.edition(record.id) or record).unsent
    if ledger.settle(record.id, now, give_up="cancelled") == "cancelled":
        return "cancelled before anybody got it; its stories go into the next edition"
    return f"stopped, {left} of {count_of(record.recipients, 'reader', 'readers')} do not get it"


def resume(run: Run, edition: str, in_doubt: str = "") -> Report:
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
    with Ledger.open(run.config.database_url, run.config.secrets.secret_key) as ledger, ledger.lock():
        record = ledger.edition(edition)
        if record is None:
            raise UsageError(f"there is no edition {edition}", next_step="`digest status` lists them")
        if record.state == "stopping":  # the run that was to close it died
            return Report(edition, note=_give_up(ledger, record, run.clock()), trouble=True)
        if record.state == "cancelled" or (record.state == "stopped" and not in_doubt):
            step = "who is left gets the next one; `--in-doubt` settles who is in doubt"
            raise UsageError(f"{edition} was {record.state}", next_step=step)
        lost = recover(run, ledger, edition)
        if in_doubt:
            ledger.decide(edition, run.clock(), send=in_doubt == "send")
            lost = 0
        record = ledger.edition(edition) or record
        closed = Report(edition, note=nothing_to_do(run.config, record)) if record.finished_at else None
        report = closed or deliver(run, ledger, record)
        report.outcomes[Outcome.IN_DOUBT] += lost
        return report
