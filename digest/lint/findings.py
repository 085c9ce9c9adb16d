"""What a rule has to say, and many of the same said once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in an email.

    `rule` is a short stable name such as `size`; `serious` means that readers lose something. `location` helps an
    editor find the place; `hint` says what to do.
    """

    rule: str
    serious: bool
    message: str
    location: str
    hint: str

    def __str__(self) -> str:
        """One line: `location: message; hint`."""
        return f"{self.location}: {self.message}; {self.hint}"


def serious(rule: str, message: str, location: str, hint: str) -> Finding:
    """A finding by which readers lose something: a send should wait for it."""
    return Finding(rule, serious=True, message=message, location=location, hint=hint)


def minor(rule: str, message: str, location: str, hint: str) -> Finding:
    """A finding that may be meant, or that only some readers notice."""
    return Finding(rule, serious=False, message=message, location=location, hint=hint)


def gathered(findings: Iterable[Finding]) -> list[Finding]:
    """The findings, the serious ones first; those that differ only in their place are one that counts the places."""
    places: dict[Finding, list[str]] = defaultdict(list)
    for finding in findings:
        places[replace(finding, location="")].append(finding.location)
    told = [replace(finding, location=_all_of(where)) for finding, where in places.items()]
    return sorted(told, key=lambda finding: not finding.serious)


def _all_of(places: list[str]) -> str:
    others = len(places) - 1
    return places[0] + (f" and {others} other place{'s' if others > 1 else ''}" if others else "")
