"""One edition into one Message."""

from __future__ import annotations

import base64
import re
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
from digest.render.context import Context, Layout
from digest.render.fit import Shown, cut, least_cut
from digest.render.inbox_line import preheader_of, subject_of
from digest.render.links import linked
from digest.render.mjml import MjmlError, to_html
from digest.render.untrusted import made_safe

BUDGET = 100_000
"""Bytes of HTML that a mail may have: Gmail clips at about 102,000 (hteumeuleu/email-bugs#41)."""
_SLOT_VALUE = 200
"""Bytes that a reader's address or unsubscribe link may take in the HTML, at worst."""
_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rendered:
    """A Message, the line after its subject in an inbox, and what was wrong on the way."""

    message: Message
    preheader: str
    problems: tuple[Problem, ...] = ()
    counted: int = 0
    """So many stories, the last in reading order, had no room: they are only counted."""
    size: int = 0
    """Bytes of the HTML as it travels, every slot at its longest: what is held against Gmail's limit."""


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
    budget: int = BUDGET,
) -> Rendered:
    """Render an edition for one segment.

    An edition whose HTML is larger than the budget has its last stories shown as headlines, then only counted, and
    `problems` says how many; the lead is never cut.

    Args:
        edition: Its `subject` and `preheader` may be Jinja2 templates; empty ones get the headlines.
        publication: What the mail shows of the newspaper.
        now: The moment ages are counted from.
        language: The readers', if not the publication's.
        templates: A folder whose files take the place of the shipped ones of the same name; need not exist.
        reason: Why the readers get this mail, if not by subscription; may hold `{email}` and `{publication}`.
        layout: `cards` with pictures, or `brief` with headlines.
        utm: Parameters for the links to stories and sections, as `{"utm_source": "newsletter"}`.
        https: Whether links and pictures that are http are made https.
        preferences: Whether readers have a page of preferences, which the slot `preferences_url` leads to.
        budget: Bytes of HTML as sent, each slot counted at its longest.

    Raises:
        TemplateError: a template is missing or broken.
    """
    safe = linked(made_safe(edition), utm, https=https)
    context = Context(
        safe, publication, now, language or publication.language, templates, reason, layout, preferences=preferences
    )
    line = {"subject": subject_of(context), "preheader": preheader_of(context)}
    html, shown = _fitted(context, budget, **line)
    text = _tidy(context.text.render("digest.txt", {**context.values(shown, **line), "why": context.why("text")}))
    message = Message(
        subject=line["subject"],
        html=html,
        text=text,
        merge_fields=find_merge_fields(html=html, text=line["subject"] + text),
        # A story that became a headline leaves its picture behind.
        images=tuple(image for image in context.pictures.attached if f"cid:{image.cid}" in html),
    )
    problems = (*context.problems, *context.pictures.problems)
    return Rendered(message, line["preheader"], problems, shown.counted, _bytes_as_sent(html))


def subject(edition: Edition, publication: Publication, *, now: datetime, templates: Path | None = None) -> str:
    """The subject alone, as `render` has it, without the cost of the email. Raises TemplateError for a broken one."""
    return subject_of(Context(made_safe(edition), publication, now, publication.language, templates, "", "cards"))


def standalone(message: Message, values: Mapping[str, str]) -> str:
    """The HTML with its slots filled and its attached pictures inside it, as a file that a browser shows alone."""
    html = message.fill(message.html, values)
    for image in message.images:
        data = base64.b64encode(image.data).decode("ascii")
        html = html.replace(f"cid:{image.cid}", f"data:{image.media_type};base64,{data}")
    return html


def _fitted(context: Context, budget: int, **line: str) -> tuple[str, Shown]:
    """The HTML within the budget, and what of the edition it shows."""
    stories = len(context.edition.articles) - 1

    @cache
    def html_of(steps: int) -> str:
        return _html(context, context.values(cut(context.edition, steps), **line))

    steps = least_cut(lambda steps: _bytes_as_sent(html_of(steps)), stories, budget)
    html, shown = html_of(steps), cut(context.edition, steps)
    if steps or _bytes_as_sent(html) > budget:
        whole, now = (_bytes_as_sent(page) // 1000 for page in (html_of(0), html))
        what = f"{stories + 1} stories are {whole} kB of HTML, and Gmail clips a mail past {budget // 1000}: "
        what += f"{shown.headlines} are shown as headlines, {shown.counted} only counted, which makes {now} kB"
        context.problems.append(Problem("email", what, "lower max_articles or the sections' limit"))
    return html, shown


def _html(context: Context, values: Mapping[str, Any]) -> str:
    css = context.text.render("inline.css", values)
    source = context.mjml.render("digest.mjml", values)
    try:
        return to_html(source, css)
    except MjmlError as error:
        name = "digest.mjml"
        where = name if error.offset is None else context.mjml.place(name, values, error.offset)
        raise TemplateError(str(error), location=where, hint="mend the template there") from None


def _tidy(text: str) -> str:
    """Plain text with no more than one empty line at a time."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"


def _bytes_as_sent(html: str) -> int:
    """Bytes of HTML in quoted-printable, which is how it travels, once every slot holds the longest value it may.

    Gmail has been seen to clip mails short of its limit where they are not ASCII: what is large on the way counts.
    """
    merge_fields = sum(
        html.count(merge_field.token) * max(0, _SLOT_VALUE - len(merge_field.token))
        for merge_field in find_merge_fields(html=html, text="")
        if merge_field.form == "html"
    )
    return len(b2a_qp(html.encode())) + html.count("\n") + merge_fields
