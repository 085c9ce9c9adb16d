"""Make the draft of an edition, add the stories that have arrived since, and save what an editor changes in it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

from digest import drafts, editorial, render
from digest.config import Config
from digest.core.text import format_count
from digest.drafts import Draft, DraftContents, Edits, SourceWindow
from digest.drafts.file import back_up_draft, lock_drafts, read_existing_text, require_revision, write_draft
from digest.editions.compose import compose_from_sources
from digest.editions.composition import Composition
from digest.editions.from_draft import find_new_stories, load_draft, require_editable
from digest.editions.naming import draft_path, edition_id
from digest.models import Article, Cadence, Problem, Segment
from digest.storage import Database

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DraftResult:
    """The outcome of `digest draft`: the draft's file, what was done, and the stories that are missing or were added.

    `note` says what was done, in words; it ends with a colon if the `new_stories` are to be listed after it.
    """

    file: Path
    note: str
    new_stories: Sequence[Article]
    problems: Sequence[Problem]


def make_draft(
    config: Config,
    cadence: Cadence,
    now: datetime,
    day: date | None = None,
    *,
    add: bool = False,
    fresh: bool = False,
) -> DraftResult:
    """Write the draft of an edition. An existing draft is left as its editors have it, unless `add` or `fresh` is set.

    Args:
        config: The newsroom.
        cadence: Which edition.
        now: The moment.
        day: The edition's day, if not today: with `local_time`, tomorrow's edition begins today in the first zones.
        add: Add the stories that have arrived to an existing draft.
        fresh: Replace an existing draft by a new one; the old one is kept beside it as `.toml.old`.

    Raises:
        DraftError: the edition is already frozen, or the file cannot be read or written.
        DigestError: as for composing.
    """
    edition = edition_id(config, cadence, now, day)
    file = draft_path(config, edition)
    with Database.open_for(config) as database:
        require_editable(database, edition)
        composition = compose_from_sources(config, database, cadence, now, remember=True)
        composition = replace(composition, fixed_day=day)
        with lock_drafts(file):
            require_editable(database, edition)  # again: fetching the sources took a while
            draft = None if fresh else load_draft(config, edition)
            if draft is None:
                return _create_draft(composition, file)
            return _add_to_draft(composition, draft) if add else _compare_with_draft(composition, draft)


def _create_draft(composition: Composition, file: Path) -> DraftResult:
    """Write a new draft, keeping an existing file beside it."""
    contents = _collect_contents(composition)
    if contents is None:
        return DraftResult(file, f"{composition.no_news_reason}, no draft made", (), composition.problems)
    if file.exists():
        back_up_draft(file)
    title = f"The {composition.cadence} edition of {composition.day:%-d %B %Y}"
    text = drafts.render_draft(contents, title, composition.cadence, composition.now, composition.config.file.parent)
    write_draft(file, text)
    logger.info("created the draft %s", file.name, extra={"edition": composition.id})
    options = composition.command_options
    on_its_day = "" if composition.is_of_today else f" on {composition.day:%-d %B}"
    send_it = f"send it with `digest send --{composition.cadence}`{on_its_day}"
    note = f"{_count_stories(contents, composition)}; edit it, check it with `digest preview {options}`, {send_it}"
    return DraftResult(file, note, (), composition.problems)


def _compare_with_draft(composition: Composition, draft: Draft) -> DraftResult:
    """Leave the draft as it is and report the stories that it lacks."""
    new = find_new_stories(draft, composition)
    note = "already exists" + ("; stories that have arrived since:" if new else ", no stories have arrived since")
    return DraftResult(draft.file, note, new, composition.problems)


def _add_to_draft(composition: Composition, draft: Draft) -> DraftResult:
    """Add the stories that the draft lacks, each to its section."""
    new = find_new_stories(draft, composition)
    contents = _collect_contents(composition)
    if not (new and contents):
        return _compare_with_draft(composition, draft)
    wanted = {editorial.identify(_with_id(story)) for story in new}
    added = [
        (name, story) for name, stories in contents.sections for story in stories if editorial.identify(story) in wanted
    ]
    text = drafts.add_stories(read_existing_text(draft.file), contents, added, composition.now, draft.file)
    drafts.parse_draft(
        text, draft.file, composition.config.file.parent
    )  # before writing: an invalid draft is not saved
    write_draft(draft.file, text)
    logger.info("added %d stories to the draft %s", len(added), draft.file.name, extra={"edition": composition.id})
    return DraftResult(draft.file, f"added {format_count(len(added), 'story', 'stories')}:", new, composition.problems)


def save_draft(config: Config, edition: str, edits: Edits, revision: str) -> Draft:
    """Write an editor's changes into a draft and return it; what they did not change stays, comments included.

    Args:
        config: The newsroom.
        edition: The edition's id.
        edits: The whole contents as the editor wants them; a story they do not mention stays as it is.
        revision: The revision of the draft that the editor started from.

    Raises:
        DraftChangedError: somebody else has saved it since.
        DraftError: there is no draft, the edits would make it invalid, or its edition is already frozen.
    """
    file, folder = draft_path(config, edition), config.file.parent
    with Database.read_for(config) as database:
        require_editable(database, edition)
    with lock_drafts(file):
        text = read_existing_text(file)
        require_revision(file, text, revision)
        changed = drafts.apply_edits(text, edits, file, folder)
        draft = drafts.parse_draft(changed, file, folder)  # before writing: an invalid draft is not saved
        if changed != text:
            write_draft(file, changed)
            logger.info("saved the draft %s", file.name, extra={"edition": edition})
    return draft


def _collect_contents(composition: Composition) -> DraftContents | None:
    """Return what a draft of a composition contains, None when there is no news."""
    edition = composition.lay_out(Segment())
    if edition is None:
        return None
    schedule = composition.config.schedules[composition.cadence]
    lead = editorial.identify(edition.lead)

    def shorten(story: Article) -> Article:
        shown = "lead" if editorial.identify(story) == lead else "brief" if schedule.layout == "brief" else "card"
        return replace(_with_id(story), summary=render.truncate_to_width(story.summary, render.SUMMARY_WIDTHS[shown]))

    return DraftContents(
        subject=schedule.subject,
        preheader=schedule.preheader,
        lead=_with_id(edition.lead),
        sections=[
            (section.name, list(map(shorten, section.articles)))
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
                editorial.LeftOut(story, "", editorial.identify(_with_id(story)))
                for story in composition.selection.stories
                if _with_id(story) is not story
            ),
        ],
    )


def _with_id(story: Article) -> Article:
    """Return a story with an id of its own: one known only by its headline gets a guid, so that it can be retitled."""
    if story.url or story.guid:
        return story
    return replace(story, guid=editorial.identify(story).rpartition(":")[2])


def _count_stories(contents: DraftContents, composition: Composition) -> str:
    stories = sum(len(stories) for _, stories in contents.sections)
    sections = format_count(len(contents.sections), "section", "sections")
    edition = composition.lay_out(Segment())
    shown = len(edition.articles) if edition else 0
    limits = f", {shown} of them within the limits" if shown < stories else ""
    return f"{format_count(stories, 'story', 'stories')} in {sections}{limits}"
