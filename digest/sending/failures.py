"""Failed recipients, reported in a few lines: some examples of each kind of failure, and how many more there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

from digest.core.text import format_count
from digest.models import Outcome, Problem, Receipt


class FailureTracker:
    """The failures of one run, grouped by outcome and the provider's words."""

    EXAMPLES = 3
    """How many recipients of each kind are reported by address."""

    def __init__(self) -> None:
        self._examples: dict[tuple[Outcome, str], list[str]] = {}
        self._counts: Counter[tuple[Outcome, str]] = Counter()

    def record(self, receipts: Iterable[Receipt]) -> None:
        """Take note of the receipts of a batch."""
        for receipt in receipts:
            if receipt.outcome is Outcome.ACCEPTED:
                continue
            kind = (receipt.outcome, receipt.detail)
            self._counts[kind] += 1
            if self._counts[kind] <= self.EXAMPLES:
                self._examples.setdefault(kind, []).append(receipt.recipient.email)

    def withdraw_refusals(self, receipts: Iterable[Receipt]) -> None:
        """Do not report these refusals: the fault was the provider's, and the recipients are pending again."""
        for receipt in receipts:
            kind = (receipt.outcome, receipt.detail)
            if receipt.outcome is Outcome.REFUSED and self._counts[kind]:
                self._counts[kind] -= 1
                with suppress(ValueError):
                    self._examples[kind].remove(receipt.recipient.email)

    def forget_deferred(self) -> None:
        """Do not report those who were deferred: they are retried, and the outcome of that is reported instead."""
        for kind in [kind for kind in self._counts if kind[0] is Outcome.DEFERRED]:
            del self._counts[kind]
            del self._examples[kind]

    def report(self, report_problem: Callable[[Problem], None], edition: str) -> None:
        """Report each kind of failure: a few recipients by address, then how many more."""
        for kind, count in self._counts.items():
            if not count:
                continue
            outcome, detail = kind
            message = f"{outcome.value.replace('_', ' ')}: {detail}"
            for email in self._examples[kind]:
                report_problem(Problem(email, message))
            if count > len(self._examples[kind]):
                more = format_count(count - len(self._examples[kind]), "more recipient", "more recipients")
                report_problem(Problem(more, message, f"`digest status {edition}` lists them"))
