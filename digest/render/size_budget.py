"""Trim an edition to a size budget: its last stories become headlines, then are only counted."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from digest.models import Article, Edition, Section

_CLOSE_ENOUGH = 0.97
"""The share of the budget that is good enough: using the rest is not worth another rendering."""

_TARGET = 0.985
"""The share of the budget to aim at, between good enough and full."""


@dataclass(frozen=True, slots=True)
class TrimmedEdition:
    """An edition as it is shown.

    The last `headlines` stories are shown as headlines only. Another `omitted` stories after them are not in the
    edition any more: they are counted in the `more` of their sections.
    """

    edition: Edition
    headlines: int = 0
    omitted: int = 0

    def rows(self, full: str, short: str) -> list[tuple[Section, list[tuple[Article, str]]]]:
        """Return each section with its stories, and the template for each: `full`, or `short` for the headlines."""
        shown_in_full = len(self.edition.articles) - 1 - self.headlines
        rows, position = [], 0
        for section in self.edition.sections:
            templates = [full if position + index < shown_in_full else short for index in range(len(section.articles))]
            rows.append((section, list(zip(section.articles, templates, strict=True))))
            position += len(templates)
        return rows


def trim(edition: Edition, steps: int) -> TrimmedEdition:
    """Trim an edition from its end; the lead is never trimmed.

    Each step turns one more story into a headline. Once every story is one, each further step omits a story.
    """
    stories = len(edition.articles) - 1
    omitted = max(0, steps - stories)
    left, sections = omitted, []
    for section in reversed(edition.sections):
        gone = min(left, len(section.articles))
        left -= gone
        kept = section.articles[: len(section.articles) - gone]
        sections.append(replace(section, articles=kept, more=section.more + gone))
    trimmed = replace(edition, sections=tuple(reversed(sections)))
    return TrimmedEdition(trimmed, min(steps, stories) - omitted, omitted)


def find_smallest_trim(size: Callable[[int], int], stories: int, budget: int) -> int:
    """Find the fewest steps of `trim`, or nearly so, that bring the size within the budget; all steps if none do.

    `size` renders the email, so it is called as rarely as possible. Stories are much alike, so what a step saves is
    interpolated from two known sizes.

    Args:
        size: Returns the bytes after 0 to twice `stories` steps; more steps, fewer bytes.
        stories: How many stories can be trimmed: all but the lead.
        budget: Bytes.
    """
    low, size_at_low = 0, size(0)
    if size_at_low <= budget:
        return 0
    high, size_at_high = stories, size(stories)
    if size_at_high > budget:
        low, size_at_low = high, size_at_high
        high, size_at_high = 2 * stories, size(2 * stories)
    while size_at_low > budget >= size_at_high and size_at_high < _CLOSE_ENOUGH * budget and high - low > 1:
        share = (size_at_low - _TARGET * budget) / (size_at_low - size_at_high)
        guess = min(max(low + math.ceil((high - low) * share), low + 1), high - 1)
        if (size_at_guess := size(guess)) > budget:
            low, size_at_low = guess, size_at_guess
        else:
            high, size_at_high = guess, size_at_guess
    return high
