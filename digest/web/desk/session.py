"""The edition that editors have open, read from its files and read again whenever one of them changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from threading import RLock
from time import monotonic

from digest import config, subscribers
from digest.config import Config
from digest.drafts import Edits
from digest.editions.composition import Composition
from digest.editions.from_draft import check_editable, compose_from_draft, find_new_stories, load_draft
from digest.editions.naming import draft_path, edition_id
from digest.errors import DigestError, DraftError, SourceError
from digest.inspection.preview import Preview, find_config_problems, with_latest_stories, with_preview_secret
from digest.models import Cadence, Problem
from digest.storage import Database
from digest.web.desk.edition_state import EditionState
from digest.web.desk.fingerprint import fingerprint, source_paths
from digest.web.desk.previews import PreviewCache
from digest.web.desk.readers import Readers, read_readers
from digest.web.desk.source_cache import FetchedSources, SourceCache

_RETRY_AFTER = 2.0
"""Seconds after which what could not be read is read again although no file has changed: a lock may be gone by then."""


class EditorSession:
    """One cadence's current edition of a newsroom. Thread-safe."""

    def __init__(
        self, file: Path, cadence: Cadence, clock: Callable[[Config], datetime], day: date | None = None
    ) -> None:
        """`clock` returns the moment that decides which edition this is; `day` is the edition's, if not that moment's.

        Raises:
            DigestError: the edition cannot be read, and there is no earlier state to show.
        """
        self._file = file
        self.cadence: Cadence = cadence
        self.now = clock
        self.day = day
        self._lock = RLock()
        self._sources = SourceCache(cadence)
        self._previews = PreviewCache()
        self._readers: tuple[object, Readers] | None = None
        self._failed_at = 0.0
        loaded = config.load(file)
        self._state = self._read(loaded, self._revision(loaded))

    def state(self) -> EditionState:
        """Return the edition as its files have it now; if they cannot be read, the state before, with the error."""
        with self._lock:
            revision = self._state.revision.partition("!")[0]
            can_retry = bool(self._state.error) and monotonic() - self._failed_at > _RETRY_AFTER
            if can_retry or self._revision(self._state.config) != revision:
                self._read_again()
            return self._state

    def preview(self, reader: str = "", segment: str = "", edits: Edits | None = None) -> tuple[EditionState, Preview]:
        """Return the edition, and what a reader or segment gets of it; see `PreviewCache.get`."""
        state = self.state()
        return state, self._previews.get(state, reader, segment, edits)

    def refresh_sources(self) -> None:
        """Fetch the sources again. Until they have answered, others go on with what was there before."""
        with self._lock:
            loaded = with_preview_secret(self._state.config)
        fetched = self._sources.fetch(loaded, self.now(loaded))
        with self._lock:
            self._sources.refresh(fetched)

    def require_current(self, edition: str) -> EditionState:
        """Return the current state, if a page of this edition is still about the current edition.

        Raises:
            DraftError: another day has begun.
        """
        state = self.state()
        if edition != state.edition:
            raise DraftError(
                f"this page shows {edition}, but the current edition is {state.edition}",
                hint="save, then reload the page",
            )
        return state

    def _read_again(self) -> None:
        try:
            loaded = config.load(self._file)
            # The revision is taken before the files are read: if one changes meanwhile, all are read once more.
            self._state = self._read(loaded, self._revision(loaded))
        except DigestError as error:
            self._failed_at = monotonic()
            message = str(error)
            mark = sha256(message.encode("utf-8", "replace")).hexdigest()[:8]
            self._state = replace(self._state, revision=f"{self._revision(self._state.config)}!{mark}", error=message)

    def _read(self, loaded: Config, revision: str) -> EditionState:
        now = self.now(loaded)
        edition = edition_id(loaded, self.cadence, now, self.day)
        draft = load_draft(loaded, edition)
        with_secret = with_preview_secret(loaded)
        fetched = self._sources.current(with_secret, now)
        fresh = self._dated(fetched, with_secret, now)
        with Database.read_for(loaded) as database:
            closed = check_editable(database, edition)
            if draft:
                notices = list[Problem]()
                composition = compose_from_draft(with_secret, database, self.cadence, now, draft)
            elif fresh:
                composition, notices = with_latest_stories(fresh)
            else:
                raise SourceError(fetched.error)
            readers = self._read_readers(loaded, database, composition.day)
        if fetched.error:
            notices.append(Problem("sources", fetched.error))
        return EditionState(
            revision=revision,
            config=loaded,
            edition=edition,
            composition=composition,
            draft=draft,
            closed=closed.message if closed else "",
            new_stories=tuple(find_new_stories(draft, fresh)) if draft and fresh else (),
            notices=(*find_config_problems(loaded), *notices, *composition.problems, *readers.problems),
            readers=readers,
        )

    def _dated(self, fetched: FetchedSources, loaded: Config, now: datetime) -> Composition | None:
        """Return what was fetched, with the current configuration and at the current moment."""
        return fetched.composition and replace(fetched.composition, config=loaded, now=now, fixed_day=self.day)

    def _read_readers(self, loaded: Config, database: Database, day: date) -> Readers:
        """Read the subscribers again only if they have changed or another day has begun."""
        store = subscribers.open_store(loaded, database, self.now(loaded))
        origin = (store.location, store.revision(), day)
        if self._readers is None or self._readers[0] != origin:
            self._readers = origin, read_readers(loaded, store, self.cadence, day)
        return self._readers[1]

    def _revision(self, loaded: Config) -> str:
        """Derive the revision from files, the edition's state, subscribers, and how often sources were fetched."""
        edition = edition_id(loaded, self.cadence, self.now(loaded), self.day)
        files = [self._file, draft_path(loaded, edition), loaded.templates]
        try:
            with Database.read_for(loaded) as database:
                record = database.editions.get(edition)
                state = record.state if record else ""
                readers = subscribers.open_store(loaded, database, self.now(loaded)).revision()
        except DigestError:  # reported when the edition is read
            state = readers = ""
        origin = fingerprint([*files, *source_paths(loaded)]), state, readers, self._sources.refreshes
        return f"{edition}:{sha256(repr(origin).encode()).hexdigest()[:16]}"
