"""Arranges stories into an edition: sections in order, a lead, limits."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from zoneinfo import ZoneInfo

from digest.models import Article, Cadence, Edition, Section, Window

_LATEST = "Latest"
"""The only section of an edition whose stories have no categories."""

_MAX_DERIVED_SECTIONS = 8
"""How many sections are made from the categories alone; beyond these, the smallest sections and those with a single
story are merged into "more"."""

_COMMON_SHARE = 0.6
"""A category that more than this part of the stories have does not become a section if a story has another."""

_MANY_CATEGORIES = 3
"""A story with this many categories is tagged with keywords. One that only this story has, or that nearly all have,
does not become a section."""


@dataclass(frozen=True, slots=True)
class LayoutRules:
    """How categories become sections, and how many stories are shown.

    `order` names the sections; without it they are derived from the articles. `names` maps a source's category to the
    section it is shown as. `limit` is the number of stories in a section, `limits` overrides it by section, and
    `max_articles` is the number in the whole edition. `exclude` lists categories or sections whose stories are left out
    altogether, whatever else they are filed under. `more` is the section for stories that belong to no other, `pages`
    are the sections' own pages on the site. Names are compared without regard to case, spaces and HTML entities.
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
    rules: LayoutRules,
    *,
    cadence: Cadence,
    window: Window,
    timezone: str,
    only: Collection[str] = (),
) -> Edition | None:
    """Return an edition, or the part of it that a segment chose; None if that has no stories.

    A story that an editor filed under a section is in that section; its categories still decide who gets it.

    Each story is in one section, however many categories it has. With an `order`, this is the first section in it that
    is among the story's categories. Without, it is the story's category that the most stories share, so that a feed
    which tags every story with ten keywords still gets sensible sections. With `only` (names of sections or
    categories), a story is placed under what was chosen: a reader who chose only World gets the Science story that is
    also filed under World. Stories keep their order within a section.

    The lead is the first pinned story; else the first story with an image in the first section; else that section's
    first story. It counts towards the limits. Every story beyond a limit is counted in its section's `more`, so a
    section may consist of that count alone.
    """
    sorter = _SectionSorter(rules, only)
    assigned = sorter.assign(stories)
    sections = [sorter.limit_section(name, assigned[name]) for name in sorter.order_sections(assigned)]
    sections = _limit_total(sections, rules.max_articles)
    lead_section = next((section for section in sections if section.articles), None)
    if lead_section is None:
        return None
    pinned = next((section for section in sections if any(article.pinned for article in section.articles)), None)
    lead_section = pinned or lead_section
    lead = min(lead_section.articles, key=lambda article: (not article.pinned, article.image is None))
    without_lead = replace(lead_section, articles=tuple(item for item in lead_section.articles if item is not lead))
    sections = [without_lead if section is lead_section else section for section in sections]
    day = window.end.astimezone(ZoneInfo(timezone)).date()
    return Edition(
        id=f"{day}-{cadence}",
        cadence=cadence,
        date=day,
        window=window,
        lead=lead,
        lead_section=lead_section.name,
        sections=tuple(section for section in sections if section.articles or section.more),
    )


def group_by_section(stories: Sequence[Article], rules: LayoutRules) -> list[Section]:
    """Return every section with all of its stories, before any limit, for `digest articles` and `digest check`."""
    sorter = _SectionSorter(rules, ())
    assigned = sorter.assign(stories)
    return [
        replace(sorter.limit_section(name, ()), articles=tuple(assigned[name]))
        for name in sorter.order_sections(assigned)
    ]


