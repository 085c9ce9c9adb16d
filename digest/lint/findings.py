"""Define what a rule found, and group what was found at several places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault in an email.

    `rule` is a short, stable name such as `size`; `serious` means that readers lose something. `location` helps an
    editor find the place; `hint` says how to fix it.
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
    """Return a finding that costs readers something: it should be fixed before sending."""
    return Finding(rule, serious=True, message=message, location=location, hint=hint)


def minor(rule: str, message: str, location: str, hint: str) -> Finding:
    """Return a finding that may be intended, or that only some readers notice."""
    return Finding(rule, serious=False, message=message, location=location, hint=hint)


def group_findings(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings, serious ones first; those that differ only in location become one that counts the places."""
    locations: dict[Finding, list[str]] = defaultdict(list)
    for finding in findings:
        locations[replace(finding, location="")].append(finding.location)
    grouped = [replace(finding, location=_summarize(places)) for finding, places in locations.items()]
    return sorted(grouped, key=lambda finding: not finding.serious)


def _summarize(places: list[str]) -> str:
    others = len(places) - 1
    return places[0] + (f" and {others} other place{'s' if others > 1 else ''}" if others else "")
