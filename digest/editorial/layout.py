"""Stories into an edition: sections in order, a lead, limits."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from zoneinfo import ZoneInfo

from digest.models import Article, Cadence, Edition, Section, Window

LATEST = "Latest"
"""The only section of an edition none of whose stories has one."""

_MOST_SECTIONS = 8
"""Sections made from the data alone: past these, the smallest and those of one story are gathered under "more"."""

_TELLING_SHARE = 0.6
"""A category that more of the stories have than this part is no section, where a story has another."""

_KEYWORDS = 3
"""A story with this many categories is tagged with keywords: one that is its alone, or nearly all's, is no section."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How categories become sections.

    `order` names the sections; without it they come from the articles themselves. `names` maps a source's category
    to the section it is shown as. `limit` is stories a section, `limits` that of single sections; `exclude` are
    categories or sections whose stories are left out altogether, whatever else they are filed under. `more` is the
    section of what no section claims, `pages` are the sections' own pages on the site. Names are compared without
    regard to case, spaces and HTML entities.
    """

    order: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    limit: int = 6
    limits: Mapping[str, int] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    max_articles: int = 30
    more: str = "More stories"
    pages: Mapping[str, str] = field(default_factory=dict)


def lay_out(
    stories: Sequence[Article],
    rules: Rules,
    *,
    cadence: Cadence,
    window: Window,
    timezone: str,
    only: Collection[str] = (),
) -> Edition | None:
    """Lay out an edition, or one reader's part of it; None when nothing is left.

    A story that an editor filed under a section is there, whatever its categories, which still say whom it is for.

    Each story is in one section, however many categories it has: with an `order`, the first section of it that
    is among its categories; without, the one of its categories that most stories share, so that a feed which tags every
    story with ten keywords still has sections worth the name. With `only`, names of sections or of categories, a
    story is laid out under what was chosen: who reads just World gets the Science story that is filed under World
    too. Stories keep their order within a section.

    The lead is the first pinned story, else the first with an image in the first section, else that section's first;
    it counts towards the limits. No story is cut without being counted in its section's `more`, so a section may have
    only that.
    """
    desk = _Desk(rules, only)
    filed = desk.file(stories)
    sections = _within_total([desk.limited(name, filed[name]) for name in desk.in_order(filed)], rules.max_articles)
    first = next((section for section in sections if section.articles), None)
    if first is None:
        return None
    pinned = next((section for section in sections if any(article.pinned for article in section.articles)), None)
    first = pinned or first
    lead = min(first.articles, key=lambda article: (not article.pinned, article.image is None))
    led = replace(first, articles=tuple(article for article in first.articles if article is not lead))
    rest = [led if section is first else section for section in sections]
    day = window.end.astimezone(ZoneInfo(timezone)).date()
    return Edition(
        id=f"{day}-{cadence}",
        cadence=cadence,
        date=day,
        window=window,
        lead=lead,
        lead_section=first.name,
        sections=tuple(section for section in rest if section.articles or section.more),
    )


def sections_of(stories: Sequence[Article], rules: Rules) -> list[Section]:
    """Every section with all of its stories, before any limit: what `digest articles` and `digest check` explain."""
    desk = _Desk(rules, ())
    filed = desk.file(stories)
    return [replace(desk.limited(name, ()), articles=tuple(filed[name])) for name in desk.in_order(filed)]


class _Desk:
    """Files stories under sections, which it knows by their folded names."""

    def __init__(self, rules: Rules, only: Collection[str]) -> None:
        self.rules = rules
        self.only = {_fold(name) for name in only}
        self.more = _fold(rules.more)
        self._names = {_fold(category): name for category, name in rules.names.items()}
        self._order = {_fold(name): name for name in rules.order}
        self._limits = {_fold(name): limit for name, limit in rules.limits.items()}
        self._pages = {_fold(name): url for name, url in rules.pages.items()}
        self._undivided = False
        self._excluded = {_fold(name) for name in rules.exclude}
        self._spelling = {self.more: rules.more, _fold(LATEST): LATEST, **self._order}

    def file(self, stories: Sequence[Article]) -> dict[str, list[Article]]:
        """Each story under one section, in the order they came."""
        by_editor = {_fold(article.section) for article in stories if article.section}
        self._undivided = len(by_editor) == 1
        candidates = [(article, names) for article in stories if (names := self._candidates(article))]
        if self._order:
            place = {name: index for index, name in enumerate(self._order)}
            sections = [min(names, key=lambda name: place.get(name, len(place))) for _, names in candidates]
        else:
            sections = self._from_data([names for _, names in candidates])
        filed: dict[str, list[Article]] = {}
        for (article, _), section in zip(candidates, sections, strict=True):
            filed.setdefault(section, []).append(article)
        if list(filed) == [self.more]:
            self._undivided = True
            return {_fold(LATEST): filed[self.more]}
        return filed

    def _candidates(self, article: Article) -> list[str]:
        """The sections an article could be in, in the order of its categories; empty if it is to be left out."""
        if article.section:
            return [_fold(article.section)] if self._wanted(article) else []
        sections: dict[str, bool] = {}
        chosen = not self.only
        for category in article.categories:
            name = self._names.get(_fold(category), _shown(category))
            folded = _fold(name)
            both = {folded, _fold(category)}
            if both & self._excluded:
                return []
            wanted = not self.only or bool(both & self.only)
            chosen |= wanted
            if not self._order or folded in self._order:
                self._spelling.setdefault(folded, name)
                sections[folded] = sections.get(folded, False) or wanted
        if wanted_sections := [name for name, wanted in sections.items() if wanted]:
            return wanted_sections
        # What no section claims is for everyone, for who chose its category, and for who chose it by name.
        return [self.more] if chosen or (not sections and self.more in self.only) else []

    def _wanted(self, article: Article) -> bool:
        """Whether a reader chose the section an editor filed a story under, or one of its categories by either name."""
        names = {_fold(article.section), *map(_fold, article.categories)}
        names |= {_fold(self._names[name]) for name in names if name in self._names}
        return not self.only or bool(names & self.only)

    def _from_data(self, candidates: Sequence[Sequence[str]]) -> list[str]:
        """A section for each story, from the categories that stories share."""
        shared = Counter(chain.from_iterable(candidates))

        def telling(name: str) -> tuple[bool, int]:
            # What most stories are filed under ("TC", "Latest headlines") says no more than what only one is.
            return 1 < shared[name] <= _TELLING_SHARE * len(candidates), shared[name]

        # Of equals the first by name: a feed and a REST API list the same post's categories in different orders.
        best = [max(sorted(names), key=telling) for names in candidates]
        alone = Counter(best)
        sections = [
            self.more if len(names) >= _KEYWORDS and (alone[name] == 1 or not telling(name)[0]) else name
            for names, name in zip(candidates, best, strict=True)
        ]
        if set(sections) == {self.more}:
            # Every story has the same list of categories: their first is what the newspaper files them under.
            sections = best
            self._undivided = len(set(best)) == 1
        sizes = Counter(name for name in sections if name != self.more)
        if len(sizes) <= _MOST_SECTIONS:
            return sections
        kept = {name for name, count in sizes.most_common(_MOST_SECTIONS) if count > 1}
        return [name if name in kept else self.more for name in sections]

    def in_order(self, filed: Mapping[str, Sequence[Article]]) -> list[str]:
        """The sections in the configured order, or the largest first; what no section claims comes last."""
        position = {name: index for index, name in enumerate(self._order)}
        last = self.more not in position
        return sorted(filed, key=lambda name: (last and name == self.more, position.get(name, 0), -len(filed[name])))

    def limited(self, name: str, articles: Sequence[Article]) -> Section:
        """A section cut to its limit; stories that have no sections to share the room between have all of it."""
        usual = self.rules.max_articles if self._undivided else self.rules.limit
        limit = self._limits.get(name, usual)
        shown = tuple(articles[:limit])
        return Section(self._spelling[name], shown, len(articles) - len(shown), self._pages.get(name, ""))


def _within_total(sections: Sequence[Section], most: int) -> list[Section]:
    """Cut to `most` stories in all: from the longest section first, the last of equals, so that each keeps its best."""
    counts = [len(section.articles) for section in sections]
    while sum(counts) > most:
        longest = max(range(len(counts)), key=lambda index: (counts[index], index))
        counts[longest] -= 1
    return [
        replace(section, articles=section.articles[:count], more=section.more + len(section.articles) - count)
        for section, count in zip(sections, counts, strict=True)
    ]


def _shown(name: str) -> str:
    return " ".join(html.unescape(name).split())


def _fold(name: str) -> str:
    return _shown(name).casefold()
