"""The line of an inbox: the subject, and the words after it."""

from __future__ import annotations

from digest.core.inbox import MIN_PREHEADER_LENGTH, PREHEADER_LENGTH, SUBJECT_LENGTH
from digest.errors import TemplateError
from digest.models import Problem
from digest.render import wording
from digest.render.context import Context
from digest.render.untrusted import clean, undirected


def subject_of(context: Context) -> str:
    """The configured subject or the lead's headline, looked at as an inbox shows it."""
    own = _line(context, context.edition.subject, "subject")
    subject = own or wording.excerpt(undirected(context.edition.lead.headline), SUBJECT_LENGTH)
    where = _where(context, "subject") if own else "subject"
    if not any(map(str.isalpha, subject)):
        context.problems.append(Problem(where, f"the subject has no letters: {subject}", "give it a word"))
    return subject


def preheader_of(context: Context) -> str:
    """The configured preheader or the next headlines. Raises TemplateError for one that cannot be rendered."""
    return _line(context, context.edition.preheader, "preheader") or _next_headlines(context)


def _line(context: Context, template: str, what: str) -> str:
    """A subject or preheader that the configuration or a draft holds as a template, on one line."""
    if not template:
        return ""
    known = {"edition": context.edition, "publication": context.publication, "date": context.edition.date}
    where = _where(context, what)
    rendered = undirected(clean(" ".join(context.text.render_string(template, where, known).split())))
    if not rendered:
        raise TemplateError("comes out empty", location=where, hint="mend the template, or leave it out")
    return rendered


def _where(context: Context, what: str) -> str:
    """Where to mend a subject or a preheader."""
    edition = context.edition
    return f"{what} in {edition.draft}" if edition.draft else f"{edition.cadence}.{what} in digest.toml"


def _next_headlines(context: Context) -> str:
    """The headlines after the lead's, as many as an inbox shows, then the lead's own words if that is little."""
    parts = [article.headline for article in context.edition.articles[1:7]]
    if len(" · ".join(parts)) < MIN_PREHEADER_LENGTH and context.edition.lead.summary:
        parts.append(context.edition.lead.summary)
    return wording.excerpt(undirected(" · ".join(parts)), PREHEADER_LENGTH)
