"""Deliver a frozen edition: with retries, and through the second provider when the first is down."""

from __future__ import annotations

import logging
from datetime import timedelta
from time import monotonic, sleep

from digest import delivery
from digest.core.text import format_count
from digest.errors import DeliveryError, TooLateError
from digest.models import Outcome, Problem
from digest.sending.batch_sender import POLL_SECONDS, BatchSender
from digest.sending.last_failure import remember_failure
from digest.sending.report import Report
from digest.sending.send_run import SendRun
from digest.storage import Database, EditionRecord

logger = logging.getLogger(__name__)


def deliver(run: SendRun, database: Database, record: EditionRecord, time_left: timedelta | None = None) -> Report:
    """Send a frozen edition to everyone who has not received it yet.

    With `time_left`, nothing more is sent after it has passed. The ledger keeps the error of a run that fails.

    Raises:
        DeliveryError: no provider accepts any more email; the remaining recipients wait for the next run.
        TooLateError: the time was over before every recipient was sent to.
    """
    with remember_failure(database, record.id):
        return _deliver(run, database, record, time_left)


def _deliver(run: SendRun, database: Database, record: EditionRecord, time_left: timedelta | None) -> Report:
    started = monotonic()
    report = Report(record.id, stories=record.stories, recipients=record.recipients)
    report.outcomes[Outcome.IN_DOUBT] += recover(run, database, record.id)
    sender = BatchSender(run, database, record, report, time_left)
    try:
        _Delivery(run, database, record, report, sender).send_through_all_providers()
    except (DeliveryError, TooLateError) as error:
        if not database.editions.is_stopping(record.id):
            sent = f"sent to {report.outcomes[Outcome.ACCEPTED]} of {record.unsent} recipients in this run"
            hint = "; ".join(filter(None, [sent, error.hint]))
            raise type(error)(error.message, location=error.location, hint=hint) from error
        run.report_problem(error.as_problem())  # it was cancelled, so it ends here anyway
    finally:
        sender.failures.report(run.report_problem, record.id)
    _close(run, database, record, report)
    report.seconds = monotonic() - started
    return report


def _close(run: SendRun, database: Database, record: EditionRecord, report: Report) -> None:
    """Close the edition if nobody is left, and complete its report."""
    state = database.editions.close(record.id, run.clock())
    after = database.editions.get(record.id) or record
    report.suppressed = after.counts.get("suppressed", 0) - record.counts.get("suppressed", 0)
    report.skipped = after.counts.get("skipped", 0) - record.counts.get("skipped", 0)
    if report.skipped:
        report.outcomes[Outcome.DEFERRED] = 0  # they are among the skipped now
        report.has_missed_readers = True
    report.remaining = database.recipients.count_due(record.id, run.clock())
    report.due_later = after.counts.get("pending", 0) - report.remaining
    logger.info("%s is %s", record.id, state, extra={"edition": record.id, "state": state})


def recover(run: SendRun, database: Database, edition: str) -> int:
    """Take over an edition from an earlier run; return how many recipients that run left in doubt.

    It died while it was sending to them. Recipients it left deferred are pending again.
    """
    lost = database.recipients.recover(edition, run.clock())
    if lost:
        recipients = format_count(lost, "recipient", "recipients")
        message = f"{recipients} in doubt: an earlier run stopped while it was sending to them"
        run.report_problem(
            Problem(edition, message, f"`digest status {edition}` lists them; they are not sent to again")
        )
    return lost


class _Delivery:
    """The delivery of one edition in one run: which provider sends, and when it is tried again."""

    def __init__(
        self, run: SendRun, database: Database, record: EditionRecord, report: Report, sender: BatchSender
    ) -> None:
        self._run = run
        self._database = database
        self._record = record
        self._outcomes = report.outcomes
        self._sender = sender
        self._untried_first = True
        """Whether recipients who were deferred come last."""
        self._is_failing = False
        """Whether the provider had accepted nobody for a while at the end of its last round."""

    def send_through_all_providers(self) -> None:
        """Send through the first provider, and through the next one when it is down.

        Raises:
            DeliveryError: the last provider accepts no more email.
            TooLateError: the time was over before every recipient was sent to.
        """
        providers = self._run.config.delivery.providers
        for number, settings in enumerate(providers, 1):
            accepted_before = self._outcomes[Outcome.ACCEPTED]
            is_last = number == len(providers)
            error = self._send_with_retries(settings, is_last=is_last)
            self._sender.pause_requested = 0.0  # it was this provider that asked for a pause, not the next
            accepted_nobody = self._outcomes[Outcome.ACCEPTED] == accepted_before
            is_down = error or self._is_failing or (self._outcomes[Outcome.DEFERRED] and accepted_nobody)
            if not is_down or is_last or not self._sender.can_continue():
                if error:
                    raise error
                return
            reason = str(error) if error else f"{settings.name} accepts no email at the moment"
            self._run.report_problem(Problem(self._record.id, reason, f"{providers[number].name} takes over"))
            self._sender.reset_rate_limit()
            self._sender.retry_deferred(untried_first=self._untried_first)

    def _send_with_retries(self, settings: delivery.Settings, *, is_last: bool) -> DeliveryError | None:
        """Send through one provider, retrying those it defers; return its error if it accepts no more email.

        If a provider has accepted nobody yet, waiting for it is worth while only if it is the last one and has deferred
        somebody.
        """
        backoff = self._start_backoff()
        has_accepted = was_paused = False
        while True:
            accepted_before = self._outcomes[Outcome.ACCEPTED]
            self._sender.pause_requested = 0.0
            error = self._sender.send_pending(settings)
            self._is_failing = self._sender.breaker.is_failing
            has_progressed = self._outcomes[Outcome.ACCEPTED] > accepted_before
            has_accepted = has_accepted or has_progressed
            has_deferred = self._outcomes[Outcome.DEFERRED] > 0
            if has_progressed:  # `patience` limits waiting in vain, not a provider that accepts some each time
                backoff = self._start_backoff()
            should_retry = (has_deferred and is_last) or (has_accepted and (has_deferred or error is not None))
            pause = self._sender.pause_requested
            if pause and was_paused and not has_progressed:
                should_retry = False  # it got the pause it had asked for and accepted nobody: it is as good as down
            if not should_retry or not self._sender.can_continue() or (wait := backoff.next_wait(pause)) is None:
                return error
            was_paused = bool(pause)
            self._wait(wait)
            # A server that greylists now accepts those it deferred, so they come first. If none of them is accepted,
            # the others come first again: some recipients may stay deferred for good.
            self._untried_first = not (has_progressed or self._untried_first)
            self._sender.retry_deferred(untried_first=self._untried_first)

    def _start_backoff(self) -> delivery.Backoff:
        return delivery.Backoff(self._run.config.delivery.patience.total_seconds())

    def _wait(self, seconds: float) -> None:
        """Wait, unless somebody asks the run to stop or cancels the edition."""
        logger.info(
            "%s: retrying in %.1f s", self._record.id, seconds, extra={"edition": self._record.id, "seconds": seconds}
        )
        ends = monotonic() + seconds
        while (
            (left := ends - monotonic()) > 0
            and self._sender.can_continue()
            and not self._database.editions.is_stopping(self._record.id)
        ):
            sleep(min(left, POLL_SECONDS))
