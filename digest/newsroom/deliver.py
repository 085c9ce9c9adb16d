"""Send a frozen edition: claim, send, record, until nobody is left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from time import monotonic

from digest import delivery
from digest.errors import DeliveryError
from digest.ledger import EditionRecord, Ledger
from digest.models import Message, Outcome, Problem, Provider, Receipt
from digest.newsroom.report import Report, count_of
from digest.newsroom.run import Run
from digest.newsroom.settings import open_provider


def deliver(run: Run, ledger: Ledger, record: EditionRecord) -> Report:
    """Send to everyone of a frozen edition who is still to get it."""
    started = monotonic()
    edition = record.id
    if lost := ledger.recover(edition, run.clock()):
        people = count_of(lost, "recipient", "recipients")
        what = f"{people} in doubt: an earlier run stopped while their mail was on its way"
        run.tell(Problem(edition, what, f"`digest status {edition}` names them; they are not sent to again"))
    report = Report(edition, stories=record.stories, recipients=record.recipients)
    bad = BadNews(run, edition)
    try:
        with open_provider(run.config, run.config.delivery.provider) as provider:
            _send_all(run, ledger, record, provider, report, bad)
    except DeliveryError as error:
        reached = f"{report.outcomes[Outcome.ACCEPTED]} of {record.unsent} were sent to in this run"
        step = f"{error.next_step}; {reached}, and the next one goes on"
        raise DeliveryError(error.what, where=error.where, next_step=step) from error
    finally:
        bad.tell_rest()
    ledger.settle(edition, run.clock())
    after = ledger.edition(edition) or record
    report.suppressed = after.counts.get("suppressed", 0) - record.counts.get("suppressed", 0)
    report.left = after.counts.get("pending", 0)
    report.seconds = monotonic() - started
    return report


def _send_all(
    run: Run, ledger: Ledger, record: EditionRecord, provider: Provider, report: Report, bad: BadNews
) -> None:
    """Claim, send, record, batch by batch. Raises DeliveryError when the provider takes nothing any more."""
    edition = record.id
    pace = delivery.Pace(run.config.delivery.rate)
    messages: dict[str, Message] = {}
    done = 0
    segment, batch = ledger.turn(edition, (), _size(run, provider.batch_size, 0), run.clock())
    while batch:
        message = messages.get(segment) or messages.setdefault(segment, ledger.message(edition, segment))
        pace.wait(len(batch))
        try:
            receipts = provider.send(message, batch)
        except DeliveryError:
            ledger.release(edition, run.clock())
            raise
        bad.tell(receipts)
        report.count(receipts)
        done += len(batch)
        run.progress(done, record.unsent)
        size = 0 if bad.hopeless or run.stopping() else _size(run, provider.batch_size, done)
        segment, batch = ledger.turn(edition, receipts, size, run.clock())
    after = ledger.edition(edition) or record
    if bad.hopeless and after.counts.get("pending"):
        raise DeliveryError(
            f"{provider.name} takes none of the first {done}: {bad.last}",
            where=edition,
            next_step="mend that, then run the same command again",
        )


def _size(run: Run, size: int, done: int) -> int:
    return min(size, run.limit - done) if run.limit else size


class BadNews:
    """Tells of receipts that are not good: a few of a kind by address, then only how many."""

    _EACH = 3
    _HANDFUL = 10
    """So many in a row with none accepted, and not for their addresses' sake, and the run is not worth going on."""

    def __init__(self, run: Run, edition: str) -> None:
        self._run = run
        self._edition = edition
        self._kinds: Counter[str] = Counter()
        self._in_a_row = 0
        self.last = ""

    def tell(self, receipts: Iterable[Receipt]) -> None:
        """Tell of those in a batch, unless enough of their kind were told of."""
        for receipt in receipts:
            if receipt.outcome is Outcome.ACCEPTED:
                self._in_a_row = -1
            else:
                if not receipt.bounced and self._in_a_row >= 0:
                    self._in_a_row += 1
                    self.last = receipt.detail
                kind = f"{receipt.outcome.value.replace('_', ' ')}: {receipt.detail}"
                self._kinds[kind] += 1
                if self._kinds[kind] <= self._EACH:
                    self._run.tell(Problem(receipt.recipient.email, kind))

    @property
    def hopeless(self) -> bool:
        """Whether the provider has taken nobody in this run, and not for want of trying."""
        return self._in_a_row >= self._HANDFUL

    def tell_rest(self) -> None:
        """Tell how many more of each kind there were."""
        for kind, count in self._kinds.items():
            if count > self._EACH:
                more = count_of(count - self._EACH, "more recipient", "more recipients")
                self._run.tell(Problem(more, kind, f"`digest status {self._edition}` names them"))