class _SectionSorter:
    """Assigns stories to sections. Section names in here are folded, so that spellings of one section are equal."""

    def __init__(self, rules: LayoutRules, only: Collection[str]) -> None:
        self._rules = rules
        self._only = {_fold(name) for name in only}
        self._more = _fold(rules.more)
        self._names = {_fold(category): name for category, name in rules.names.items()}
        self._order = {_fold(name): name for name in rules.order}
        self._limits = {_fold(name): limit for name, limit in rules.limits.items()}
        self._pages = {_fold(name): url for name, url in rules.pages.items()}
        self._excluded = {_fold(name) for name in rules.exclude}
        self._spelling = {self._more: rules.more, _fold(_LATEST): _LATEST, **self._order}
        self._has_one_section = False
        """Whether all stories are in one section because nothing divides them."""

    def assign(self, stories: Sequence[Article]) -> dict[str, list[Article]]:
        """Return each story under one section, in the given order; excluded and unwanted stories are left out."""
        by_editor = {_fold(article.section) for article in stories if article.section}
        self._has_one_section = len(by_editor) == 1
        candidates = [(article, names) for article in stories if (names := self._find_candidates(article))]
        if self._order:
            position = {name: index for index, name in enumerate(self._order)}
            sections = [min(names, key=lambda name: position.get(name, len(position))) for _, names in candidates]
        else:
            sections = self._derive_sections([names for _, names in candidates])
        assigned: dict[str, list[Article]] = {}
        for (article, _), section in zip(candidates, sections, strict=True):
            assigned.setdefault(section, []).append(article)
        if list(assigned) == [self._more]:
            self._has_one_section = True
            return {_fold(_LATEST): assigned[self._more]}
        return assigned

    def _find_candidates(self, article: Article) -> list[str]:
        """Return the sections an article could be in, in the order of its categories; empty if it is left out."""
        if article.section:
            return [_fold(article.section)] if self._is_wanted(article) else []
        sections: dict[str, bool] = {}
        is_chosen = not self._only
        for category in article.categories:
            name = self._names.get(_fold(category), _clean(category))
            folded = _fold(name)
            both = {folded, _fold(category)}
            if both & self._excluded:
                return []
            is_wanted = not self._only or bool(both & self._only)
            is_chosen |= is_wanted
            if not self._order or folded in self._order:
                self._spelling.setdefault(folded, name)
                sections[folded] = sections.get(folded, False) or is_wanted
        if wanted_sections := [name for name, is_wanted in sections.items() if is_wanted]:
            return wanted_sections
        # A story that belongs to no section is for everyone: those who chose its category, and those who chose "more".
        return [self._more] if is_chosen or (not sections and self._more in self._only) else []

    def _is_wanted(self, article: Article) -> bool:
        """Return whether a reader chose the section an editor put a story in, or a category of it by either name."""
        names = {_fold(article.section), *map(_fold, article.categories)}
        names |= {_fold(self._names[name]) for name in names if name in self._names}
        return not self._only or bool(names & self._only)

    def _derive_sections(self, candidates: Sequence[Sequence[str]]) -> list[str]:
        """Return a section for each story, derived from the categories that stories share."""
        shared = Counter(chain.from_iterable(candidates))

        def usefulness(name: str) -> tuple[bool, int]:
            # A category of most stories ("TC", "Latest headlines") says no more than one that a single story has.
            return 1 < shared[name] <= _COMMON_SHARE * len(candidates), shared[name]

        # Ties go to the first by name: a feed and a REST API list the same post's categories in different orders.
        best = [max(sorted(names), key=usefulness) for names in candidates]
        counts = Counter(best)
        sections = [
            self._more if len(names) >= _MANY_CATEGORIES and (counts[name] == 1 or not usefulness(name)[0]) else name
            for names, name in zip(candidates, best, strict=True)
        ]
        if set(sections) == {self._more}:
            # Every story has the same list of categories: the first of them is what the newspaper files it under.
            sections = best
            self._has_one_section = len(set(best)) == 1
        sizes = Counter(name for name in sections if name != self._more)
        if len(sizes) <= _MAX_DERIVED_SECTIONS:
            return sections
        kept = {name for name, count in sizes.most_common(_MAX_DERIVED_SECTIONS) if count > 1}
        return [name if name in kept else self._more for name in sections]

    def order_sections(self, assigned: Mapping[str, Sequence[Article]]) -> list[str]:
        """Return the sections in the configured order, or else the largest first; "more" is last unless configured."""
        position = {name: index for index, name in enumerate(self._order)}
        more_is_last = self._more not in position

        def key(name: str) -> tuple[bool, int, int]:
            return more_is_last and name == self._more, position.get(name, 0), -len(assigned[name])

        return sorted(assigned, key=key)

    def limit_section(self, name: str, articles: Sequence[Article]) -> Section:
        """Return a section cut to its limit; a section that is the only one may fill the whole edition."""
        default = self._rules.max_articles if self._has_one_section else self._rules.limit
        limit = self._limits.get(name, default)
        shown = tuple(articles[:limit])
        return Section(self._spelling[name], shown, len(articles) - len(shown), self._pages.get(name, ""))


def _limit_total(sections: Sequence[Section], limit: int) -> list[Section]:
    """Return the sections cut to `limit` stories in all.

    Stories are cut from the longest section first, and of equally long ones from the last, so that each section keeps
    its best.
    """
    counts = [len(section.articles) for section in sections]
    while sum(counts) > limit:
        longest = max(range(len(counts)), key=lambda index: (counts[index], index))
        counts[longest] -= 1
    return [
        replace(section, articles=section.articles[:count], more=section.more + len(section.articles) - count)
        for section, count in zip(sections, counts, strict=True)
    ]


def _clean(name: str) -> str:
    return " ".join(html.unescape(name).split())


def _fold(name: str) -> str:
    return _clean(name).casefold()
