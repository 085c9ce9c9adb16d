"""Render one edition into one Message."""

from __future__ import annotations

import base64
from binascii import b2a_qp
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from digest.core.merge_fields import find_merge_fields
from digest.errors import TemplateError
from digest.models import Edition, Message, Problem, Publication
from digest.render.context import Layout, TemplateContext
from digest.render.links import rewrite_links
from digest.render.mjml import MjmlError, to_html
from digest.render.sanitize import sanitize_edition
from digest.render.size_budget import TrimmedEdition, find_smallest_trim, trim
from digest.render.subject import write_preheader, write_subject
from digest.render.template_errors import FIX_THERE
from digest.render.text_layout import squeeze_blank_lines

SIZE_BUDGET = 100_000
"""Bytes of HTML that an email may have: Gmail clips at about 102,000 (hteumeuleu/email-bugs#41)."""
_MAX_FIELD_BYTES = 200
"""Bytes that a reader's address or unsubscribe link may take in the HTML, at worst."""
_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class RenderedEmail:
    """A Message, its preheader, and what went wrong on the way."""

    message: Message
    preheader: str
    problems: tuple[Problem, ...] = ()
    omitted: int = 0
    """How many stories, the last in reading order, there was no room for: they are only counted."""
    size: int = 0
    """Bytes of the HTML as sent, every merge field at its longest: what Gmail's limit applies to."""


def render(
    edition: Edition,
    publication: Publication,
    *,
    now: datetime,
    language: str = "",
    templates: Path | None = None,
    reason: str = "",
    layout: Layout = "cards",
    utm: Mapping[str, str] = _NO_PARAMETERS,
    https: bool = True,
    preferences: bool = False,
    budget: int = SIZE_BUDGET,
) -> RenderedEmail:
    """Render an edition for one segment.

    If its HTML is larger than the budget, its last stories are shown as headlines, then only counted, and `problems`
    says how many. The lead is never shortened.

    Args:
        edition: Its `subject` and `preheader` may be Jinja2 templates; empty ones are made from the headlines.
        publication: What the email shows of the newspaper.
        now: The moment from which ages are counted.
        language: The readers' language, if not the publication's.
        templates: A folder whose files replace the shipped ones of the same name; it need not exist.
        reason: Why the readers get this email, if not by subscription; may hold `{email}` and `{publication}`.
        layout: `cards` with pictures, or `brief` with headlines.
        utm: Parameters for the links to stories and sections, such as `{"utm_source": "newsletter"}`.
        https: Whether to change http to https in links and pictures.
        preferences: Whether readers have a preferences page, which the merge field `preferences_url` leads to.
        budget: Bytes of HTML as sent, each merge field counted at its longest.

    Raises:
        TemplateError: a template is missing or broken.
    """
    prepared = rewrite_links(sanitize_edition(edition), utm, https=https)
    context = TemplateContext(
        prepared, publication, now, language or publication.language, templates, reason, layout, preferences=preferences
    )
    return _render_message(context, budget)


def render_subject(edition: Edition, publication: Publication, *, now: datetime, templates: Path | None = None) -> str:
    """Return the subject that `render` would write, without rendering the email. Raises TemplateError if it cannot."""
    safe = sanitize_edition(edition)
    return write_subject(TemplateContext(safe, publication, now, publication.language, templates, "", "cards"))


def to_standalone_html(message: Message, values: Mapping[str, str]) -> str:
    """Return the HTML as one file for a browser: merge fields filled, attached pictures as data URLs."""
    html = message.fill(message.html, values)
    for image in message.images:
        data = base64.b64encode(image.data).decode("ascii")
        html = html.replace(f"cid:{image.cid}", f"data:{image.media_type};base64,{data}")
    return html


def _render_message(context: TemplateContext, budget: int) -> RenderedEmail:
    line = {"subject": write_subject(context), "preheader": write_preheader(context)}
    html, trimmed = _render_within_budget(context, budget, **line)
    values = {**context.values(trimmed, **line), "why": context.explain_subscription("text")}
    text = squeeze_blank_lines(context.text.render("digest.txt", values))
    message = Message(
        subject=line["subject"],
        html=html,
        text=text,
        merge_fields=find_merge_fields(html=html, text=line["subject"] + text),
        # A story that became a headline does not need its picture any more.
        images=tuple(image for image in context.pictures.attached if f"cid:{image.cid}" in html),
    )
    problems = (*context.problems, *context.pictures.problems)
    return RenderedEmail(message, line["preheader"], problems, trimmed.omitted, _size_as_sent(html))


def _render_within_budget(context: TemplateContext, budget: int, **line: str) -> tuple[str, TrimmedEdition]:
    """Return the HTML within the budget, and what of the edition it shows."""
    stories = len(context.edition.articles) - 1

    @cache
    def html_after(steps: int) -> str:
        return _render_html(context, context.values(trim(context.edition, steps), **line))

    steps = find_smallest_trim(lambda steps: _size_as_sent(html_after(steps)), stories, budget)
    html, trimmed = html_after(steps), trim(context.edition, steps)
    if steps or _size_as_sent(html) > budget:
        before, after = (_size_as_sent(page) // 1000 for page in (html_after(0), html))
        message = f"{stories + 1} stories are {before} kB of HTML, and Gmail shows {budget // 1000} kB whole: "
        message += f"{trimmed.headlines} are shown as headlines, {trimmed.omitted} only counted, which makes {after} kB"
        context.problems.append(Problem("email", message, "lower max_articles or the limits of the sections"))
    return html, trimmed


def _render_html(context: TemplateContext, values: Mapping[str, Any]) -> str:
    css = context.text.render("inline.css", values)
    name = "digest.mjml"
    source = context.mjml.render(name, values)
    try:
        return to_html(source, css)
    except MjmlError as error:
        location = name if error.offset is None else context.mjml.locate(name, values, error.offset)
        raise TemplateError(str(error), location=location, hint=FIX_THERE) from None


def _size_as_sent(html: str) -> int:
    """Return the bytes of the HTML in quoted-printable, as it is sent, with every merge field at its longest.

    Gmail was seen to clip emails that were below its limit but not ASCII, so the size in transit is what counts.
    """
    fields = sum(
        html.count(field.token) * max(0, _MAX_FIELD_BYTES - len(field.token))
        for field in find_merge_fields(html=html, text="")
        if field.form == "html"
    )
    return len(b2a_qp(html.encode())) + html.count("\n") + fields
