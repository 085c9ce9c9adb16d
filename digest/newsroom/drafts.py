"""Drafts of editions: made from what the sources have, composed from in their stead, added to, and approved."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from digest import drafts, editorial, render
from digest.config import Config
from digest.drafts import Approval, Contents, Draft, Edits, Reading
from digest.errors import DraftChangedError, DraftError
from digest.ledger import Ledger
from digest.models import Article, Cadence, Harvest, Problem, Segment, Source
from digest.newsroom.compose import Composition, compose, edition_id
from digest.newsroom.report import count_of


@dataclass(frozen=True, slots=True)
class Drafted:
    """What `digest draft` came to: the file, whether it was made or changed, and the stories it lacks or was given."""

    file: Path
    note: str
    new: Sequence[Article]
    problems: Sequence[Problem]


def path_of(config: Config, edition: str) -> Path:
    """Where the draft of an edition is, or would be: `editions/2026-11-23-daily.toml` beside digest.toml."""
    return config.file.parent / "editions" / f"{edition}.toml"


def load(config: Config, edition: str) -> Draft | None:
    """The draft of an edition, None where there is none. Raises DraftError for one that cannot be used."""
    return drafts.read(path_of(config, edition), config.file.parent)


def composed(
    config: Config, ledger: Ledger, cadence: Cadence, now: datetime, edition: str, *, remember: bool = False
) -> Composition:
    """An edition as a send or a preview takes it: from its draft where there is one, else from the sources.

    Raises:
        DraftError: there is a draft, and it cannot be used.
        ConfigError, SourceError: as for `compose`.
    """
    draft = load(config, edition)
    return of_draft(config, cadence, now, draft) if draft else compose(config, ledger, cadence, now, remember=remember)


def of_draft(config: Config, cadence: Cadence, now: datetime, draft: Draft) -> Composition:
    """The composition of a draft: its stories, and the windows of when it was made; what came later is for the next."""

    def harvest(reading: Reading) -> Harvest:
        what = f"{reading.failed} (when the draft was made)"
        failed = Problem(reading.source, what, "what it has goes into the next edition") if reading.failed else None
        return Harvest(Source("", reading.source), failed=failed)

    return Composition(
        config=config,
        cadence=cadence,
        now=now,
        window=draft.window,
        windows={reading.source: reading.window for reading in draft.readings},
        harvests=tuple(map(harvest, draft.readings)),
        selection=editorial.Selection(draft.stories, draft.copies),
        dated=date.fromisoformat(draft.file.stem[:10]),
        draft=draft,
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
    what = f"not in it: {count_of(len(new), 'story that has', 'stories that have')} arrived since: {named}"
    return Problem(str(draft.file), what, f"`digest draft --{fresh.cadence} --add` adds them; else the next has them")


def require_approval(composition: Composition, edition: str) -> None:
    """Refuse an edition that is to be approved and is not.

    Raises:
        DraftError: there is no draft, nobody approved it, or it was changed since.
    """
    if problem := unapproved(composition, edition):
        raise DraftError(problem.what, where=problem.where, next_step=problem.next_step)


def unapproved(composition: Composition, edition: str) -> Problem | None:
    """Why a send would wait for an approval, None where it would not."""
    config, cadence, draft = composition.config, composition.cadence, composition.draft
    if config.schedules[cadence].approval != "required" or (draft and draft.approved):
        return None
    approve = f"read it with `digest preview --{cadence}`, then `digest approve --{cadence}`"
    where = str(path_of(config, edition))
    if draft is None:
        return Problem(where, "no draft to approve", f"`digest draft --{cadence}` makes it; {approve}")
    if draft.approval is None:
        return Problem(where, "nobody has approved it", approve)
    what = f"changed since {draft.approval.by} approved it at {draft.approval.at:%d %b %H:%M} UTC"
    return Problem(where, what, approve)


def on_its_way(ledger: Ledger, edition: str) -> Problem | None:
    """That an edition was frozen already, so that no draft of it is used any more; None where it was not."""
    if ledger.edition(edition) is None:
        return None
    step = f"`digest status {edition}` shows how far it is"
    return Problem(edition, "it is on its way already, and a change of its draft reaches nobody", step)


# --- what people do with one ------------------------------------------------------------------------------------------


def make(
    config: Config,
    cadence: Cadence,
    now: datetime,
    day: date | None = None,
    *,
    add: bool = False,
    fresh: bool = False,
) -> Drafted:
    """Write the draft of the edition of this moment; one that is there stays as its editors have it.

    Args:
        config: The newsroom.
        cadence: Which edition.
        now: The moment.
        day: The edition's, if not today: with local_time tomorrow's begins today where the day begins.
        add: Add the stories that have arrived to a draft that is there.
        fresh: Make it anew; the old one is kept beside it as `.toml.old`.

    Raises:
        DraftError: the edition is on its way already, or the file cannot be read or written.
        LockedError: a run is at work.
        DigestError: as for composing.
    """
    edition = edition_id(config, cadence, now, day)
    file, folder = path_of(config, edition), config.file.parent
    with Ledger.open(config.database_url, config.secrets.secret_key) as ledger, ledger.lock():
        if problem := on_its_way(ledger, edition):
            raise DraftError(problem.what, where=problem.where, next_step=problem.next_step)
        draft = None if fresh else load(config, edition)
        composition = replace(compose(config, ledger, cadence, now, remember=True), dated=day)
        problems = composition.problems
        contents = _contents(composition)
        if draft is None:
            if contents is None:
                return Drafted(file, f"{composition.no_news}, no draft made", (), problems)
            if file.exists():
                _write(file.with_suffix(".toml.old"), _text(file))
            what = f"The {cadence} edition of {composition.day:%-d %B %Y}"
            _write(file, drafts.written(contents, what, cadence, now, folder))
            counts = _counts(contents, composition)
            step = f"edit it, see it with `digest preview --{cadence}`; `digest send --{cadence}` sends it"
            return Drafted(file, f"{counts}; {step}", (), problems)
        new = not_in(draft, composition)
        if not (add and new):
            note = "there already" + ("; not in it:" if new else ", and nothing new since")
            return Drafted(file, note, new, problems)
        assert contents is not None, "a composition with new stories has some"
        wanted = set(map(editorial.identify, new))
        filed = [
            (name, story)
            for name, stories in contents.sections
            for story in stories
            if editorial.identify(story) in wanted
        ]
        _write(file, drafts.with_stories(_text(file), contents, filed, now, folder))
        return Drafted(file, f"added {count_of(len(filed), 'story', 'stories')}:", new, problems)


def save(config: Config, edition: str, edits: Edits, version: str) -> Draft:
    """Write an editor's changes into a draft; what they did not change stays as it is, comments included.

    Args:
        config: The newsroom.
        edition: Its id.
        edits: All that is to be in it; a story they do not name stays, hidden.
        version: That of the draft they began with.

    Raises:
        DraftChangedError: somebody else saved it since.
        DraftError: there is no draft, or it would not be one any more.
    """
    file, folder = path_of(config, edition), config.file.parent
    text = _text(file)
    if drafts.version_of(text) != version:
        raise DraftChangedError(
            "somebody else saved this draft since", where=str(file), next_step="look at theirs, then save yours again"
        )
    changed = drafts.with_edits(text, edits, file, folder)
    draft = drafts.parsed(changed, file, folder)  # before it is written: what cannot be read is not saved
    _write(file, changed)
    return draft


def approve(config: Config, cadence: Cadence, now: datetime, by: str, day: date | None = None) -> Draft:
    """Write into a draft that somebody approves it as it is.

    Raises:
        DraftError: there is none, it cannot be read or written, or the edition is on its way already.
    """
    edition = edition_id(config, cadence, now, day)
    draft = load(config, edition)
    with Ledger.open_to_read(config.database_url) as ledger:
        if problem := on_its_way(ledger, edition):
            raise DraftError(problem.what, where=problem.where, next_step=problem.next_step)
    if draft is None:
        where = str(path_of(config, edition))
        raise DraftError("no draft to approve", where=where, next_step=f"`digest draft --{cadence}` makes it")
    approval = Approval(by, now.replace(microsecond=0), draft.content)
    _write(draft.file, drafts.with_approval(_text(draft.file), approval))
    return replace(draft, approval=approval)


def _contents(composition: Composition) -> Contents | None:
    """What a draft of a composition has; None when there is no news."""
    whole = composition.edition(Segment())
    if whole is None:
        return None
    schedule = composition.config.schedules[composition.cadence]
    lead = editorial.identify(whole.lead)

    def as_shown(story: Article) -> Article:
        shown = "lead" if editorial.identify(story) == lead else "brief" if schedule.layout == "brief" else "card"
        return replace(story, summary=render.opening(story.summary, render.EXCERPTS[shown]))

    return Contents(
        subject=schedule.subject,
        preheader=schedule.preheader,
        lead=whole.lead,
        sections=[
            (section.name, list(map(as_shown, section.articles)))
            for section in editorial.sections_of(composition.selection.stories, composition.rules)
        ],
        window=composition.window,
        readings=[
            Reading(
                harvest.source.name,
                composition.windows[harvest.source.name],
                str(harvest.failed.what) if harvest.failed else "",
            )
            for harvest in composition.harvests
        ],
        copies=[left for left in composition.selection.left_out if left.same_as],
    )


def _counts(contents: Contents, composition: Composition) -> str:
    stories = sum(len(stories) for _, stories in contents.sections)
    sections = count_of(len(contents.sections), "section", "sections")
    whole = composition.edition(Segment())
    shown = len(whole.articles) if whole else 0
    limits = f", {shown} of them within the limits" if shown < stories else ""
    return f"{count_of(stories, 'story', 'stories')} in {sections}{limits}"


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")  # to the byte: the version is a hash of it
    except OSError as error:
        raise DraftError(f"cannot be read: {error.strerror}", where=str(file)) from None


def _write(file: Path, text: str) -> None:
    """Write the whole of it or nothing: an editor may have the old one open, a send may read it this moment."""
    try:
        file.parent.mkdir(exist_ok=True)
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="", dir=file.parent, prefix=".draft-", delete=False
        ) as new:
            new.write(text)
        Path(new.name).chmod(0o644)
        Path(new.name).replace(file)
    except OSError as error:
        raise DraftError(f"cannot be written: {error.strerror}", where=str(file)) from None
