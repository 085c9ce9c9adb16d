"""What the desk knows: the edition as it is on disk now, read again whenever a file of it changes."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from threading import RLock
from time import monotonic

from digest import config, drafts, subscribers
from digest.config import Config
from digest.drafts import Draft, Edits
from digest.editions.compose import compose_from_sources
from digest.editions.composition import Composition
from digest.editions.from_draft import check_editable, compose_from_draft, find_new_stories, load_draft
from digest.editions.naming import draft_path, edition_id
from digest.editions.recipients import assign_segment
from digest.errors import DigestError, DraftError, SourceError, UsageError
from digest.inspection.preview import (
    ANYONE,
    Preview,
    find_config_problems,
    preview_for,
    with_latest_stories,
    with_preview_secret,
)
from digest.models import Article, Cadence, Problem, Segment, Subscriber
from digest.storage import Database

_FOUND = 20
"""Readers that a search names at most."""
_ROWS = 3
"""Wrong rows of the list that are told one by one."""
_AGAIN = 2.0
"""Seconds after which what could not be read is tried again, though no file has changed: a lock may be gone by then."""
_KEPT = 12
"""Renderings that are kept: a few readers', with and without what an editor is just writing."""

Stamps = tuple[tuple[str, int, int], ...]


@dataclass(frozen=True)
class Readers:
    """The list of subscribers as the desk needs it; `segments` are of this edition, the largest first."""

    stamps: Stamps
    people: dict[str, Subscriber]
    problems: tuple[Problem, ...]
    segments: tuple[tuple[Segment, int], ...]


