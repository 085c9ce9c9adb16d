"""Send an edition's pending recipients through one provider: claim a batch, send it, record the outcome of each."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from math import ceil
from time import monotonic
from zoneinfo import ZoneInfo

from digest import delivery
from digest.core.text import format_count
from digest.editions.recipients import create_recipient_factory, freeze_links
from digest.errors import DeliveryError, TooLateError
from digest.models import Outcome, Problem, Receipt, Recipient
from digest.sending.circuit_breaker import CircuitBreaker
from digest.sending.current_list import CurrentList
from digest.sending.failures import FailureTracker
from digest.sending.providers import open_pool
from digest.sending.report import Report, log_outcomes
from digest.sending.send_run import SendRun
from digest.storage import ClaimQueue, Database, EditionRecord, RecipientFactory

logger = logging.getLogger(__name__)

POLL_SECONDS = 0.2
"""How long to wait at most before looking again whether somebody asked the run to stop."""


class BatchSender:
    """Claims batches of pending recipients, hands them to a provider's connections, and records the outcomes.

    Everything but the sending itself happens in the caller's thread. A claim is on disk before its batch is sent, and
    receipts are recorded in the transaction that claims the next batches, so that a crash leaves in doubt only what was
    in flight.
    """

    def __init__(
        self, run: SendRun, database: Database, record: EditionRecord, report: Report, time_left: timedelta | None
    ) -> None:
        """With `time_left`, no batch is started after it has passed."""
        self.failures = FailureTracker()
        self.breaker = CircuitBreaker(has_accepted=record.reached > 0)
        self.pause_requested = 0.0
        """Seconds for which the provider asked us to pause, 0 if it did not; nothing is sent until it is cleared."""
        self._run = run
        self._database = database
        self._record = record
        self._report = report
        self._deadline = monotonic() + time_left.total_seconds() if time_left is not None else None
        self._rate_limiter = delivery.RateLimiter(_choose_rate(run))
        self._get_message = lru_cache(maxsize=8)(lambda segment: database.editions.get_message(record.id, segment))
        self._make_recipient = _create_factory(run, record)
        self._list = CurrentList(run, database, record)
        self._queue = self._open_queue(untried_first=True)
        self._is_proven = False
        """Whether the provider accepted anybody since `send_pending` began; until then one batch at a time goes out."""

    def can_continue(self) -> bool:
        """Return whether another batch may be started. Raises TooLateError once the time is over."""
        if self._deadline is not None and monotonic() > self._deadline:
            raise TooLateError(
                "the time allowed for sending is over (max_lateness)",
                location=self._record.id,
                hint=f"`digest resume {self._record.id}` continues anyway",
            )
        is_stopping = self._queue.stopping or self._queue.lost_lease or self._run.should_stop()
        return not (self._run.is_full or is_stopping or self.pause_requested > delivery.Backoff.MAX_RETRY_AFTER)

    def retry_deferred(self, *, untried_first: bool) -> None:
        """Make deferred recipients pending again; with `untried_first` they come last."""
        moved = self._database.recipients.retry_deferred(self._record.id, self._run.clock())
        self._report.outcomes[Outcome.DEFERRED] -= moved
        self._run.claimed -= moved
        self.failures.forget_deferred()
        self.breaker.forget_deferred()
        self._queue = self._open_queue(untried_first=untried_first)

    def _open_queue(self, *, untried_first: bool) -> ClaimQueue:
        return self._database.recipients.open_claim_queue(
            self._record.id,
            self._make_recipient,
            untried_first=untried_first,
            newsroom_list=self._list.statuses,
        )

    def reset_rate_limit(self) -> None:
        """Start at the full rate, for a provider that has sent nothing yet."""
        self._rate_limiter = delivery.RateLimiter(self._rate_limiter.rate)

    def send_pending(self, settings: delivery.Settings) -> DeliveryError | None:
        """Send to every recipient who is pending and due; return an error if the provider accepts no more email.

        Raises:
            TooLateError: the time was over before every recipient was sent to.
        """
        self._is_proven = False
        logger.info(
            "%s: sending through %s", self._record.id, settings.name, extra=self._fields(provider=settings.name)
        )
        with open_pool(self._run.config, settings) as pool:
            lost_connection = self._send_batches(pool)
        outcomes = self._report.outcomes
        nobody_reached = not (outcomes[Outcome.ACCEPTED] or outcomes[Outcome.IN_DOUBT] or self._record.reached)
        is_anyone_due = self._is_anyone_due()
        if (self.breaker.is_open and is_anyone_due) or (
            nobody_reached and self.breaker.has_refused_everyone and not is_anyone_due
        ):
            return self._revert_refusals(settings)
        if lost_connection and not pool.idle:
            return lost_connection
        if lost_connection:
            location = lost_connection.location or settings.name
            self._run.report_problem(Problem(location, lost_connection.message, "continued with fewer connections"))
        return None

    def _send_batches(self, pool: delivery.Pool) -> DeliveryError | None:
        """Send batches until there are none left or a reason to stop; return the error that lost a connection."""
        receipts: list[Receipt] = []
        released: list[Recipient] = []
        lost_connection: DeliveryError | None = None
        too_late: TooLateError | None = None
        while True:
            try:
                is_stopped = too_late or self.breaker.is_open or self.pause_requested
                claim_more = not is_stopped and self.can_continue()
            except TooLateError as error:  # raised below, once what is in flight has come back and is recorded
                claim_more, too_late = False, error
            is_exhausted = self._record_and_hand_out(pool, receipts, released, claim_more=claim_more)
            receipts, released = [], []
            if not pool.busy and (is_exhausted or not claim_more or not pool.idle):
                if self._queue.lost_lease:
                    raise self._queue.lost_lease
                if too_late and self._is_anyone_due():
                    raise too_late
                return lost_connection
            has_nothing_to_hand_out = (
                is_exhausted or not pool.idle or not claim_more or (pool.busy and not self._is_proven)
            )
            timeout = None if has_nothing_to_hand_out else min(self._rate_limiter.delay(), POLL_SECONDS)
            for done in pool.collect(timeout):
                if isinstance(done.error, DeliveryError):
                    lost_connection = done.error
                    released += done.batch
                    self._run.claimed -= len(done.batch)
                receipts += done.receipts
            self._count(receipts)

    def _record_and_hand_out(
        self, pool: delivery.Pool, receipts: Sequence[Receipt], released: Sequence[Recipient], *, claim_more: bool
    ) -> bool:
        """Record outcomes and hand batches to idle connections; return whether nobody was left to claim."""
        batches = pool.idle if claim_more and not self._rate_limiter.delay() else 0
        if not self._is_proven:  # a provider that fails on everything then fails on one batch only
            batches = min(batches, 1 - pool.busy)
        batch_size = pool.batch_size
        if self._rate_limiter.rate:
            batches, batch_size = min(batches, 1), min(batch_size, ceil(self._rate_limiter.rate))
        if not (batches or receipts or released):
            return False
        if batches:
            self._list.refresh()
        claims = self._queue.record_and_claim(
            receipts,
            released,
            batches=batches,
            batch_size=batch_size,
            limit=self._run.limit - self._run.claimed if self._run.limit else self._record.recipients,
            now=self._run.clock(),
        )
        for claim in claims:
            pool.submit(self._get_message(claim.segment), claim.recipients)
            count = len(claim.recipients)
            self._rate_limiter.spend(count)
            self._run.claimed += count
            logger.debug(
                "%s claimed %d of segment `%s`",
                self._record.id,
                count,
                claim.segment,
                extra=self._fields(segment=claim.segment, recipients=count),
            )
        return batches > 0 and not claims

    def _count(self, receipts: Sequence[Receipt]) -> None:
        """Log the outcomes of a batch and count them, in the report and for the circuit breaker."""
        log_outcomes(self._record.id, receipts)
        self._is_proven = self._is_proven or any(receipt.outcome is Outcome.ACCEPTED for receipt in receipts)
        self.failures.record(receipts)
        self.breaker.record(receipts)
        self._report.count(receipts)
        self._run.report_progress(sum(self._report.outcomes.values()), self._record.unsent)
        self.pause_requested = max([self.pause_requested, *(receipt.retry_after for receipt in receipts)])

    def _is_anyone_due(self) -> bool:
        return bool(self._database.recipients.count_due(self._record.id, self._run.clock()))

    def _revert_refusals(self, settings: delivery.Settings) -> DeliveryError:
        """Make the refused recipients pending again, as the provider would have refused anyone; return its error."""
        failures = self.breaker.reset()
        self.failures.withdraw_refusals(failures)
        refused = [receipt.recipient.email for receipt in failures if receipt.outcome is Outcome.REFUSED]
        bounced = [receipt.recipient.email for receipt in failures if receipt.bounced]
        moved = self._database.recipients.revert_refusals(self._record.id, refused, bounced, self._run.clock())
        self._report.outcomes[Outcome.REFUSED] -= moved
        self._run.claimed -= moved
        in_a_row = f"{format_count(len(failures), 'recipient', 'recipients')} in a row"
        was_refused = all(receipt.outcome is not Outcome.IN_DOUBT for receipt in failures)
        return DeliveryError(
            f"{settings.name} {'refused' if was_refused else 'failed for'} {in_a_row}: {failures[-1].detail}",
            location=self._record.id,
            hint="fix that, then run the same command again to continue",
        )

    def _fields(self, **fields: object) -> dict[str, object]:
        """Return the extra fields of a log record about this edition."""
        return {"edition": self._record.id, **fields}


def _create_factory(run: SendRun, record: EditionRecord) -> RecipientFactory:
    # Version 1 of the ledger stored the links of each recipient; a recipient without any gets today's.
    links = record.links or freeze_links(run.config)
    return create_recipient_factory(links, record.id, run.config.secrets.secret_key)


def _choose_rate(run: SendRun) -> float:
    """Return how many emails a second may be sent today, 0 for no limit."""
    options = run.config.delivery
    if not options.warm_up:
        return options.rate
    today = run.now.astimezone(ZoneInfo(run.config.publication.timezone)).date()
    return delivery.rate_on(today, options.rate, options.warm_up.since, options.warm_up.rates)
