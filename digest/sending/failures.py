"""Receipts that are not good: told in a few lines, and counted to see when a provider takes nobody any more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import suppress

from digest.core.text import format_count
from digest.models import Outcome, Problem, Receipt
from digest.sending.send_run import SendRun


class FailureTracker:
    """The trouble of one run: a few of a kind by address, of the rest how many."""

    EACH = 3
    HANDFUL = 10
    """So many in a row before anybody was accepted, and not for their addresses' sake: going on is no use."""
    MANY = 50
    """So many in a row after that."""
    DEAD = 200
    """So many addresses in a row that are said not to exist, before anybody was accepted."""

    def __init__(self, *, accepted: bool = False) -> None:
        """`accepted` is whether the provider has taken somebody of the edition before."""
        self._examples: dict[tuple[Outcome, str], list[str]] = {}
        self._counts: Counter[tuple[Outcome, str]] = Counter()
        self._accepted = accepted
        self.streak: list[Receipt] = []
        """Those since the last one that was accepted."""

    def note(self, receipts: Iterable[Receipt]) -> None:
        """Take in what became of a batch."""
        for receipt in receipts:
            if receipt.outcome is Outcome.ACCEPTED:
                self._accepted = True
                self.streak = []
                continue
            self.streak.append(receipt)
            kind = (receipt.outcome, receipt.detail)
            self._counts[kind] += 1
            if self._counts[kind] <= self.EACH:
                self._examples.setdefault(kind, []).append(receipt.recipient.email)

    @property
    def hopeless(self) -> bool:
        """Whether the provider takes nobody, and not for want of trying.

        Dead addresses say nothing of the provider, unless it calls a great many dead before it takes any at all.
        """
        if self._accepted:
            return self._not_the_address >= self.MANY
        return self._not_the_address >= self.HANDFUL or len(self.streak) >= self.DEAD

    @property
    def of_everyone(self) -> bool:
        """Whether none of those there were is taken, and not for their addresses' sake, or too many for that."""
        refused = [receipt for receipt in self.streak if receipt.outcome is Outcome.REFUSED]
        others = {receipt.outcome for receipt in self.streak} - {Outcome.REFUSED, Outcome.DEFERRED}
        bounced = sum(receipt.bounced for receipt in refused)
        return not others and (len(refused) > bounced or bounced >= self.HANDFUL)

    def take_back(self) -> list[Receipt]:
        """The streak, which ends here; its refusals were the provider's, and are not told."""
        streak, self.streak = self.streak, []
        for receipt in streak:
            kind = (receipt.outcome, receipt.detail)
            if receipt.outcome is Outcome.REFUSED and self._counts[kind]:
                self._counts[kind] -= 1
                with suppress(ValueError):
                    self._examples[kind].remove(receipt.recipient.email)
        return streak

    @property
    def _not_the_address(self) -> int:
        return sum(not receipt.bounced for receipt in self.streak)

    def forget(self, outcome: Outcome) -> None:
        """Those with this outcome are tried again: what comes of that is told instead."""
        self.streak = [receipt for receipt in self.streak if receipt.outcome is not outcome]
        for kind in [kind for kind in self._counts if kind[0] is outcome]:
            del self._counts[kind]
            del self._examples[kind]

    def tell(self, run: SendRun, edition: str) -> None:
        """Tell of each kind: a few by address, then how many more."""
        for kind, count in self._counts.items():
            if not count:
                continue
            outcome, detail = kind
            what = f"{outcome.value.replace('_', ' ')}: {detail}"
            for email in self._examples[kind]:
                run.tell(Problem(email, what))
            if count > len(self._examples[kind]):
                more = format_count(count - len(self._examples[kind]), "more recipient", "more recipients")
                run.tell(Problem(more, what, f"`digest status {edition}` names them"))
