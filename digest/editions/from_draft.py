"""Compose an edition from its draft where there is one, and find the stories that have arrived since it was made."""

from __future__ import annotations

import logging
from datetime import date, datetime

from digest import drafts, editorial
from digest.config import Config
from digest.core.text import format_count
from digest.drafts import Draft, SourceWindow
from digest.editions.compose import compose_from_sources
from digest.editions.composition import Composition
from digest.editions.naming import draft_path
from digest.errors import DraftError
from digest.models import Article, Cadence, FetchResult, Problem, Source
from digest.storage import Database

logger = logging.getLogger(__name__)

_LISTED = 3
"""How many new stories a message names: more do not fit on a line."""


def load_draft(config: Config, edition: str) -> Draft | None:
    """Return the draft of an edition, None where there is none. Raises DraftError if it is not valid."""
    return drafts.read_draft(draft_path(config, edition), config.file.parent)


def compose_edition(
    config: Config, database: Database, cadence: Cadence, now: datetime, edition: str, *, remember: bool = False
) -> Composition:
    """Compose an edition as a send or a preview needs it: from its draft where there is one, else from the sources.

    Raises:
        DraftError: there is a draft, and it is not valid.
        ConfigError, SourceError: as for `compose_from_sources`.
    """
    draft = load_draft(config, edition)
    if draft is None:
        return compose_from_sources(config, database, cadence, now, remember=remember)
    return compose_from_draft(config, database, cadence, now, draft)


def compose_from_draft(
    config: Config, database: Database, cadence: Cadence, now: datetime, draft: Draft
) -> Composition:
    """Compose an edition from its draft: its stories, and the windows of when it was made.

    Stories that have arrived since belong to the next edition. A story that readers have received in another edition
    since is left out and reported.
    """
    sent = database.sent_editions.find_articles(cadence, list(map(editorial.identify, draft.stories)))
    sent = {identity: edition for identity, edition in sent.items() if edition != draft.file.stem}
    stories = tuple(story for story in draft.stories if editorial.identify(story) not in sent)
    logger.info(
        "composed from the draft %s: %s",
        draft.file.name,
        format_count(len(stories), "story", "stories"),
        extra={"edition": draft.file.stem, "stories": len(stories)},
    )
    return Composition(
        config=config,
        cadence=cadence,
        now=now,
        window=draft.window,
        windows={source.source: source.window for source in draft.source_windows},
        results=tuple(map(_restore_result, draft.source_windows)),
        selection=editorial.Selection(stories, draft.copies),
        fixed_day=date.fromisoformat(draft.file.stem[:10]),
        draft=draft,
        already_sent=tuple(
            Problem(
                story.headline,
                f"left out: already sent in {sent[editorial.identify(story)]}",
                "hide it in the draft",
            )
            for story in draft.stories
            if editorial.identify(story) in sent
        ),
    )


def _restore_result(source: SourceWindow) -> FetchResult:
    """Return what a source returned when the draft was made, as far as a draft records it: whether it failed."""
    message = f"{source.failed} (when the draft was made)"
    failed = Problem(source.source, message, "its stories go into the next edition") if source.failed else None
    return FetchResult(Source("", source.source), failed=failed)


def find_new_stories(draft: Draft, fresh: Composition) -> list[Article]:
    """Return the stories that an edition composed now would have and the draft does not know."""
    known = draft.identities
    return [story for story in fresh.selection.stories if editorial.identify(story) not in known]


def check_for_new_stories(draft: Draft, fresh: Composition) -> Problem | None:
    """Return a Problem that names the stories that have arrived since the draft was made, None if there are none."""
    new = find_new_stories(draft, fresh)
    if not new:
        return None
    listed = "; ".join(story.headline for story in new[:_LISTED]) + ("; ..." if len(new) > _LISTED else "")
    count = format_count(len(new), "story has", "stories have")
    hint = f"`digest draft --{fresh.cadence} --add` adds them; otherwise they go into the next edition"
    return Problem(str(draft.file), f"{count} arrived since this draft was made: {listed}", hint)


def check_editable(database: Database, edition: str) -> Problem | None:
    """Return why editing the draft of an edition changes nothing any more, None while it still does.

    Once an edition is frozen, its draft is not read again.
    """
    record = database.editions.get(edition)
    if record is None:
        return None
    state = "sent" if record.state == "sent" else "cancelled" if record.finished_at else "being sent"
    hint = f"`digest status {edition}` shows what became of it"
    return Problem(edition, f"already {state}; editing its draft changes nothing", hint)


def require_editable(database: Database, edition: str) -> None:
    """Refuse to change the draft of an edition that is frozen. Raises DraftError."""
    if problem := check_editable(database, edition):
        raise DraftError(problem.message, location=problem.location, hint=problem.hint)
