"""What a rule has to say, and many of the same said once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing in an email that wants mending.

    `rule` is a short stable name such as `size`; `serious` when readers lose something by it; `what` is wrong, `where`
    are words that let an editor find the place, and `next_step` is what to do.
    """

    rule: str
    serious: bool
    what: str
    where: str
    next_step: str

    def __str__(self) -> str:
        """One line: `where: what; next step`."""
        return f"{self.where}: {self.what}; {self.next_step}"


def serious(rule: str, what: str, where: str, next_step: str) -> Finding:
    """A finding by which readers lose something: a send should wait for it."""
    return Finding(rule, serious=True, what=what, where=where, next_step=next_step)


def minor(rule: str, what: str, where: str, next_step: str) -> Finding:
    """A finding that may be meant, or that only some readers notice."""
    return Finding(rule, serious=False, what=what, where=where, next_step=next_step)


def gathered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, the serious ones first; those that differ only in their place are one that counts the places."""
    places: dict[Finding, list[str]] = defaultdict(list)
    for finding in findings:
        places[replace(finding, where="")].append(finding.where)
    told = [replace(finding, where=_all_of(where)) for finding, where in places.items()]
    return sorted(told, key=lambda finding: not finding.serious)


def _all_of(places: list[str]) -> str:
    others = len(places) - 1
    return places[0] + (f" and {others} other place{'s' if others > 1 else ''}" if others else "")
