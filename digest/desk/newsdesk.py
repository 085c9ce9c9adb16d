"""What the desk knows: the edition as it is on disk now, read again whenever a file of it changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from threading import RLock

from digest import audience, config
from digest.config import Config
from digest.drafts import Draft
from digest.errors import DigestError, SourceError
from digest.ledger import Ledger
from digest.models import Article, Cadence, Problem, Segment, Subscriber
from digest.newsroom.compose import Composition, compose, edition_id, segment_of
from digest.newsroom.drafts import load, not_in, of_draft, on_its_way, path_of, unapproved
from digest.newsroom.preview import ANYONE, Preview, find, or_the_latest, shown_to, why_unsendable, with_a_secret

_FOUND = 20
"""Readers that a search names at most."""


@dataclass(frozen=True)
class Look:
    """The edition at one moment. `stamp` changes with it; `error` is why it is not what the files say now."""

    stamp: str
    config: Config
    edition: str
    composition: Composition
    draft: Draft | None
    new: tuple[Article, ...]
    """Stories that have come since the draft was made."""
    notices: tuple[Problem, ...]
    segments: tuple[tuple[Segment, int], ...]
    """Each with how many readers it has, the largest first."""
    error: str = ""


class Newsdesk:
    """One cadence's edition of a newsroom. Thread-safe."""

    def __init__(
        self, file: Path, cadence: Cadence, clock: Callable[[Config], datetime], day: date | None = None
    ) -> None:
        """`clock` gives the moment the edition is of, `day` its day if that is another.

        Raises DigestError where there is nothing to show at all.
        """
        self._file = file
        self.cadence: Cadence = cadence
        self._clock = clock
        self.day = day
        self._lock = RLock()
        self._fresh: Composition | None = None
        self._fresh_of: object = None
        self._no_source = ""
        self._readings = 0
        self._look = self._read(config.load(file), "")
        self._look = replace(self._look, stamp=self._stamp())
        self._preview = lru_cache(maxsize=6)(self._previewed)

    # --- what is on disk ----------------------------------------------------------------------------------------------

    def look(self) -> Look:
        """The edition as the files have it now; what cannot be read is an error beside what was there before."""
        with self._lock:
            stamp = self._stamp()
            if stamp != self._look.stamp:
                try:
                    self._look = self._read(config.load(self._file), stamp)
                except DigestError as error:
                    self._look = replace(self._look, stamp=stamp, error=str(error))
            return self._look

    def read_sources(self) -> None:
        """Ask the sources again, once something looks."""
        with self._lock:
            self._readings += 1

    def _read(self, loaded: Config, stamp: str) -> Look:
        loaded = with_a_secret(loaded)
        now = self._clock(loaded)
        edition = edition_id(loaded, self.cadence, now, self.day)
        draft = load(loaded, edition)
        fresh = self._read_fresh(loaded, now, needed=draft is None)
        if draft:
            composition = of_draft(loaded, Ledger.open_to_read(loaded.database_url), self.cadence, now, draft)
            with Ledger.open_to_read(loaded.database_url) as ledger:
                notices = list(filter(None, [on_its_way(ledger, edition)]))
        else:
            assert fresh is not None, "without a draft a failure to read is raised"
            composition, notices = or_the_latest(fresh)
        if self._no_source:
            notices.append(Problem("sources", self._no_source))
        if waits := unapproved(composition, edition):
            notices.append(waits)
        return Look(
            stamp=stamp,
            config=loaded,
            edition=edition,
            composition=composition,
            draft=draft,
            new=tuple(not_in(draft, fresh)) if draft and fresh else (),
            notices=(*why_unsendable(loaded), *notices, *composition.problems),
            segments=tuple(self._segments(loaded, composition)),
        )

    def _read_fresh(self, loaded: Config, now: datetime, *, needed: bool) -> Composition | None:
        """What the sources have; they are asked again only if they, or their files, are others now."""
        asked = (loaded.sources, _stamps(_sources_of(loaded)), self._readings)
        if asked != self._fresh_of:
            self._no_source = ""
            try:
                with Ledger.open_to_read(loaded.database_url) as ledger:
                    self._fresh = compose(loaded, ledger, self.cadence, now)
            except SourceError as error:
                self._fresh, self._no_source = None, str(error)
                if needed:
                    raise
            self._fresh_of = asked
        if self._fresh is None and needed:
            raise SourceError(self._no_source)
        return self._fresh and replace(self._fresh, config=loaded, now=now, dated=self.day)

    def _stamp(self) -> str:
        """What every file of the edition was last written at, and how large it is."""
        look = getattr(self, "_look", None)
        files, edition = [self._file], ""
        if look:
            loaded = look.config
            edition = edition_id(loaded, self.cadence, self._clock(loaded), self.day)
            files += [path_of(loaded, edition), loaded.audience.subscribers, *_sources_of(loaded)]
            files += [loaded.templates] if loaded.templates else []
        return f"{edition}:{self._readings}:{hash(_stamps(files)):x}"

    def _segments(self, loaded: Config, composition: Composition) -> Iterator[tuple[Segment, int]]:
        counts: Counter[Segment] = Counter()
        for row in audience.read_subscribers(loaded.audience.subscribers):
            if isinstance(row, Subscriber) and audience.wants(row, self.cadence, composition.day):
                counts[segment_of(loaded, row)] += 1
        yield from counts.most_common()

    # --- what a reader gets -------------------------------------------------------------------------------------------

    def preview(self, reader: str = "", segment: str = "") -> tuple[Look, Preview]:
        """The edition as a reader, or the readers of a segment (by its key), get it.

        Raises:
            UsageError: there is no such reader.
            TemplateError: a template is broken.
        """
        look = self.look()
        return look, self._preview(look.stamp, reader, segment)

    def _previewed(self, _stamp: str, reader: str, segment: str) -> Preview:
        look = self._look
        if reader:
            return shown_to(look.composition, find(look.config, reader))
        chosen = next((known for known, _ in look.segments if known.key == segment), Segment())
        return shown_to(look.composition, replace(ANYONE, categories=chosen.categories, language=chosen.language))

    def reader_of(self, segment: str) -> str:
        """The address of some reader of a segment, by its key; empty for that of everyone who chose nothing."""
        loaded = self.look().config
        rows = audience.read_subscribers(loaded.audience.subscribers) if segment else ()
        readers = (row for row in rows if isinstance(row, Subscriber))
        return next((reader.email for reader in readers if segment_of(loaded, reader).key == segment), "")

    def search(self, words: str) -> list[Subscriber]:
        """Readers whose address or name holds the words."""
        wanted = words.casefold().strip()
        found = []
        for row in audience.read_subscribers(self.look().config.audience.subscribers):
            if isinstance(row, Subscriber) and wanted in f"{row.email} {row.name}".casefold():
                found.append(row)
                if len(found) == _FOUND:
                    break
        return found


def _sources_of(loaded: Config) -> list[Path]:
    """The files and folders that sources on this machine are in."""
    return [source.path for source in loaded.sources if source.path]


def _stamps(paths: list[Path]) -> tuple[tuple[str, int, int], ...]:
    """Name, moment of the last change and size of each file, those in folders too."""
    found = []
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            try:
                about = file.stat()
            except OSError:  # gone, or not made yet: which is a change too once it is there
                continue
            found.append((str(file), about.st_mtime_ns, about.st_size))
    return tuple(found)
