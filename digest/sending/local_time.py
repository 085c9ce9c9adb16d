"""Send to each reader at their local time: each run, usually hourly, sends to the readers who are due by then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

from digest import subscribers
from digest.core.text import format_count
from digest.editions.naming import edition_id
from digest.models import Outcome, Problem, Subscriber
from digest.sending.deliver import deliver, recover
from digest.sending.freeze import LocalSchedule, freeze
from digest.sending.report import Report
from digest.sending.send_run import SendRun, send_in_turn
from digest.storage import Database, EditionRecord

_WHOLE_DAY = timedelta(days=1)


def send_by_local_time(run: SendRun, database: Database) -> Iterator[Report]:
    """Continue the editions that are open, then begin those that are now due in some reader's time zone.

    An edition is frozen when it is due for the first of its readers, and is the same for all of them; its id has the
    day it is read on. Yields a Report for each edition that some reader was due to get, or one saying that none was.
    """
    was_anyone_due = False
    for report in send_in_turn(run, _list_deliveries(run, database)):
        was_anyone_due = True
        yield report
    if not (was_anyone_due or run.should_stop()):
        note = "no reader is due at their local time, nothing sent"
        yield Report(edition_id(run.config, run.cadence, run.now), note=note)


def _list_deliveries(run: SendRun, database: Database) -> Iterator[Callable[[], Iterator[Report]]]:
    """Yield the open editions, and only once these are sent the ones that begin: no story may be in both."""
    for record in database.editions.list_open(run.cadence):
        yield partial(_continue, run, database, record)
    days = [day for day in _find_days(run, database) if database.editions.get(f"{day}-{run.cadence}") is None]
    # If two begin at once, both are frozen before either is sent: the stories of one are news to the other's readers.
    frozen = [freeze(run, database, f"{day}-{run.cadence}", _make_schedule(run, day)) for day in days]
    for edition in frozen:
        yield partial(_begin, run, database, edition)


def _begin(run: SendRun, database: Database, frozen: EditionRecord | Report) -> Iterator[Report]:
    yield frozen if isinstance(frozen, Report) else deliver(run, database, frozen)


def _continue(run: SendRun, database: Database, record: EditionRecord) -> Iterator[Report]:
    lost = recover(run, database, record.id)  # makes deferred recipients pending again, so that they count as due
    lateness = run.config.delivery.max_lateness
    skipped = 0 if run.allow_late else database.recipients.skip_overdue(record.id, run.now - lateness, run.clock())
    if skipped:
        message = f"skipped {format_count(skipped, 'reader', 'readers')} more than max_lateness after their local time"
        hint = f"`digest status {record.id}` lists them; they get the next edition"
        run.report_problem(Problem(record.id, message, hint))
    if database.recipients.count_due(record.id, run.clock()):
        report = deliver(run, database, database.editions.get(record.id) or record)
    else:
        database.editions.close(record.id, run.clock())
        if not (skipped or lost):
            return
        too_late = f"too late for {format_count(skipped, 'reader', 'readers')}"
        report = Report(record.id, note=too_late if skipped else f"{lost} in doubt, nobody else is due")
    report.outcomes[Outcome.IN_DOUBT] += lost
    report.has_missed_readers = report.has_missed_readers or bool(skipped)
    yield report


def _find_days(run: SendRun, database: Database) -> list[date]:
    """Return the days whose edition is due in some reader's time zone."""
    schedule = run.config.schedules[run.cadence]
    assert schedule.at is not None, "a configuration with local_time and no time is refused"
    lateness = run.config.delivery.max_lateness
    if run.allow_late:
        lateness = max(_WHOLE_DAY, lateness)
    days = subscribers.days_due(_find_time_zones(run, database), schedule.at, run.now, lateness)
    return [day for day in days if schedule.day is None or day.weekday() == schedule.day]


def _find_time_zones(run: SendRun, database: Database) -> set[str]:
    """Return the time zones of the active readers of the run's cadence."""
    rows = subscribers.open_store(run.config, database, run.now).read()
    return {
        row.timezone or run.config.publication.timezone
        for row in rows
        if isinstance(row, Subscriber)
        and row.status == "active"
        and (row.cadence == "weekly") == (run.cadence == "weekly")
    }


def _make_schedule(run: SendRun, day: date) -> LocalSchedule:
    at = run.config.schedules[run.cadence].at
    assert at is not None, "a configuration with local_time and no time is refused"
    earliest = None if run.allow_late else run.now - run.config.delivery.max_lateness
    return LocalSchedule(day, lambda timezone: subscribers.due_at(day, at, timezone), earliest)
