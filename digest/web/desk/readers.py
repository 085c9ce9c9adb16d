"""The subscribers as the desk uses them: found by name or address, and counted by segment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from digest import subscribers
from digest.config import Config
from digest.editions.recipients import assign_segment
from digest.errors import UsageError
from digest.models import Cadence, Problem, Segment, Subscriber

_SEARCH_RESULTS = 20
"""The most readers that a search returns."""
_SHOWN_PROBLEMS = 3
"""The most invalid rows that are listed one by one."""


@dataclass(frozen=True)
class Readers:
    """The subscriber list: its valid rows by address, problems with others, and this edition's segments by size."""

    by_email: Mapping[str, Subscriber]
    problems: Sequence[Problem]
    segments: Sequence[tuple[Segment, int]]

    def search(self, words: str) -> list[Subscriber]:
        """Return readers whose address or name contains the words, 20 at most."""
        wanted = words.casefold().strip()
        found = []
        for reader in self.by_email.values():
            if wanted in reader.email or wanted in reader.name.casefold():
                found.append(reader)
                if len(found) == _SEARCH_RESULTS:
                    break
        return found

    def segment(self, key: str) -> Segment:
        """Return the segment with a key, or the one of readers who chose no categories if there is none."""
        return next((segment for segment, _ in self.segments if segment.key == key), Segment())

    def example_of(self, segment: str, config: Config) -> str:
        """Return the address of any reader in a segment, by its key; empty for readers who chose no categories.

        Raises:
            UsageError: the segment has no readers any more.
        """
        if not segment:
            return ""
        readers = self.by_email.values()
        found = next((reader.email for reader in readers if assign_segment(config, reader).key == segment), "")
        if not found:
            raise UsageError("this segment has no readers any more", hint="choose another")
        return found


def read_readers(config: Config, store: subscribers.SubscriberStore, cadence: Cadence, day: date) -> Readers:
    """Read the subscriber list, and count by segment those who get the edition of that day.

    Raises:
        SubscribersError: the list cannot be used at all.
    """
    by_email: dict[str, Subscriber] = {}
    problems: list[Problem] = []
    counts: Counter[Segment] = Counter()
    for row in store.read():
        if isinstance(row, Problem):
            problems.append(row)
            continue
        by_email.setdefault(row.email, row)
        if subscribers.wants(row, cadence, day):
            counts[assign_segment(config, row)] += 1
    return Readers(by_email, _shortened(problems, store.location), counts.most_common())


def _shortened(problems: Sequence[Problem], location: str) -> list[Problem]:
    shown = list(problems[:_SHOWN_PROBLEMS])
    if more := len(problems) - len(shown):
        shown.append(Problem(location, f"{more} more invalid rows", "`digest check` lists them"))
    return shown
