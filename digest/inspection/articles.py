"""Where every article of the sources went, and why: what people ask first when a story is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import editorial
from digest.config import Config
from digest.editions.compose import compose_from_sources
from digest.editions.composition import Composition
from digest.editions.from_draft import compose_from_draft, find_new_stories, load_draft
from digest.editions.naming import edition_id
from digest.models import Article, Cadence, Problem, Segment
from digest.storage import Database


@dataclass(frozen=True, slots=True)
class PlacedArticle:
    """One article: its section, or the reason why it is left out. `lead` marks the edition's first story."""

    article: Article
    section: str
    reason: str = ""
    lead: bool = False


@dataclass(frozen=True, slots=True)
class Placement:
    """Every article, those of the edition first and in its order, and the problems of the sources."""

    articles: Sequence[PlacedArticle]
    problems: Sequence[Problem]


def place_articles(config: Config, cadence: Cadence, now: datetime) -> Placement:
    """Return where every article of the sources would be, changing no state.

    Raises:
        DigestError: as for composing.
    """
    with Database.read_for(config) as database:
        fresh = compose_from_sources(config, database, cadence, now)
        draft = load_draft(config, edition_id(config, cadence, now))
        if draft is None:
            return Placement([*_place_selected(fresh), *_place_left_out(fresh)], fresh.problems)
        composition = compose_from_draft(config, database, cadence, now, draft)
    hidden = [PlacedArticle(article, "", "hidden in the draft") for article in draft.hidden_stories]
    new = [
        PlacedArticle(article, "", "not in the draft: it arrived later") for article in find_new_stories(draft, fresh)
    ]
    return Placement([*_place_selected(composition), *hidden, *new, *_place_left_out(fresh)], fresh.problems)


def _place_selected(composition: Composition) -> list[PlacedArticle]:
    edition = composition.lay_out(Segment())
    shown = set(map(editorial.identify, edition.articles)) if edition else set()
    lead = editorial.identify(edition.lead) if edition else ""
    placed, over_limit, filed = [], [], set()
    for section in editorial.group_by_section(composition.selection.stories, composition.rules):
        for article in section.articles:
            identity = editorial.identify(article)
            filed.add(identity)
            if identity in shown:
                placed.append(PlacedArticle(article, section.name, lead=identity == lead))
            else:
                reason = f'over the section limit; counted in the "more in {section.name}" line'
                over_limit.append(PlacedArticle(article, "", reason))
    excluded = [
        PlacedArticle(article, "", f"excluded by category: {', '.join(article.categories)}")
        for article in composition.selection.stories
        if editorial.identify(article) not in filed
    ]
    return [*sorted(placed, key=lambda item: not item.lead), *over_limit, *excluded]


def _place_left_out(composition: Composition) -> list[PlacedArticle]:
    return [PlacedArticle(left.article, "", left.reason) for left in composition.selection.left_out]
