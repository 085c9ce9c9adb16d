"""Drafts made from what the sources have, added to, and saved as editors change them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from digest import drafts, editorial, render
from digest.config import Config
from digest.core.text import format_count
from digest.drafts import Draft, DraftContents, Edits, SourceWindow
from digest.drafts.file import back_up_draft, lock_drafts, read_existing_text, require_revision, write_draft
from digest.editions.compose import Composition, compose, edition_id
from digest.editions.from_draft import load, not_in, options_of, path_of, require_open, today
from digest.models import Article, Cadence, Problem, Segment
from digest.storage import Database


@dataclass(frozen=True, slots=True)
class DraftResult:
    """What `digest draft` came to: the file, whether it was made or changed, and the stories it lacks or was given."""

    file: Path
    note: str
    new: Sequence[Article]
    problems: Sequence[Problem]


def make(
    config: Config,
    cadence: Cadence,
    now: datetime,
    day: date | None = None,
    *,
    add: bool = False,
    fresh: bool = False,
) -> DraftResult:
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
    with Database.open(config.database_url, config.secrets.secret_key) as database:
        require_open(database, edition)
        composition = replace(compose(config, database, cadence, now, remember=True), dated=day)
        with lock_drafts(file):
            require_open(database, edition)  # reading the sources took a while
            return _made(config, composition, edition, file, folder, add=add, fresh=fresh)


def _made(
    config: Config, composition: Composition, edition: str, file: Path, folder: Path, *, add: bool, fresh: bool
) -> DraftResult:
    draft = None if fresh else load(config, edition)
    cadence, now, problems = composition.cadence, composition.now, composition.problems
    contents = _contents(composition)
    if draft is None:
        if contents is None:
            return DraftResult(file, f"{composition.no_news}, no draft made", (), problems)
        if file.exists():
            back_up_draft(file)
        what = f"The {cadence} edition of {composition.day:%-d %B %Y}"
        write_draft(file, drafts.render_draft(contents, what, cadence, now, folder))
        which = options_of(composition)
        step = f"edit it, see it with `digest preview {which}`; `digest send --{cadence}` sends it"
        if composition.day != today(composition):
            step += f" on {composition.day:%-d %B}"
        return DraftResult(file, f"{_counts(contents, composition)}; {step}", (), problems)
    new = not_in(draft, composition)
    if not (add and new):
        note = "there already" + ("; not in it:" if new else ", and nothing new since")
        return DraftResult(file, note, new, problems)
    assert contents is not None, "a composition with new stories has some"
    wanted = {editorial.identify(_named(story)) for story in new}
    filed = [
        (name, story) for name, stories in contents.sections for story in stories if editorial.identify(story) in wanted
    ]
    text = drafts.add_stories(read_existing_text(file), contents, filed, now, file)
    drafts.parse_draft(text, file, folder)  # before it is written: what cannot be read is not saved
    write_draft(file, text)
    return DraftResult(file, f"added {format_count(len(filed), 'story', 'stories')}:", new, problems)


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
    with Database.open_to_read(config.database_url) as database:
        require_open(database, edition)
    with lock_drafts(file):
        text = read_existing_text(file)
        require_revision(file, text, version)
        changed = drafts.apply_edits(text, edits, file, folder)
        draft = drafts.parse_draft(changed, file, folder)  # before it is written: what cannot be read is not saved
        if changed != text:
            write_draft(file, changed)
    return draft


def _contents(composition: Composition) -> DraftContents | None:
    """What a draft of a composition has; None when there is no news."""
    whole = composition.edition(Segment())
    if whole is None:
        return None
    schedule = composition.config.schedules[composition.cadence]
    lead = editorial.identify(whole.lead)

    def as_shown(story: Article) -> Article:
        shown = "lead" if editorial.identify(story) == lead else "brief" if schedule.layout == "brief" else "card"
        return replace(_named(story), summary=render.opening(story.summary, render.EXCERPTS[shown]))

    return DraftContents(
        subject=schedule.subject,
        preheader=schedule.preheader,
        lead=_named(whole.lead),
        sections=[
            (section.name, list(map(as_shown, section.articles)))
            for section in editorial.group_by_section(composition.selection.stories, composition.rules)
        ],
        window=composition.window,
        source_windows=[
            SourceWindow(
                result.source.name,
                composition.windows[result.source.name],
                str(result.failed.message) if result.failed else "",
            )
            for result in composition.results
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


def _named(story: Article) -> Article:
    """A story as a draft has it: one that only its headline names gets an id, so that an editor may retitle it."""
    if story.url or story.guid:
        return story
    return replace(story, guid=editorial.identify(story).rpartition(":")[2])


def _counts(contents: DraftContents, composition: Composition) -> str:
    stories = sum(len(stories) for _, stories in contents.sections)
    sections = format_count(len(contents.sections), "section", "sections")
    whole = composition.edition(Segment())
    shown = len(whole.articles) if whole else 0
    limits = f", {shown} of them within the limits" if shown < stories else ""
    return f"{format_count(stories, 'story', 'stories')} in {sections}{limits}"
