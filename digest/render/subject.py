"""Write the line that an inbox shows: the subject, and the preheader after it."""

from __future__ import annotations

from digest.core.inbox import MIN_PREHEADER_LENGTH, PREHEADER_LENGTH, SUBJECT_LENGTH
from digest.errors import TemplateError
from digest.models import Problem
from digest.render.context import TemplateContext
from digest.render.sanitize import sanitize_text, strip_direction_controls
from digest.render.text_layout import excerpt


def write_subject(context: TemplateContext) -> str:
    """Return the configured subject, else the lead's headline; one without letters is a problem.

    Raises TemplateError for one that cannot be rendered.
    """
    configured = _render_line(context, context.edition.subject, "subject")
    subject = configured or excerpt(strip_direction_controls(context.edition.lead.headline), SUBJECT_LENGTH)
    if not any(map(str.isalpha, subject)):
        location = _location(context, "subject") if configured else "subject"
        context.problems.append(Problem(location, f"the subject has no letters: {subject}", "add a word to it"))
    return subject


def write_preheader(context: TemplateContext) -> str:
    """Return the configured preheader, else the next headlines. Raises TemplateError where it cannot be rendered."""
    return _render_line(context, context.edition.preheader, "preheader") or _next_headlines(context)


def _render_line(context: TemplateContext, template: str, key: str) -> str:
    """Render the subject or preheader template of the configuration or a draft, on one line."""
    if not template:
        return ""
    values = {"edition": context.edition, "publication": context.publication, "date": context.edition.date}
    location = _location(context, key)
    rendered = " ".join(context.text.render_string(template, location, values).split())
    line = strip_direction_controls(sanitize_text(rendered))
    if not line:
        raise TemplateError("is empty once rendered", location=location, hint="fix the template, or leave it out")
    return line


def _location(context: TemplateContext, key: str) -> str:
    """Return where a person can change the subject or preheader."""
    edition = context.edition
    return f"{key} in {edition.draft}" if edition.draft else f"{edition.cadence}.{key} in digest.toml"


def _next_headlines(context: TemplateContext) -> str:
    """Return as many headlines after the lead's as an inbox shows, then the lead's summary if they are too short."""
    parts = [article.headline for article in context.edition.articles[1:7]]
    if len(" · ".join(parts)) < MIN_PREHEADER_LENGTH and context.edition.lead.summary:
        parts.append(context.edition.lead.summary)
    return excerpt(strip_direction_controls(" · ".join(parts)), PREHEADER_LENGTH)