@dataclass(frozen=True)
class Look:
    """The edition at one moment. `stamp` changes with it; `error` is why it is not what the files say now.

    `config` is the newsroom's as it is; `composition` has one that renders without a secret too.
    """

    stamp: str
    config: Config
    edition: str
    composition: Composition
    draft: Draft | None
    closed: str
    """Why a change of the draft reaches nobody any more, empty while it does."""
    new: tuple[Article, ...]
    """Stories that have come since the draft was made."""
    notices: tuple[Problem, ...]
    readers: Readers
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
        self.clock = clock
        self.day = day
        self._lock = RLock()
        self._fresh: Composition | None = None
        self._fresh_of: object = None
        self._no_source = ""
        self._readings = 0
        self._readers: Readers | None = None
        self._failed_at = 0.0
        self._previews: OrderedDict[object, Preview] = OrderedDict()
        loaded = config.load(file)
        self._look = self._read(loaded, self._stamp(loaded))

    # --- what is on disk ----------------------------------------------------------------------------------------------

    def look(self) -> Look:
        """The edition as the files have it now; what cannot be read is an error beside what was there before."""
        with self._lock:
            known = self._look.stamp.partition("!")[0]
            again = bool(self._look.error) and monotonic() - self._failed_at > _AGAIN
            if again or self._stamp(self._look.config) != known:
                self._look_again()
            return self._look

    def _look_again(self) -> None:
        try:
            loaded = config.load(self._file)
            # Before the files are read: one that changes meanwhile has another stamp then, and is read once more.
            self._look = self._read(loaded, self._stamp(loaded))
        except DigestError as error:
            self._failed_at = monotonic()
            told = str(error)
            mark = sha256(told.encode("utf-8", "replace")).hexdigest()[:8]
            self._look = replace(self._look, stamp=f"{self._stamp(self._look.config)}!{mark}", error=told)

    def read_sources(self) -> None:
        """Ask the sources again. Everybody else goes on with what was there until they have answered."""
        with self._lock:
            loaded = with_preview_secret(self._look.config)
        fresh, trouble = self._asked(loaded, self.clock(loaded))
        with self._lock:
            self._readings += 1
            self._fresh, self._no_source = fresh, trouble
            self._fresh_of = self._reading_of(loaded)

    def _read(self, loaded: Config, stamp: str) -> Look:
        shown = with_preview_secret(loaded)
        now = self.clock(loaded)
        edition = edition_id(loaded, self.cadence, now, self.day)
        draft = load_draft(loaded, edition)
        fresh = self._read_fresh(shown, now, needed=draft is None)
        with Database.open_to_read(loaded.database_url) as database:
            closed = check_editable(database, edition)
            if draft:
                composition, notices = compose_from_draft(shown, database, self.cadence, now, draft), list[Problem]()
            else:
                assert fresh is not None, "without a draft a failure to read is raised"
                composition, notices = with_latest_stories(fresh)
        if self._no_source:
            notices.append(Problem("sources", self._no_source))
        readers = self._read_readers(loaded, composition)
        return Look(
            stamp=stamp,
            config=loaded,
            edition=edition,
            composition=composition,
            draft=draft,
            closed=closed.message if closed else "",
            new=tuple(find_new_stories(draft, fresh)) if draft and fresh else (),
            notices=(*find_config_problems(loaded), *notices, *composition.problems, *readers.problems),
            readers=readers,
        )

    def _read_fresh(self, loaded: Config, now: datetime, *, needed: bool) -> Composition | None:
        """What the sources have; they are asked again only if they, or their files, are others now."""
        asked = self._reading_of(loaded)
        if asked != self._fresh_of:
            self._fresh, self._no_source = self._asked(loaded, now)
            self._fresh_of = asked
        if self._fresh is None and needed:
            raise SourceError(self._no_source)
        return self._fresh and replace(self._fresh, config=loaded, now=now, fixed_day=self.day)

    def _asked(self, loaded: Config, now: datetime) -> tuple[Composition | None, str]:
        """What the sources have, or why they cannot be read."""
        try:
            with Database.open_to_read(loaded.database_url) as database:
                return compose_from_sources(loaded, database, self.cadence, now), ""
        except SourceError as error:
            return None, str(error)

    def _reading_of(self, loaded: Config) -> object:
        return loaded.sources, _stamps(_sources_of(loaded)), self._readings

    def _stamp(self, loaded: Config) -> str:
        """What every file of the edition was last written at and how large it is, and whether it is on its way."""
        edition = edition_id(loaded, self.cadence, self.clock(loaded), self.day)
        files = [self._file, draft_path(loaded, edition), loaded.audience.subscribers, loaded.templates]
        seen = _stamps([*files, *_sources_of(loaded)])
        try:
            with Database.open_to_read(loaded.database_url) as database:
                record = database.editions.get(edition)
        except DigestError:  # told when the ledger is read
            record = None
        known = (seen, record.state if record else "", self._readings)
        return f"{edition}:{sha256(repr(known).encode()).hexdigest()[:16]}"

    def _read_readers(self, loaded: Config, composition: Composition) -> Readers:
        """The list, read again when it is another file, or another day."""
        stamps = (*_stamps([loaded.audience.subscribers]), (str(composition.day), 0, 0))
        if self._readers and self._readers.stamps == stamps:
            return self._readers
        people: dict[str, Subscriber] = {}
        wrong: list[Problem] = []
        counts: Counter[Segment] = Counter()
        for row in subscribers.open_store(loaded).read():
            if isinstance(row, Problem):
                wrong.append(row)
                continue
            people.setdefault(row.email, row)
            if subscribers.wants(row, self.cadence, composition.day):
                counts[assign_segment(loaded, row)] += 1
        told = wrong[:_ROWS]
        if more := len(wrong) - len(told):
            told.append(
                Problem(str(loaded.audience.subscribers), f"{more} more rows are wrong", "`digest check` names them")
            )
        self._readers = Readers(stamps, people, tuple(told), tuple(counts.most_common()))
        return self._readers

    # --- what a reader gets -------------------------------------------------------------------------------------------

    def preview(self, reader: str = "", segment: str = "", edits: Edits | None = None) -> tuple[Look, Preview]:
        """The edition as a reader, or the readers of a segment (by its key), get it; with `edits`, if they were saved.

        Raises:
            UsageError: there is no such reader.
            TemplateError: a template is broken.
            DraftError: the edits cannot be.
        """
        with self._lock:
            look = self.look()
            asked = (look.stamp, reader, segment, edits)
            if asked not in self._previews:
                self._previews[asked] = self._previewed(look, reader, segment, edits)
                while len(self._previews) > _KEPT:
                    self._previews.popitem(last=False)
            return look, self._previews[asked]

    def _previewed(self, look: Look, reader: str, segment: str, edits: Edits | None) -> Preview:
        composition = look.composition
        if edits and look.draft:
            file, folder = look.draft.file, look.config.file.parent
            text = drafts.read_text(file) or ""
            draft = drafts.parse_draft(drafts.apply_edits(text, edits, file, folder), file, folder)
            with Database.open_to_read(look.config.database_url) as database:
                composition = compose_from_draft(composition.config, database, self.cadence, composition.now, draft)
        if not reader:
            chosen = next((known for known, _ in look.readers.segments if known.key == segment), Segment())
            person = replace(ANYONE, categories=chosen.categories, language=chosen.language)
            return preview_for(composition, person)
        found = look.readers.people.get(reader)
        if found is None:
            raise UsageError(f"{reader} is not among the subscribers")
        notices: Sequence[Problem] = ()
        if not subscribers.wants(found, self.cadence, composition.day):
            chosen_cadence = found.status if found.status != "active" else found.cadence
            notices = [Problem(reader, f"does not get this edition: {chosen_cadence}")]
        return preview_for(composition, found, notices)

    def reader_of(self, segment: str) -> str:
        """The address of some reader of a segment, by its key; empty for that of everyone who chose nothing.

        Raises:
            UsageError: nobody is in it any more.
        """
        look = self.look()
        if not segment:
            return ""
        people = look.readers.people.values()
        found = next((one.email for one in people if assign_segment(look.config, one).key == segment), "")
        if not found:
            raise UsageError("nobody is in this segment any more", hint="choose another")
        return found

    def search(self, words: str) -> list[Subscriber]:
        """Readers whose address or name holds the words."""
        wanted = words.casefold().strip()
        found = []
        for one in self.look().readers.people.values():
            if wanted in one.email or wanted in one.name.casefold():
                found.append(one)
                if len(found) == _FOUND:
                    break
        return found

    def require_same(self, edition: str) -> Look:
        """The edition as it is now, if it is the one a page was made for.

        Raises:
            DraftError: it is another day by now.
        """
        look = self.look()
        if edition != look.edition:
            what = f"this page is of {edition}, and the desk is at {look.edition} by now"
            raise DraftError(what, hint="save, then load the page again")
        return look


def _sources_of(loaded: Config) -> list[Path]:
    """The files and folders that sources on this machine are in."""
    return [source.path for source in loaded.sources if source.path]


def _stamps(paths: list[Path]) -> Stamps:
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
