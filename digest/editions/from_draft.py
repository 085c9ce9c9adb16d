"""Editions composed from a draft where there is one, and what has come since it was made."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from digest import drafts, editorial
from digest.config import Config
from digest.core.text import format_count
from digest.drafts import Draft, SourceWindow
from digest.editions.compose import Composition, compose
from digest.errors import DraftError
from digest.models import Article, Cadence, FetchResult, Problem, Source
from digest.storage import Database


def path_of(config: Config, edition: str) -> Path:
    """Where the draft of an edition is, or would be: `editions/2026-11-23-daily.toml` beside digest.toml."""
    return config.file.parent / "editions" / f"{edition}.toml"


def load(config: Config, edition: str) -> Draft | None:
    """The draft of an edition, None where there is none. Raises DraftError for one that cannot be used."""
    return drafts.read_draft(path_of(config, edition), config.file.parent)


def composed(
    config: Config, database: Database, cadence: Cadence, now: datetime, edition: str, *, remember: bool = False
) -> Composition:
    """An edition as a send or a preview takes it: from its draft where there is one, else from the sources.

    Raises:
        DraftError: there is a draft, and it cannot be used.
        ConfigError, SourceError: as for `compose`.
    """
    draft = load(config, edition)
    if draft is None:
        return compose(config, database, cadence, now, remember=remember)
    return of_draft(config, database, cadence, now, draft)


def of_draft(config: Config, database: Database, cadence: Cadence, now: datetime, draft: Draft) -> Composition:
    """The composition of a draft: its stories, and the windows of when it was made; what came later is for the next.

    A story that readers have had in another edition since is left out, and named.
    """
    sent = database.sent_editions.find_articles(cadence, list(map(editorial.identify, draft.stories)))
    sent = {identity: edition for identity, edition in sent.items() if edition != draft.file.stem}
    stories = tuple(story for story in draft.stories if editorial.identify(story) not in sent)

    def result(reading: SourceWindow) -> FetchResult:
        what = f"{reading.failed} (when the draft was made)"
        failed = Problem(reading.source, what, "what it has goes into the next edition") if reading.failed else None
        return FetchResult(Source("", reading.source), failed=failed)

    return Composition(
        config=config,
        cadence=cadence,
        now=now,
        window=draft.window,
        windows={reading.source: reading.window for reading in draft.source_windows},
        results=tuple(map(result, draft.source_windows)),
        selection=editorial.Selection(stories, draft.copies),
        dated=date.fromisoformat(draft.file.stem[:10]),
        draft=draft,
        already_sent=tuple(
            Problem(story.headline, f"left out: it was in {sent[editorial.identify(story)]}", "hide it in the draft")
            for story in draft.stories
            if editorial.identify(story) in sent
        ),
    )


def not_in(draft: Draft, fresh: Composition) -> list[Article]:
    """The stories that an edition made now would have and the draft does not know."""
    known = draft.identities
    return [story for story in fresh.selection.stories if editorial.identify(story) not in known]


def missing_from(draft: Draft, fresh: Composition) -> Problem | None:
    """In words what has arrived since the draft was made, None if nothing has."""
    new = not_in(draft, fresh)
    if not new:
        return None
    named = "; ".join(story.headline for story in new[:3]) + ("; ..." if len(new) > 3 else "")  # noqa: PLR2004 - a line
    what = f"not in it: {format_count(len(new), 'story that has', 'stories that have')} arrived since: {named}"
    return Problem(str(draft.file), what, f"`digest draft --{fresh.cadence} --add` adds them; else the next has them")


def on_its_way(database: Database, edition: str) -> Problem | None:
    """That an edition was frozen already, so that no draft of it is used any more; None where it was not."""
    record = database.editions.get(edition)
    if record is None:
        return None
    what = "it was sent" if record.state == "sent" else "it was given up" if record.finished_at else "it is on its way"
    step = f"`digest status {edition}` shows what became of it"
    return Problem(edition, f"{what} already, and a change of its draft reaches nobody", step)


def require_open(database: Database, edition: str) -> None:
    """Refuse an edition that was frozen already. Raises DraftError."""
    if problem := on_its_way(database, edition):
        raise DraftError(problem.message, location=problem.location, hint=problem.hint)


def options_of(composition: Composition) -> str:
    """The options that name an edition to a command: `--daily`, with its date if it is not today's."""
    date_of = f" --date {composition.day}" if composition.day != today(composition) else ""
    return f"--{composition.cadence}{date_of}"


def today(composition: Composition) -> date:
    """The day it is where the publication is, of the moment of a composition."""
    return composition.now.astimezone(ZoneInfo(composition.config.publication.timezone)).date()
