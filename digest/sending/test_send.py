"""Send a test of an edition to addresses that a person names, changing nothing in the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from time import monotonic

from digest import subscribers
from digest.editions.approve import check_approval
from digest.editions.composition import Composition
from digest.editions.from_draft import compose_edition
from digest.editions.naming import edition_id
from digest.editions.recipients import assign_segment, make_recipient
from digest.errors import DeliveryError
from digest.models import Edition, Message, Problem, Segment, Subscriber
from digest.sending.failures import FailureTracker
from digest.sending.providers import open_provider
from digest.sending.readiness import require_sendable
from digest.sending.report import Report, log_outcomes
from digest.sending.send_run import SendRun
from digest.storage import Database


def send_test(run: SendRun, addresses: Iterable[str], reader: str = "", day: date | None = None) -> Report:
    """Send the edition as it is now to some addresses, marked as a test in the subject.

    Args:
        run: The run.
        addresses: Who gets the test; duplicates get it once.
        reader: The address of the subscriber whose edition it shows; empty for the edition with every category. The
            unsubscribe links are for the address that gets the test.
        day: The edition's day, if not today.

    Raises:
        UsageError: there is no such subscriber.
        DigestError: as for composing, rendering and delivery.
    """
    require_sendable(run.config)
    subscriber = _find_reader(run, reader) if reader else Subscriber("")
    segment = assign_segment(run.config, subscriber)
    started = monotonic()
    wanted = list(dict.fromkeys(map(subscribers.normalize_address, addresses)))
    composition = _compose(run, wanted, day)
    edition = composition.lay_out(segment)
    if edition is None:
        return Report(composition.id, note=f"{composition.no_news_reason}, nothing sent")
    message = _render(run, composition, edition, segment)
    report = _send_to_each(run, edition, message, [replace(subscriber, email=address) for address in wanted])
    report.seconds = monotonic() - started
    return report


def _send_to_each(run: SendRun, edition: Edition, message: Message, readers: list[Subscriber]) -> Report:
    """Send the test to each of these, one at a time, and report the failures."""
    report = Report(f"{edition.id} (test)", stories=len(edition.articles))
    failures = FailureTracker()
    with open_provider(run.config, run.config.delivery.provider) as provider:
        for subscriber in readers:
            # A test may be repeated, so its Message-ID must differ each time: an inbox shows only the first of each.
            test_id = f"{edition.id}-test-{run.clock().isoformat()}"
            try:
                receipts = provider.send(message, [make_recipient(run.config, test_id, subscriber)])
            except DeliveryError as error:
                sent = f"sent to {report.recipients} of {len(readers)}"
                hint = "; ".join(filter(None, [sent, error.hint]))
                raise DeliveryError(error.message, location=error.location, hint=hint) from error
            log_outcomes(report.edition, receipts)
            failures.record(receipts)
            report.count(receipts)
            report.recipients += 1
    failures.report(run.report_problem, edition.id)
    return report


def _find_reader(run: SendRun, address: str) -> Subscriber:
    with Database.read_for(run.config) as database:
        return subscribers.find_subscriber(subscribers.open_store(run.config, database, run.now), address)


def _compose(run: SendRun, addresses: list[str], day: date | None) -> Composition:
    """Compose the edition, reporting its problems and which of the addresses are suppressed."""
    edition = edition_id(run.config, run.cadence, run.now, day)
    with Database.read_for(run.config) as database:
        composition = compose_edition(run.config, database, run.cadence, run.now, edition)
        for email, suppression in database.suppressions.find(addresses).items():
            run.report_problem(Problem(email, f"gets this test but no editions: {suppression.reason}"))
    if day:
        composition = replace(composition, fixed_day=day)
    for problem in composition.problems:
        run.report_problem(problem)
    if not_approved := check_approval(composition):
        run.report_problem(not_approved)
    return composition


def _render(run: SendRun, composition: Composition, edition: Edition, segment: Segment) -> Message:
    """Render the Message with `[Test]` in its subject, reporting problems."""
    rendered = composition.render(edition, segment)
    for problem in rendered.problems:
        run.report_problem(problem)
    return replace(rendered.message, subject=f"[Test] {rendered.message.subject}")
