"""Drafts of editions: made from what the sources have, composed from in their stead, added to, and approved."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from digest import drafts, editorial, render
from digest.config import Config
from digest.drafts import Approval, Contents, Draft, Edits, Reading
from digest.errors import DraftChangedError, DraftError
from digest.ledger import Ledger
from digest.models import Article, Cadence, Harvest, Problem, Segment, Source
from digest.newsroom.compose import Composition, compose, edition_id
from digest.newsroom.report import count_of
from digest.replacing import Replacement

_PATIENCE = 10.0
"""Seconds to wait for somebody else who is writing a draft: that takes moments."""


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
    if draft is None:
        return compose(config, ledger, cadence, now, remember=remember)
    return of_draft(config, ledger, cadence, now, draft)


def of_draft(config: Config, ledger: Ledger, cadence: Cadence, now: datetime, draft: Draft) -> Composition:
    """The composition of a draft: its stories, and the windows of when it was made; what came later is for the next.

    A story that readers have had in another edition since is left out, and named.
    """
    sent = ledger.already_sent(cadence, list(map(editorial.identify, draft.stories)))
    sent = {identity: edition for identity, edition in sent.items() if edition != draft.file.stem}
    stories = tuple(story for story in draft.stories if editorial.identify(story) not in sent)

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
    if config.schedules[cadence].approval != "required":
        return None
    which = options_of(composition)
    approve = f"read it with `digest preview {which}`, then `digest approve {which}`"
    where = str(path_of(config, edition))
    if draft is None:
        return Problem(where, "no draft to approve", f"`digest draft {which}` makes it; {approve}")
    if draft.approval is None:
        return Problem(where, "nobody has approved it", approve)
    since = f"since {draft.approval.by} approved it at {moment_of(config, draft.approval.at)}"
    if not draft.approved:
        return Problem(where, f"changed {since}", approve)
    if draft.approval.newsroom != _around(config, cadence):
        return Problem(where, f"{config.file.name}, a template or the logo was changed {since}", approve)
    return None


def options_of(composition: Composition) -> str:
    """The options that name an edition to a command: `--daily`, with its date if it is not today's."""
    date_of = f" --date {composition.day}" if composition.day != _today(composition) else ""
    return f"--{composition.cadence}{date_of}"


def moment_of(config: Config, moment: datetime) -> str:
    """A moment by the newsroom's clock, in words."""
    return f"{moment.astimezone(ZoneInfo(config.publication.timezone)):%-d %b %H:%M}"


def _around(config: Config, cadence: Cadence) -> str:
    """A hash of what readers see of the newsroom besides the draft: who it says it is, its rules, templates, logos."""
    seen = sha256(repr((config.publication, config.schedules[cadence], config.sections, config.links)).encode())
    logos = [logo.file for logo in (config.publication.logo, config.publication.logo_dark) if logo and logo.file]
    templates = sorted(file for file in config.templates.rglob("*") if file.is_file())
    for file in (*templates, *logos):
        seen.update(f"\n{file.name}\n".encode())
        with suppress(OSError):  # one that cannot be read is told where it is needed
            seen.update(file.read_bytes())
    return seen.hexdigest()


