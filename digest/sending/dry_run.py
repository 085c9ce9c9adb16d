"""Sends that leave no trace in the ledger: a dry run, and tests to named people."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from time import monotonic

from digest import subscribers
from digest.core.text import format_count
from digest.editions.approve import check_approval
from digest.editions.from_draft import compose_edition
from digest.editions.naming import edition_id
from digest.editions.recipients import assign_segment, make_recipient
from digest.errors import DeliveryError
from digest.models import Problem, Segment, Subscriber
from digest.sending.failures import FailureTracker
from digest.sending.freeze import RecipientList
from digest.sending.readiness import open_provider, require_providers, require_sendable
from digest.sending.report import Report, nothing_to_do
from digest.sending.send import late_by, too_late
from digest.sending.send_run import SendRun
from digest.storage import Database

_AT_ONCE = 500
"""Readers that are looked up among the suppressions together."""


def dry_run(run: SendRun) -> Report:
    """Compose and render today's edition as `send` would, count who would get it, and leave no trace.

    Where readers get it at their own hour, all who would get it in the course of the day are counted.

    Raises:
        TooLateError: it is too late to send it.
        DigestError: as for `send`.
    """
    require_sendable(run.config)
    require_providers(run.config)
    today = edition_id(run.config, run.cadence, run.now)
    with Database.open_to_read(run.config.database_url, run.config.secrets.secret_key) as database:
        record = database.editions.get(today)
        if record and record.finished_at:
            return Report(today, note=nothing_to_do(run.config, record))
        if record and record.state == "stopping":
            return Report(today, note="dry run: it is being cancelled, nobody more would get it")
        late = late_by(run, record)
        if late > timedelta() and not (run.late or run.config.schedules[run.cadence].local_time):
            raise too_late(today, record, late)
        if record:
            return Report(
                today, note=f"dry run: would go on with {format_count(record.unsent, 'recipient', 'recipients')}"
            )
        composition = compose_edition(run.config, database, run.cadence, run.now, today)
        for problem in composition.problems:
            run.tell(problem)
        if composition.lay_out(Segment()) is None:
            return Report(today, note=f"{composition.no_news_reason}, nothing sent")
        if waits := check_approval(composition):
            run.tell(waits)
        roll = RecipientList(composition, run.tell)
        recipients = 0
        rendered: set[str] = set()
        readers = roll.readers()
        while some := {reader.recipient.email: reader.segment for reader in islice(readers, _AT_ONCE)}:
            suppressed = database.suppressions.find(some)
            recipients += len(some) - len(suppressed)
            for segment in {some[email] for email in some if email not in suppressed} - rendered:
                rendered.add(segment)
                roll.message(segment)
    stories = format_count(len(list(roll.articles())), "story", "stories")
    return Report(today, note=f"dry run: would send {stories} to {format_count(recipients, 'recipient', 'recipients')}")


def send_test(run: SendRun, addresses: Iterable[str], reader: str = "", day: date | None = None) -> Report:
    """Send the edition as it is now to named people, marked in the subject, leaving no trace in the ledger.

    It is the edition of `day`, if that is not today. With a `reader`'s address it is as they get it; its links for
    leaving are those of who gets the test.

    Raises:
        UsageError: the reader is not among the subscribers.
        DigestError: as for composing, rendering and delivery.
    """
    require_sendable(run.config)
    subscriber = subscribers.find_subscriber(subscribers.open_store(run.config), reader) if reader else Subscriber("")
    segment = assign_segment(run.config, subscriber)
    started = monotonic()
    today = edition_id(run.config, run.cadence, run.now, day)
    wanted = list(dict.fromkeys(map(subscribers.normalize_address, addresses)))
    with Database.open_to_read(run.config.database_url, run.config.secrets.secret_key) as database:
        composition = compose_edition(run.config, database, run.cadence, run.now, today)
        for email, suppression in database.suppressions.find(wanted).items():
            run.tell(Problem(email, f"gets this test, but no edition: {suppression.reason}"))
    if day:
        composition = replace(composition, fixed_day=day)
    for problem in composition.problems:
        run.tell(problem)
    if waits := check_approval(composition):
        run.tell(waits)
    edition = composition.lay_out(segment)
    if edition is None:
        return Report(today, note=f"{composition.no_news_reason}, nothing sent")
    rendered = composition.render(edition, segment)
    for problem in rendered.problems:
        run.tell(problem)
    message = replace(rendered.message, subject=f"[Test] {rendered.message.subject}")
    report = Report(f"{today} (test)", stories=len(edition.articles))
    bad = FailureTracker()
    with open_provider(run.config, run.config.delivery.provider) as provider:
        for address in wanted:
            # A test may be sent again: its Message-ID must differ each time, or the inbox shows only the first.
            test = f"{edition.id}-test-{run.clock().isoformat()}"
            recipient = make_recipient(run.config, test, replace(subscriber, email=address))
            try:
                receipts = provider.send(message, [recipient])
            except DeliveryError as error:
                sent = f"{report.recipients} of {len(wanted)} were sent to; {error.hint}"
                raise DeliveryError(error.message, location=error.location, hint=sent) from error
            bad.note(receipts)
            report.count(receipts)
            report.recipients += 1
    bad.tell(run, edition.id)
    report.seconds = monotonic() - started
    return report
