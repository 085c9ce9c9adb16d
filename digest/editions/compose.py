"""Compose an edition from the sources: fetch them all and choose the stories of the window."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from threading import Lock

from digest import editorial, sources
from digest.config import Config
from digest.core.text import format_count
from digest.editions.composition import Composition
from digest.errors import ConfigError, SourceError
from digest.models import Cadence, FetchResult, FirstSeen, StoredDocument, Window
from digest.storage import Database, FetchRecord

logger = logging.getLogger(__name__)


def compose_from_sources(
    config: Config, database: Database, cadence: Cadence, now: datetime, *, remember: bool = False
) -> Composition:
    """Fetch every source and choose the stories of the window.

    The window of a source that failed in the last edition's run stays open from where it was; a new source gets the
    window of a first run. `remember`, for runs that send, stores what was learnt about the sources.

    Raises:
        ConfigError: no sources are configured.
        SourceError: every source failed.
    """
    if not config.sources:
        raise ConfigError(
            "no sources are configured", location=str(config.file), hint="add a [[sources]] table with a feed or folder"
        )
    windows = _Windows(config, database, cadence, now)
    results = _fetch(config, database, windows, now)
    first_seen, records = _find_first_seen(database, results, now)
    if remember:
        database.sources.save(records, (document for result in results for document in result.fetched), now)
    failures = [result.failed for result in results if result.failed]
    if len(failures) == len(results):
        listed = " | ".join(map(str, failures))
        raise SourceError(
            listed if len(failures) == 1 else f"none of the {len(failures)} sources could be read: {listed}"
        )
    windows_by_source = {result.source.name: windows.for_source(result.source.name) for result in results}
    selection = editorial.select(
        results,
        windows_by_source,
        now=now,
        already_sent=database.sent_editions.find_articles(cadence, first_seen),
        first_seen=first_seen,
        timezone=config.publication.timezone,
    )
    logger.info(
        "composed from %s: %s",
        format_count(len(results) - len(failures), "source", "sources"),
        format_count(len(selection.stories), "story", "stories"),
        extra={"cadence": cadence, "sources": len(results), "failed": len(failures), "stories": len(selection.stories)},
    )
    return Composition(
        config=config,
        cadence=cadence,
        now=now,
        window=windows.for_edition(database.sent_editions.find_last_window_end(cadence)),
        windows=windows_by_source,
        results=results,
        selection=selection,
    )


def _fetch(config: Config, database: Database, windows: _Windows, now: datetime) -> list[FetchResult]:
    """Fetch every source, as far back as its window goes."""
    one_at_a_time = Lock()

    def load_stored(url: str) -> StoredDocument | None:
        with one_at_a_time:  # sources are fetched in threads, and an in-memory database has one connection
            return database.sources.get_document(url)

    return sources.read_sources(
        config.sources,
        now=now,
        timezone=config.publication.timezone,
        base_url=config.publication.url,
        since={source.name: windows.for_source(source.name).start for source in config.sources},
        stored=load_stored,
    )


class _Windows:
    """Where the window of each source and of the whole edition begins."""

    def __init__(self, config: Config, database: Database, cadence: Cadence, now: datetime) -> None:
        self._states = database.sent_editions.find_last_sources(cadence)
        self._first_unsent = database.sent_editions.find_first_unsent_start(cadence)
        self._window_since = partial(editorial.compute_window, cadence, now, config.publication.timezone)

    def for_source(self, source: str) -> Window:
        state = self._states.get(source)
        return self._window_since(state.next_start if state else self._first_unsent)

    def for_edition(self, last_end: datetime | None) -> Window:
        return self._window_since(last_end or self._first_unsent)


def _find_first_seen(
    database: Database, results: Sequence[FetchResult], now: datetime
) -> tuple[dict[str, FirstSeen], list[FetchRecord]]:
    """Return when each article was first seen, by identity, and what to store about this fetch of the sources."""
    identities = {editorial.identify(article) for result in results for article in result.articles}
    first_seen = database.sources.find_first_seen(identities)
    states = database.sources.get_states()
    records = []
    for result in results:
        state = states.get(result.source.name)
        new = {}
        for article in result.articles:
            identity = editorial.identify(article)
            if identity not in first_seen:
                new[identity] = first_seen[identity] = editorial.make_first_seen(
                    article, state.read_at if state else None, state.oldest_seen if state else None, now
                )
        dates = [article.published for article in result.articles if article.published]
        failure = str(result.failed) if result.failed else ""
        records.append(FetchRecord(result.source.name, failure, min(dates, default=None), new))
    return first_seen, records