def on_its_way(ledger: Ledger, edition: str) -> Problem | None:
    """That an edition was frozen already, so that no draft of it is used any more; None where it was not."""
    record = ledger.edition(edition)
    if record is None:
        return None
    what = "it was sent" if record.state == "sent" else "it was given up" if record.finished_at else "it is on its way"
    step = f"`digest status {edition}` shows what became of it"
    return Problem(edition, f"{what} already, and a change of its draft reaches nobody", step)


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
        DigestError: as for composing.
    """
    edition = edition_id(config, cadence, now, day)
    file, folder = path_of(config, edition), config.file.parent
    with Ledger.open(config.database_url, config.secrets.secret_key) as ledger:
        _require_open(ledger, edition)
        composition = replace(compose(config, ledger, cadence, now, remember=True), dated=day)
        with _alone(file):
            _require_open(ledger, edition)  # reading the sources took a while
            return _made(config, composition, edition, file, folder, add=add, fresh=fresh)


def _made(
    config: Config, composition: Composition, edition: str, file: Path, folder: Path, *, add: bool, fresh: bool
) -> Drafted:
    draft = None if fresh else load(config, edition)
    cadence, now, problems = composition.cadence, composition.now, composition.problems
    contents = _contents(composition)
    if draft is None:
        if contents is None:
            return Drafted(file, f"{composition.no_news}, no draft made", (), problems)
        if file.exists():
            _keep(file)
        what = f"The {cadence} edition of {composition.day:%-d %B %Y}"
        _write(file, drafts.written(contents, what, cadence, now, folder))
        which = options_of(composition)
        step = f"edit it, see it with `digest preview {which}`; `digest send --{cadence}` sends it"
        if composition.day != _today(composition):
            step += f" on {composition.day:%-d %B}"
        return Drafted(file, f"{_counts(contents, composition)}; {step}", (), problems)
    new = not_in(draft, composition)
    if not (add and new):
        note = "there already" + ("; not in it:" if new else ", and nothing new since")
        return Drafted(file, note, new, problems)
    assert contents is not None, "a composition with new stories has some"
    wanted = {editorial.identify(_named(story)) for story in new}
    filed = [
        (name, story) for name, stories in contents.sections for story in stories if editorial.identify(story) in wanted
    ]
    text = drafts.with_stories(_text(file), contents, filed, now, file)
    drafts.parsed(text, file, folder)  # before it is written: what cannot be read is not saved
    _write(file, text)
    return Drafted(file, f"added {count_of(len(filed), 'story', 'stories')}:", new, problems)


def save(config: Config, edition: str, edits: Edits, version: str) -> Draft:
    """Write an editor's changes into a draft; what they did not change stays as it is, comments included.

    Args:
        config: The newsroom.
        edition: Its id.
        edits: All that is to be in it; a story they do not name stays as it is.
        version: That of the draft they began with.

    Raises:
        DraftChangedError: somebody else saved it since.
        DraftError: there is no draft, it would not be one any more, or its edition is on its way already.
    """
    file, folder = path_of(config, edition), config.file.parent
    with Ledger.open_to_read(config.database_url) as ledger:
        _require_open(ledger, edition)
    with _alone(file):
        text = _text(file)
        _require_version(file, text, version)
        changed = drafts.with_edits(text, edits, file, folder)
        draft = drafts.parsed(changed, file, folder)  # before it is written: what cannot be read is not saved
        if changed != text:
            _write(file, changed)
    return draft


def approve(
    config: Config, cadence: Cadence, now: datetime, by: str, day: date | None = None, version: str = ""
) -> Draft:
    """Write into a draft that somebody approves it as it is, or as the `version` they read.

    Raises:
        DraftChangedError: it is another version by now.
        DraftError: there is none, it cannot be read or written, or the edition is on its way already.
    """
    edition = edition_id(config, cadence, now, day)
    file = path_of(config, edition)
    if not (by.strip() and by.isprintable()):
        raise DraftError("who approves it?", next_step="say it by a name that can be read")
    with Ledger.open_to_read(config.database_url) as ledger:
        _require_open(ledger, edition)
    if not file.exists():
        raise DraftError("no draft to approve", where=str(file), next_step=f"`digest draft --{cadence}` makes it")
    with _alone(file):
        text = _text(file)
        if version:
            _require_version(file, text, version)
        draft = drafts.parsed(text, file, config.file.parent)
        approval = Approval(by.strip(), now.replace(microsecond=0), draft.content, _around(config, cadence))
        _write(file, drafts.with_approval(text, approval))
    return replace(draft, approval=approval)


def _require_open(ledger: Ledger, edition: str) -> None:
    if problem := on_its_way(ledger, edition):
        raise DraftError(problem.what, where=problem.where, next_step=problem.next_step)


def _require_version(file: Path, text: str, version: str) -> None:
    if drafts.version_of(text) != version:
        raise DraftChangedError(
            "somebody else changed this draft since you read it", where=str(file), next_step="look at theirs first"
        )


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Hold the drafts of a newsroom, so that of two who change one at the same moment the later sees the earlier's."""
    from filelock import FileLock, Timeout

    try:
        file.parent.mkdir(exist_ok=True)
        lock = FileLock(file.parent / ".lock", timeout=_PATIENCE)
        with lock:
            yield
    except Timeout:
        raise DraftError("somebody else is writing it", where=str(file), next_step="try again in a moment") from None
    except OSError as error:
        raise DraftError(f"cannot be written: {error.strerror}", where=str(file)) from None


def _today(composition: Composition) -> date:
    return composition.now.astimezone(ZoneInfo(composition.config.publication.timezone)).date()


def _named(story: Article) -> Article:
    """A story as a draft has it: one that only its headline names gets an id, so that an editor may retitle it."""
    if story.url or story.guid:
        return story
    return replace(story, guid=editorial.identify(story).rpartition(":")[2])


def _contents(composition: Composition) -> Contents | None:
    """What a draft of a composition has; None when there is no news."""
    whole = composition.edition(Segment())
    if whole is None:
        return None
    schedule = composition.config.schedules[composition.cadence]
    lead = editorial.identify(whole.lead)

    def as_shown(story: Article) -> Article:
        shown = "lead" if editorial.identify(story) == lead else "brief" if schedule.layout == "brief" else "card"
        return replace(_named(story), summary=render.opening(story.summary, render.EXCERPTS[shown]))

    return Contents(
        subject=schedule.subject,
        preheader=schedule.preheader,
        lead=_named(whole.lead),
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
        copies=[
            *(left for left in composition.selection.left_out if left.same_as),
            *(
                editorial.LeftOut(story, "", editorial.identify(_named(story)))
                for story in composition.selection.stories
                if _named(story) is not story
            ),
        ],
    )


def _counts(contents: Contents, composition: Composition) -> str:
    stories = sum(len(stories) for _, stories in contents.sections)
    sections = count_of(len(contents.sections), "section", "sections")
    whole = composition.edition(Segment())
    shown = len(whole.articles) if whole else 0
    limits = f", {shown} of them within the limits" if shown < stories else ""
    return f"{count_of(stories, 'story', 'stories')} in {sections}{limits}"


def _text(file: Path) -> str:
    text = drafts.text_of(file)
    if text is None:
        raise DraftError("is gone", where=str(file), next_step="`digest draft` makes it anew")
    return text


def _keep(file: Path) -> None:
    """Keep a draft that is to be made anew beside it: `.toml.old`, `.toml.old.2`, ..."""
    kept, number = file.with_suffix(".toml.old"), 2
    while kept.exists():
        kept = file.with_suffix(f".toml.old.{number}")
        number += 1
    try:
        shutil.copy2(file, kept)
    except OSError as error:
        raise DraftError(f"cannot be kept: {error.strerror}", where=str(kept)) from None


def _write(file: Path, text: str) -> None:
    """Write the whole of it or nothing: an editor may have the old one open, a send may read it this moment."""
    with Replacement(file, DraftError) as replacement:
        replacement.stream.write(text)
        replacement.commit()
