"""Send a frozen edition: claim, send, record, until nobody is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache
from math import ceil
from time import monotonic, sleep
from zoneinfo import ZoneInfo

from digest import delivery
from digest.core.text import format_count
from digest.errors import DeliveryError, TooLateError
from digest.models import Outcome, Problem, Receipt, Recipient
from digest.sending.failures import FailureTracker
from digest.sending.readiness import open_pool
from digest.sending.report import Report
from digest.sending.send_run import SendRun
from digest.storage import Database, EditionRecord

_MOMENT = 0.2
"""Seconds between two looks at whether somebody asked to stop."""


def deliver(run: SendRun, database: Database, record: EditionRecord, time_left: timedelta | None = None) -> Report:
    """Send to everyone of a frozen edition who is still to get it.

    With `time_left`, nothing more is begun once that is over.

    Raises:
        DeliveryError: no provider takes anything any more; what is left waits for the next run.
        TooLateError: the time was over before everyone had it.
    """
    started = monotonic()
    report = Report(record.id, stories=record.stories, recipients=record.recipients)
    report.outcomes[Outcome.IN_DOUBT] += recover(run, database, record.id)
    delivering = _Delivery(run, database, record, report, time_left)
    try:
        delivering.by_every_means()
    except (DeliveryError, TooLateError) as error:
        if database.editions.is_stopping(record.id):  # it was to end here anyway
            run.tell(error.as_problem())
            return _closed(run, database, record, report, started)
        reached = f"{report.outcomes[Outcome.ACCEPTED]} of {record.unsent} were sent to in this run"
        step = f"{reached}; {error.hint}"
        raise type(error)(error.message, location=error.location, hint=step) from error
    finally:
        delivering.bad.tell(run, record.id)
    return _closed(run, database, record, report, started)


def _closed(run: SendRun, database: Database, record: EditionRecord, report: Report, started: float) -> Report:
    """Close the edition if nobody is left, and say what it came to."""
    database.editions.close(record.id, run.clock())
    after = database.editions.get(record.id) or record
    report.suppressed = after.counts.get("suppressed", 0) - record.counts.get("suppressed", 0)
    report.given_up = after.counts.get("skipped", 0) - record.counts.get("skipped", 0)
    if report.given_up:
        report.outcomes[Outcome.DEFERRED] = 0  # they are among these now
        report.trouble = True
    report.left = database.recipients.count_due(record.id, run.clock())
    report.later = after.counts.get("pending", 0) - report.left
    report.seconds = monotonic() - started
    return report


def recover(run: SendRun, database: Database, edition: str) -> int:
    """Take over an edition from an earlier run: who was on their way when that died is in doubt; how many they are."""
    lost = database.recipients.recover(edition, run.clock())
    if lost:
        people = format_count(lost, "recipient", "recipients")
        what = f"{people} in doubt: an earlier run stopped while their mail was on its way"
        run.tell(Problem(edition, what, f"`digest status {edition}` names them; they are not sent to again"))
    return lost


class _Delivery:
    """One run's work at one edition."""

    def __init__(
        self, run: SendRun, database: Database, record: EditionRecord, report: Report, time_left: timedelta | None
    ) -> None:
        self.run = run
        self.database = database
        self.record = record
        self.report = report
        self.ends = monotonic() + time_left.total_seconds() if time_left is not None else None
        self.bad = FailureTracker(accepted=record.reached > 0)
        self.pace = delivery.RateLimiter(_rate(run))
        self.message = lru_cache(maxsize=8)(lambda segment: database.editions.get_message(record.id, segment))
        self.untried_first = True
        self.sending = database.recipients.open_claim_queue(record.id)
        self.stuck = False
        """Whether the provider took none of the last handful."""
        self.proven = False
        """Whether the provider has accepted somebody in this round: until then it is tried with one batch at a time."""
        self.asked = 0.0
        """Seconds for which the provider asked to be left alone in this round."""

    # --- rounds -------------------------------------------------------------------------------------------------------

    def by_every_means(self) -> None:
        """Send by the provider, and where it is down by the one that takes over.

        Raises DeliveryError when the last provider takes nothing any more, TooLateError when the time is over.
        """
        providers = self.run.config.delivery.providers
        for number, settings in enumerate(providers, 1):
            before = self.accepted
            last = number == len(providers)
            error = self.patiently(settings, last=last)
            self.asked = 0.0  # a pause is one provider's
            down = error or self.stuck or (self.report.outcomes[Outcome.DEFERRED] and self.accepted == before)
            if not down or last or not self.may_begin():
                if error:
                    raise error
                return
            why = str(error) if error else f"{settings.name} takes nobody for now"
            self.run.tell(Problem(self.record.id, why, f"{providers[number].name} takes over"))
            self.pace = delivery.RateLimiter(self.pace.rate)
            self.try_again()

    def patiently(self, settings: delivery.Settings, *, last: bool) -> DeliveryError | None:
        """Send by one provider, and again after a while to those who were deferred; its error if it takes no more.

        One that has taken nobody yet is waited for only if it is the `last` there is, and only if it asks for that.
        """
        patience = delivery.Backoff(self.run.config.delivery.patience.total_seconds())
        reached = granted = False
        while True:
            before = self.accepted
            self.asked = 0.0
            error = self.round(settings)
            progress = self.accepted > before
            reached = reached or progress
            asks = self.report.outcomes[Outcome.DEFERRED] > 0
            self.stuck = len(self.bad.streak) >= FailureTracker.HANDFUL
            if progress:  # patience is for those who wait, not for a provider that takes some each time
                patience = delivery.Backoff(self.run.config.delivery.patience.total_seconds())
            worth_it = (asks and last) or (reached and (asks or error is not None))
            # Who asks for a pause, is granted it and takes nobody then is as good as down.
            if self.asked and granted and not progress:
                worth_it = False
            if not worth_it or not self.may_begin() or (wait := patience.next_wait(self.asked)) is None:
                return error
            granted = bool(self.asked)
            self.rest(wait)
            # Who was greylisted is let in now, and is what the provider will be glad of; if not, others may be.
            self.untried_first = not (progress or self.untried_first)
            self.try_again()

    @property
    def accepted(self) -> int:
        return self.report.outcomes[Outcome.ACCEPTED]

    def try_again(self) -> None:
        """Those who were deferred are to be sent to once more."""
        moved = self.database.recipients.retry_deferred(self.record.id, self.run.clock())
        self.report.outcomes[Outcome.DEFERRED] -= moved
        self.run.begun.count -= moved
        self.bad.forget(Outcome.DEFERRED)
        self.sending = self.database.recipients.open_claim_queue(self.record.id, untried_first=self.untried_first)

    def rest(self, seconds: float) -> None:
        """Wait, unless somebody asks to stop."""
        ends = monotonic() + seconds
        while (
            (left := ends - monotonic()) > 0
            and self.may_begin()
            and not self.database.editions.is_stopping(self.record.id)
        ):
            sleep(min(left, _MOMENT))

    def may_begin(self) -> bool:
        """Whether more may be sent to. Raises TooLateError when the time is over."""
        if self.ends is not None and monotonic() > self.ends:
            raise TooLateError(
                "the time to send is over (max_lateness)",
                location=self.record.id,
                hint=f"`digest resume {self.record.id}` goes on all the same",
            )
        stopping = self.sending.stopping or self.run.stopping()
        return not (self.run.is_full or stopping or self.asked > delivery.Backoff.MAX_RETRY_AFTER)

    # --- one round ----------------------------------------------------------------------------------------------------

    def round(self, settings: delivery.Settings) -> DeliveryError | None:
        """Send to everyone who is pending; an error when the provider takes nothing any more."""
        self.proven = False
        with open_pool(self.run.config, settings) as pool:
            lost = self.through(pool)
        nobody = not (self.accepted or self.report.outcomes[Outcome.IN_DOUBT] or self.record.reached)
        left = self.is_someone_left()
        if (self.bad.hopeless and left) or (nobody and self.bad.of_everyone and not left):
            return self.give_back(settings)
        if lost and not pool.idle:
            return lost
        if lost:
            self.run.tell(Problem(lost.location or settings.name, lost.message, "went on with fewer connections"))
        return None

    def through(self, pool: delivery.Pool) -> DeliveryError | None:
        """Hand out batches and record what becomes of them, until there are none; the error that cost a connection."""
        receipts: list[Receipt] = []
        released: list[Recipient] = []
        error: DeliveryError | None = None
        late: TooLateError | None = None
        while True:
            try:
                going_on = late is None and not self.bad.hopeless and not self.asked and self.may_begin()
            except TooLateError as over:  # raised once what is on its way has come back and is recorded
                going_on, late = False, over
            exhausted = self.hand_out(pool, receipts, released, going_on=going_on)
            receipts, released = [], []
            if not pool.busy and (exhausted or not going_on or not pool.idle):
                if late and self.is_someone_left():
                    raise late
                return error
            patient = exhausted or not pool.idle or not going_on or (pool.busy and not self.proven)
            for done in pool.collect(None if patient else min(self.pace.delay(), _MOMENT)):
                if isinstance(done.error, DeliveryError):
                    error = done.error
                    released += done.batch
                    self.run.begun.count -= len(done.batch)
                receipts += done.receipts
            self.note(receipts)

    def hand_out(
        self, pool: delivery.Pool, receipts: Sequence[Receipt], released: Sequence[Recipient], *, going_on: bool
    ) -> bool:
        """Record, claim, and give what was claimed to connections that are idle; whether nobody is left to claim."""
        room = pool.idle if going_on and not self.pace.delay() else 0
        if not self.proven:  # a provider that fails on everything fails on few
            room = min(room, 1 - pool.busy)
        size = pool.batch_size
        if self.pace.rate:
            room, size = min(room, 1), min(size, ceil(self.pace.rate))
        if not (room or receipts or released):
            return False
        claims = self.sending.record_and_claim(
            receipts,
            released,
            batches=room,
            batch_size=size,
            limit=self.run.limit - self.run.begun.count if self.run.limit else self.record.recipients,
            now=self.run.clock(),
        )
        for claim in claims:
            pool.submit(self.message(claim.segment), claim.recipients)
            self.pace.spend(len(claim.recipients))
            self.run.trace(f"{self.record.id} claimed {len(claim.recipients)} of segment `{claim.segment}`")
            self.run.begun.count += len(claim.recipients)
        return room > 0 and not claims

    def note(self, receipts: Sequence[Receipt]) -> None:
        """Take in what became of some recipients."""
        for receipt in receipts:
            outcome = receipt.outcome.value.replace("_", " ")
            self.run.trace(f"{self.record.id} {receipt.recipient.email} {outcome} {receipt.detail}".rstrip())
        self.proven = self.proven or any(receipt.outcome is Outcome.ACCEPTED for receipt in receipts)
        self.bad.note(receipts)
        self.report.count(receipts)
        self.run.progress(sum(self.report.outcomes.values()), self.record.unsent)
        self.asked = max([self.asked, *(receipt.retry_after for receipt in receipts)])

    def is_someone_left(self) -> bool:
        """Whether somebody is still to be sent to."""
        return bool(self.database.recipients.count_due(self.record.id, self.run.clock()))

    def give_back(self, settings: delivery.Settings) -> DeliveryError:
        """Those the provider refused as it would refuse everyone were not at fault: they are pending again."""
        streak = self.bad.take_back()
        refused = [receipt.recipient.email for receipt in streak if receipt.outcome is Outcome.REFUSED]
        bounced = [receipt.recipient.email for receipt in streak if receipt.bounced]
        moved = self.database.recipients.revert_refusals(self.record.id, refused, bounced, self.run.clock())
        self.report.outcomes[Outcome.REFUSED] -= moved
        self.run.begun.count -= moved
        return DeliveryError(
            f"{settings.name} takes none of {len(streak)} in a row: {streak[-1].detail}",
            location=self.record.id,
            hint="mend that; the same command then goes on",
        )


def _rate(run: SendRun) -> float:
    options = run.config.delivery
    if not options.warm_up:
        return options.rate
    today = run.now.astimezone(ZoneInfo(run.config.publication.timezone)).date()
    return delivery.rate_on(today, options.rate, options.warm_up.since, options.warm_up.rates)
