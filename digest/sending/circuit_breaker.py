"""Distinguish a failing provider from failing recipients, and decide when to stop sending through it."""

from __future__ import annotations

from collections.abc import Iterable

from digest.models import Outcome, Receipt


class CircuitBreaker:
    """Counts failures in a row, and decides whether there are too many to be the recipients' fault.

    A provider that is down, or has blocked the account, refuses every recipient. They are not to blame, so nothing more
    is sent through it, and those it refused stay pending.
    """

    MAX_BEFORE_ACCEPTED = 10
    """Failures in a row that open the circuit while nobody has been accepted yet, bounces not counted."""
    MAX_AFTER_ACCEPTED = 50
    """Failures in a row that open the circuit after that, bounces not counted."""
    MAX_BOUNCES = 200
    """Failures in a row, bounces counted, that open the circuit while nobody has been accepted yet."""

    def __init__(self, *, has_accepted: bool = False) -> None:
        """`has_accepted` is whether an earlier run had recipients of this edition accepted."""
        self._has_accepted = has_accepted
        self._streak: list[Receipt] = []
        """The failures since a recipient was last accepted."""

    def record(self, receipts: Iterable[Receipt]) -> None:
        """Take note of the receipts of a batch."""
        for receipt in receipts:
            if receipt.outcome is Outcome.ACCEPTED:
                self._has_accepted = True
                self._streak = []
            else:
                self._streak.append(receipt)

    @property
    def is_open(self) -> bool:
        """Whether to stop sending.

        A bounce is the address's fault and says nothing about the provider, unless it bounces a great many addresses
        before it accepts any.
        """
        not_bounced = sum(not receipt.bounced for receipt in self._streak)
        if self._has_accepted:
            return not_bounced >= self.MAX_AFTER_ACCEPTED
        return not_bounced >= self.MAX_BEFORE_ACCEPTED or len(self._streak) >= self.MAX_BOUNCES

    @property
    def is_failing(self) -> bool:
        """Whether the provider has accepted nobody for a while, though the circuit may still be closed."""
        return len(self._streak) >= self.MAX_BEFORE_ACCEPTED

    @property
    def has_refused_everyone(self) -> bool:
        """Whether all failures were refusals or deferrals, and the refusals cannot all be the addresses' fault.

        For a list too short to open the circuit: if all of it was refused, either not every refusal was a bounce, or
        there were too many bounces for that to be chance.
        """
        refused = [receipt for receipt in self._streak if receipt.outcome is Outcome.REFUSED]
        other_outcomes = {receipt.outcome for receipt in self._streak} - {Outcome.REFUSED, Outcome.DEFERRED}
        bounces = sum(receipt.bounced for receipt in refused)
        return not other_outcomes and (len(refused) > bounces or bounces >= self.MAX_BEFORE_ACCEPTED)

    def reset(self) -> list[Receipt]:
        """Close the circuit again and return the failures in a row that had opened it."""
        streak, self._streak = self._streak, []
        return streak

    def forget_deferred(self) -> None:
        """Do not count those who were deferred any more: they are retried."""
        self._streak = [receipt for receipt in self._streak if receipt.outcome is not Outcome.DEFERRED]
