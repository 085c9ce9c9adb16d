"""An edition that is shown whole: the least important stories become headlines, then only a count."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from digest.models import Article, Edition, Section

_NEAR = 0.97
"""A part of the budget that is close enough to it: the rest is not worth another rendering."""

_AIM = 0.985


@dataclass(frozen=True, slots=True)
class Shown:
    """An edition as it is shown: so many stories at its end are headlines only, so many more are counted in `more`."""

    edition: Edition
    headlines: int = 0
    counted: int = 0

    def rows(self, full: str, short: str) -> list[tuple[Section, list[tuple[Article, str]]]]:
        """Each section with its stories and what each is shown by: `full`, or `short` for the headlines."""
        whole = len(self.edition.articles) - 1 - self.headlines
        rows, at = [], 0
        for section in self.edition.sections:
            forms = [full if at + index < whole else short for index in range(len(section.articles))]
            rows.append((section, list(zip(section.articles, forms, strict=True))))
            at += len(forms)
        return rows


def cut(edition: Edition, steps: int) -> Shown:
    """Take `steps` from the end: each makes a story a headline; once all but the lead are, each makes one a count."""
    stories = len(edition.articles) - 1
    counted = max(0, steps - stories)
    left, sections = counted, []
    for section in reversed(edition.sections):
        gone = min(left, len(section.articles))
        left -= gone
        kept = section.articles[: len(section.articles) - gone]
        sections.append(replace(section, articles=kept, more=section.more + gone))
    shown = replace(edition, sections=tuple(reversed(sections)))
    return Shown(shown, min(steps, stories) - counted, counted)


def least_cut(size: Callable[[int], int], stories: int, budget: int) -> int:
    """The fewest steps, or nearly so, of `cut` with which the size is within the budget; all there are if none is.

    `size` renders the email, so it is asked for seldom: stories are much alike, and what a step saves is read off two
    sizes that are known.

    Args:
        size: Bytes after so many steps, 0 to twice `stories`; more steps, fewer bytes.
        stories: How many may be cut: all but the lead.
        budget: Bytes.
    """
    low, at_low = 0, size(0)
    if at_low <= budget:
        return 0
    high, at_high = stories, size(stories)
    if at_high > budget:
        low, at_low = high, at_high
        high, at_high = 2 * stories, size(2 * stories)
    while at_low > budget >= at_high and at_high < _NEAR * budget and high - low > 1:
        share = (at_low - _AIM * budget) / (at_low - at_high)
        guess = min(max(low + math.ceil((high - low) * share), low + 1), high - 1)
        if (at_guess := size(guess)) > budget:
            low, at_low = guess, at_guess
        else:
            high, at_high = guess, at_guess
    return high
