"""Send to each reader when it is the hour where they are: a run an hour, each going on with what is due by then."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from functools import partial

from digest import subscribers
from digest.config import Config
from digest.core.text import format_count
from digest.editions.naming import edition_id
from digest.models import Cadence, Outcome, Problem, Subscriber
from digest.sending.deliver import deliver, recover
from digest.sending.freeze import Hour, freeze
from digest.sending.report import Report
from digest.sending.send_run import SendRun, one_by_one
from digest.storage import Database, EditionRecord

_WHOLE_DAY = timedelta(days=1)


def send_by_local_time(run: SendRun, database: Database) -> Iterator[Report]:
    """Go on with the editions that are under way, then begin the one whose hour has come somewhere.

    An edition is frozen when its hour comes to the first of its readers, and is the same for all of them; it is called
    by the day it is read on. A Report for each edition that somebody was due in; one that says so where nobody was.
    """
    due = False
    for report in one_by_one(run, _editions(run, database)):
        due = True
        yield report
    if not (due or run.stopping()):
        yield Report(
            edition_id(run.config, run.cadence, run.now), note="nobody is due by their own clock, nothing sent"
        )


def _editions(run: SendRun, database: Database) -> Iterator[Callable[[], Iterator[Report]]]:
    """The editions under way, and only once their readers have them those that begin: no story is to be in both."""
    for record in database.editions.list_open(run.cadence):
        yield partial(_go_on, run, database, record)
    days = [day for day in _days(run) if database.editions.get(f"{day}-{run.cadence}") is None]
    # Where two begin at once, both are frozen before either is sent: what the one has is news to the other's readers.
    for frozen in [freeze(run, database, f"{day}-{run.cadence}", _hour(run, day)) for day in days]:
        yield partial(_begin, run, database, frozen)


def _begin(run: SendRun, database: Database, frozen: EditionRecord | Report) -> Iterator[Report]:
    yield frozen if isinstance(frozen, Report) else deliver(run, database, frozen)


def _go_on(run: SendRun, database: Database, record: EditionRecord) -> Iterator[Report]:
    lost = recover(run, database, record.id)  # who was deferred is pending again
    lateness = run.config.delivery.max_lateness
    missed = 0 if run.late else database.recipients.skip_overdue(record.id, run.now - lateness, run.clock())
    if missed:
        people = format_count(missed, "reader", "readers")
        what = f"too late for {people} without it, whose hour is past by more than max_lateness"
        run.tell(Problem(record.id, what, f"`digest status {record.id}` names them; they get the next one"))
    if database.recipients.count_due(record.id, run.clock()):
        report = deliver(run, database, database.editions.get(record.id) or record)
    else:
        database.editions.close(record.id, run.clock())
        if not (missed or lost):
            return
        late = f"too late for {format_count(missed, 'reader', 'readers')} without it"
        report = Report(record.id, note=late if missed else f"{lost} in doubt, and nobody else is due")
    report.outcomes[Outcome.IN_DOUBT] += lost
    report.trouble = report.trouble or bool(missed)
    yield report


def _days(run: SendRun) -> list[date]:
    """The days whose edition is due somewhere among the readers."""
    schedule = run.config.schedules[run.cadence]
    assert schedule.at is not None, "the configuration is refused without it"
    lateness = max(_WHOLE_DAY, run.config.delivery.max_lateness) if run.late else run.config.delivery.max_lateness
    days = subscribers.days_due(_timezones(run.config, run.cadence), schedule.at, run.now, lateness)
    return [day for day in days if schedule.day is None or day.weekday() == schedule.day]


def _timezones(config: Config, cadence: Cadence) -> set[str]:
    """The timezones that the active readers of a cadence are in."""
    readers = (row for row in subscribers.open_store(config).read() if isinstance(row, Subscriber))
    return {
        reader.timezone or config.publication.timezone
        for reader in readers
        if reader.status == "active" and (reader.cadence == "weekly") == (cadence == "weekly")
    }


def _hour(run: SendRun, day: date) -> Hour:
    at = run.config.schedules[run.cadence].at
    assert at is not None, "the configuration is refused without it"
    earliest = None if run.late else run.now - run.config.delivery.max_lateness
    return Hour(day, lambda timezone: subscribers.due_at(day, at, timezone), earliest)
