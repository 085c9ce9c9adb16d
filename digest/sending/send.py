"""Send today's edition, and finish those of earlier days: nobody gets one twice, nobody is missed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial

from digest.core.text import format_count
from digest.editions.naming import edition_id
from digest.errors import LockedError, StorageError, TooLateError
from digest.models import Problem
from digest.sending.cancel import close_cancelled
from digest.sending.deliver import deliver, recover
from digest.sending.freeze import freeze
from digest.sending.last_failure import remember_failure
from digest.sending.lateness import compute_overrun, make_too_late_error
from digest.sending.local_time import send_by_local_time
from digest.sending.providers import require_providers
from digest.sending.readiness import require_sendable
from digest.sending.report import Report, describe_closed
from digest.sending.send_run import SendRun, send_in_turn
from digest.storage import Database, EditionRecord

logger = logging.getLogger(__name__)


def send(run: SendRun) -> Iterator[Report]:
    """Finish what an earlier day left, then send today's edition; yield a Report for each once it is done.

    Raises:
        ConfigError: a setting that every email needs is missing.
        LockedError: another run holds the lease of this cadence.
        TooLateError: today's edition is past its max_lateness.
        DigestError: as for composing, rendering and delivery.
    """
    require_sendable(run.config)
    require_providers(run.config)
    today = edition_id(run.config, run.cadence, run.now)
    with Database.open_for(run.config) as database, database.hold(run.cadence):
        yield from _close_all_cancelled(run, database)
        if run.config.schedules[run.cadence].local_time:
            yield from send_by_local_time(run, database)
        else:
            earlier = [record for record in database.editions.list_open(run.cadence) if record.id != today]
            yield from send_in_turn(
                run,
                [
                    *(partial(_finish_earlier, run, database, record) for record in earlier),
                    lambda: [_send_today(run, database, today)],
                ],
            )
        yield from _close_all_cancelled(run, database)
        _prune(run, database)


def _prune(run: SendRun, database: Database) -> None:
    """Reduce old editions to counts. If that fails, the mail has been sent all the same."""
    try:
        pruned = database.editions.prune(run.cadence, min(run.clock(), datetime.now(UTC)) - run.config.ledger.keep)
    except StorageError as error:
        run.report_problem(error.as_problem())
        return
    if pruned:
        logger.info("%s reduced to counts", format_count(len(pruned), "edition", "editions"))


def _close_all_cancelled(run: SendRun, database: Database) -> Iterator[Report]:
    """Close editions that were cancelled during a run that has died since, or during one of the other cadence."""
    for record in (*database.editions.list_open("daily"), *database.editions.list_open("weekly")):
        if record.state != "stopping":
            continue
        try:
            with nullcontext() if record.cadence == run.cadence else database.hold(record.cadence):
                note = close_cancelled(database, record, run.clock())
        except LockedError:  # the run of the other cadence closes it
            continue
        yield Report(record.id, note=note, has_missed_readers=True)


def _send_today(run: SendRun, database: Database, today: str) -> Report:
    record = database.editions.get(today)
    if record and record.finished_at:
        return Report(today, note=describe_closed(run.config, record))
    overrun = compute_overrun(run, record)
    if overrun > timedelta() and not run.allow_late:
        with remember_failure(database, today):
            raise make_too_late_error(today, record, overrun)
    frozen = record or freeze(run, database, today)
    if isinstance(frozen, Report):
        return frozen
    return deliver(run, database, frozen, None if run.allow_late else -overrun)


def _finish_earlier(run: SendRun, database: Database, record: EditionRecord) -> Iterator[Report]:
    """Continue an edition of an earlier day, or close it if it is too late for that."""
    overrun = compute_overrun(run, record)
    if run.allow_late or overrun <= timedelta():
        try:
            yield deliver(run, database, record, None if run.allow_late else -overrun)
        except TooLateError as error:  # its time ended while it was being sent; today's edition is still due
            run.report_problem(error.as_problem())
        else:
            return
    recover(run, database, record.id)
    missed = (database.editions.get(record.id) or record).unsent
    state = database.editions.close(record.id, run.clock(), give_up="too late: max_lateness")
    if state == "cancelled":
        message = "too late to send (max_lateness), and nobody had received it"
        run.report_problem(Problem(record.id, message, "its stories go into the next edition"))
    elif missed:
        note = f"stopped: too late for {missed} of {format_count(record.recipients, 'reader', 'readers')}"
        yield Report(record.id, note=note, has_missed_readers=True)
    else:
        yield Report(record.id, note="sent; the last emails are in doubt", has_missed_readers=True)
