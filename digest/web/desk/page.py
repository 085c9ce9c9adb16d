"""Renders the desk's page: what an edition looks like now, and the form of its draft."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import jinja2

from digest import editorial
from digest.core.inbox import PREHEADER_LENGTH, SUBJECT_LENGTH
from digest.core.text import format_count
from digest.drafts import Edits
from digest.editions.approve import check_approval, format_moment
from digest.errors import DigestError, UsageError
from digest.inspection.preview import Preview, describe_sections
from digest.lint import GMAIL_CLIP_SIZE
from digest.models import Article, Cadence, Segment
from digest.web.desk.edition_state import EditionState
from digest.web.desk.error_text import describe
from digest.web.desk.session import EditorSession

_TEMPLATES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals["format_count"] = format_count


@dataclass(frozen=True, slots=True)
class _Story:
    """A story of the draft as the page lists it."""

    id: str
    article: Article
    is_hidden: bool
    is_lead: bool
    """Whether it leads the email as it is, chosen by an editor or not."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A segment in the list of segments."""

    key: str
    label: str
    readers: int


@dataclass(frozen=True, slots=True)
class _Approval:
    """Whether the draft is approved as it is now, and a sentence that says so."""

    is_current: bool
    text: str


def render_page(session: EditorSession, reader: str, segment: str, edits: Edits | None) -> str:
    """Return the page's HTML, with the email that a reader or segment gets; errors are shown on the page.

    Raises:
        DigestError: no such reader, and not even the email for everyone can be rendered.
    """
    error = ""
    preview: Preview | None = None
    try:
        state, preview = session.preview(reader, segment, edits)
    except UsageError as problem:
        error, reader = describe(problem), ""
        state, preview = session.preview()
    except DigestError as problem:
        error, state = describe(problem), session.state()
    has_news = preview is not None and preview.edition is not None
    return _TEMPLATES.get_template("desk.html").render(
        state=state,
        cadence=session.cadence,
        preview=preview if has_news else None,
        no_news=preview.composition.no_news_reason if preview and not has_news else "",
        error=state.error or error,
        reader=reader,
        segment=segment,
        segments=_segments(state),
        sender=_sender(state),
        sections_line=describe_sections(preview.edition) if preview and preview.edition else "",
        sections=_sections(state),
        approval=_approval(state, session.cadence),
        limits={"subject": SUBJECT_LENGTH, "preheader": PREHEADER_LENGTH, "size": GMAIL_CLIP_SIZE},
    )


def _sender(state: EditionState) -> str:
    """Return the name that an inbox shows as the sender's."""
    return state.config.delivery.sender.partition("<")[0].strip().strip('"') or state.config.publication.name


def _approval(state: EditionState, cadence: Cadence) -> _Approval | None:
    """Return how the draft's approval stands; None if it does not need one."""
    if state.draft is None or state.config.schedules[cadence].approval != "required":
        return None
    approval = state.draft.approval
    if approval is None:
        return _Approval(is_current=False, text="Not approved yet. A send waits for approval.")
    if check_approval(state.composition):
        return _Approval(is_current=False, text=f"Changed since {approval.by} approved it.")
    when = format_moment(state.config, approval.at)
    return _Approval(is_current=True, text=f"Approved by {approval.by}, {when}.")


def _segments(state: EditionState) -> list[_Segment]:
    """Return the segments of this edition, the largest first."""
    names = _category_names(state)
    return [_Segment(segment.key, _label(segment, names), count) for segment, count in state.readers.segments]


def _label(segment: Segment, names: Mapping[str, str]) -> str:
    """Return a segment in words: `Science + World, de`."""
    categories = " + ".join(names.get(category, category.title()) for category in segment.categories)
    return ", ".join(filter(None, [categories or "All sections", segment.language]))


def _category_names(state: EditionState) -> dict[str, str]:
    """Sections and categories as they are written, by the normalised form that segments have."""
    sections = state.config.sections
    names = [*sections.order, *sections.names, *sections.names.values()]
    names += [category for story in state.composition.selection.stories for category in story.categories]
    return {" ".join(name.casefold().split()): name for name in reversed(names)}


def _sections(state: EditionState) -> list[tuple[str, list[_Story]]]:
    """Return the draft's sections and their stories, in order."""
    draft = state.draft
    if draft is None:
        return []
    edition = state.composition.lay_out(Segment())
    lead = editorial.identify(edition.lead) if edition else ""
    sections: dict[str, list[_Story]] = {name: [] for name in draft.sections}
    for article in draft.articles:
        identity = editorial.identify(article)
        sections[article.section].append(_Story(identity, article, identity in draft.hidden_ids, identity == lead))
    return list(sections.items())
