"""One edition into one Message."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, partial
from gettext import NullTranslations
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from babel import Locale

from digest.errors import TemplateError
from digest.models import Article, Edition, Image, Message, Problem, Publication, Section
from digest.render import wording
from digest.render.colour import ENOUGH, contrast, readable
from digest.render.fit import Shown, cut, least_cut
from digest.render.languages import catalogue, locale_of
from digest.render.links import tagged
from digest.render.mjml import MjmlError, to_html
from digest.render.pictures import Picture, Pictures
from digest.render.slots import Form, slot_token, slots_in
from digest.render.templates import templates_of
from digest.render.untrusted import made_safe, undirected, web_link

Layout = Literal["cards", "brief"]
"""`cards` has pictures, `brief` headlines with a line each."""

BUDGET = 100_000
"""Bytes of HTML that a mail may have: Gmail clips at about 102,000 (hteumeuleu/email-bugs#41)."""
_SLOT_VALUE = 200
"""Bytes that a reader's address or unsubscribe link may take in the HTML, at worst."""

_SUBJECT = 70
"""Characters of a subject that inboxes on a desktop show."""
_PREHEADER = 110
"""Characters after the subject that inboxes show at most (dotdigital, email accessibility)."""
_SHORTEST_PREHEADER = 40
_BYLINE = 160
_LOGO = (300, 56)
"""Pixels that a logo may fill."""
_ACCENT = "#9b1c1f"

_FULL_ROWS: Mapping[Layout, str] = {"cards": "card.mjml", "brief": "brief.mjml"}
_NO_PARAMETERS: Mapping[str, str] = MappingProxyType({})
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_PAIRS = (("ink", "paper"), ("soft", "paper"), ("dark_ink", "dark_paper"), ("dark_soft", "dark_paper"))
"""Colours of the theme that stand on each other as text."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A Message, the line after its subject in an inbox, and what was wrong on the way."""

    message: Message
    preheader: str
    problems: tuple[Problem, ...] = ()


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
        budget: Bytes of HTML as sent, each slot counted at its longest.

    Raises:
        TemplateError: a template is missing or broken.
    """
    safe = tagged(made_safe(edition), utm)
    email = _Email(safe, publication, now, language or publication.language, templates, reason, layout)
    return email.rendered(budget)


def standalone(message: Message, values: Mapping[str, str]) -> str:
    """The HTML with its slots filled and its attached pictures inside it, as a file that a browser shows alone."""
    html = message.fill(message.html, values)
    for image in message.images:
        data = base64.b64encode(image.data).decode("ascii")
        html = html.replace(f"cid:{image.cid}", f"data:{image.media_type};base64,{data}")
    return html


class _Email:
    """What the templates of one email are given."""

    def __init__(
        self,
        edition: Edition,
        publication: Publication,
        now: datetime,
        language: str,
        own: Path | None,
        reason: str,
        layout: Layout,
    ) -> None:
        self.publication = publication
        self.now = now
        self.reason = reason
        self.layout: Layout = layout
        self.pictures = Pictures()
        self.language = language
        self.problems: list[Problem] = []
        self.locale, self.words = self.spoken()
        self.edition = self.with_own_words(edition)
        self.mjml = templates_of(own, "html", self.locale)
        self.text = templates_of(own, "text", self.locale)
        self.theme = self.readable_theme()

    def rendered(self, budget: int) -> Rendered:
        subject = self.subject()
        preheader = self.line(self.edition.preheader, "preheader") or self.next_headlines()
        context = partial(self.context, subject=subject, preheader=preheader)
        html, shown = self.fitted(context, budget)
        text = _tidy(self.text.render("digest.txt", {**context(shown), "why": self.why("text")}))
        message = Message(
            subject=subject,
            html=html,
            text=text,
            slots=slots_in(html=html, text=subject + text),
            # A story that became a headline leaves its picture behind.
            images=tuple(image for image in self.pictures.attached if f"cid:{image.cid}" in html),
        )
        return Rendered(message, preheader, (*self.problems, *self.pictures.problems))

    def spoken(self) -> tuple[Locale, NullTranslations]:
        """The locale of dates and numbers, and the fixed words; English where the language is not known."""
        locale = locale_of(self.language)
        if locale is None:
            what = f"dates in the language `{self.language}` are not known"
            self.problems.append(Problem("language", what, "they are in English"))
            return Locale("en"), NullTranslations()
        words = catalogue(locale)
        if words is None:
            what = f"there is no catalogue for the language `{self.language}`"
            self.problems.append(Problem("language", what, "dates are in it, fixed words in English"))
        return locale, words or NullTranslations()

    def with_own_words(self, edition: Edition) -> Edition:
        """The edition with the sections in the reader's language that no newspaper named."""
        known = {"Latest": self.words.gettext("Latest"), "More stories": self.words.gettext("More stories")}
        return replace(
            edition,
            lead_section=known.get(edition.lead_section, edition.lead_section),
            sections=tuple(
                replace(section, name=known.get(section.name, section.name)) for section in edition.sections
            ),
        )

    def readable_theme(self) -> dict[str, Any]:
        """The theme's colours and type. Raises TemplateError for what is no colour."""
        theme = self.text.values("theme.jinja")
        for front, back in _PAIRS:
            for name in (front, back):
                if not _COLOUR.fullmatch(str(theme.get(name))):
                    raise TemplateError(
                        f"{name} is no colour",
                        where="theme.jinja",
                        next_step='write it as in {% set ink = "#1c1a17" %}',
                    )
            if (ratio := contrast(theme[front], theme[back])) < ENOUGH:
                what = f"{front} on {back} has a contrast of {ratio:.1f}, and text needs {ENOUGH}"
                self.problems.append(Problem("theme.jinja", what, "take a darker or a lighter one"))
        return theme

    def fitted(self, context: Callable[[Shown], dict[str, Any]], budget: int) -> tuple[str, Shown]:
        """The HTML within the budget, and what of the edition it shows."""
        stories = len(self.edition.articles) - 1

        @cache
        def html_of(steps: int) -> str:
            return self.html(context(cut(self.edition, steps)))

        steps = least_cut(lambda steps: _bytes_as_sent(html_of(steps)), stories, budget)
        html, shown = html_of(steps), cut(self.edition, steps)
        if steps or _bytes_as_sent(html) > budget:
            whole, now = (_bytes_as_sent(page) // 1000 for page in (html_of(0), html))
            what = f"{stories + 1} stories are {whole} kB of HTML, and Gmail clips a mail past {budget // 1000}: "
            what += f"{shown.headlines} are shown as headlines, {shown.counted} only counted, which makes {now} kB"
            self.problems.append(Problem("email", what, "lower max_articles or the sections' limit"))
        return html, shown

    def html(self, context: Mapping[str, Any]) -> str:
        css = self.text.render("inline.css", context)
        source = self.mjml.render("digest.mjml", context)
        try:
            return to_html(source, css)
        except MjmlError as error:
            name = "digest.mjml"
            where = name if error.offset is None else self.mjml.place(name, context, error.offset)
            raise TemplateError(str(error), where=where, next_step="mend the template there") from None

    def context(self, shown: Shown, *, subject: str, preheader: str) -> dict[str, Any]:
        """What templates may use: docs/templates.md explains each."""
        rtl = self.locale.text_direction == "rtl"
        accent = self.publication.colour or _ACCENT
        return {
            **self.theme,
            "accent": readable(accent, self.theme["paper"]),
            "accent_dark": readable(accent, self.theme["dark_paper"]),
            "edition": shown.edition,
            "sections": shown.rows(_FULL_ROWS[self.layout], "headline.mjml"),
            "layout": self.layout,
            "publication": self.publication,
            "home": web_link(self.publication.url),
            "address": self.address(),
            "logo": self.logo(),
            "long_date": wording.long_date(self.edition.date, self.locale),
            "byline": self.byline,
            "picture_of": self.picture_of,
            "more": self.more,
            "subject": subject,
            "preheader": preheader,
            "contents": self.contents(shown),
            "why": self.why("html"),
            "lang": self.language,
            "dir": "rtl" if rtl else "ltr",
            "start": "right" if rtl else "left",
            "end": "left" if rtl else "right",
            # Capitals and spaced letters are for Latin, Greek and Cyrillic; Arabic letters join, and stand taller.
            "caps": "" if rtl else "letter-spacing: 0.6px; text-transform: uppercase;",
            "leading": "1.5" if rtl else "1.25",
            "small_leading": "1.7" if rtl else "1.45",
        }

    def subject(self) -> str:
        """The configured subject or the lead's headline, looked at as an inbox shows it."""
        own = self.line(self.edition.subject, "subject")
        subject = own or wording.excerpt(undirected(self.edition.lead.headline), _SUBJECT)
        where = f"{self.edition.cadence}.subject in digest.toml" if own else "subject"
        if len(subject) > _SUBJECT:
            what = f"the subject has {len(subject)} characters, and inboxes show about {_SUBJECT}: {subject}"
            self.problems.append(Problem(where, what, "shorten it"))
        if not any(map(str.isalpha, subject)):
            self.problems.append(Problem(where, f"the subject has no letters: {subject}", "give it a word"))
        return subject

    def line(self, template: str, what: str) -> str:
        """A subject or preheader that the configuration holds as a template, on one line."""
        if not template:
            return ""
        known = {"edition": self.edition, "publication": self.publication, "date": self.edition.date}
        where = f"{self.edition.cadence}.{what} in digest.toml"
        rendered = undirected(" ".join(self.text.render_string(template, where, known).split()))
        if not rendered:
            raise TemplateError("comes out empty", where=where, next_step="mend the template, or leave it out")
        return rendered

    def next_headlines(self) -> str:
        """The headlines after the lead's, as many as an inbox shows, then the lead's own words if that is little."""
        parts = [article.headline for article in self.edition.articles[1:7]]
        if len(" · ".join(parts)) < _SHORTEST_PREHEADER and self.edition.lead.summary:
            parts.append(self.edition.lead.summary)
        return wording.excerpt(undirected(" · ".join(parts)), _PREHEADER)

    def address(self) -> list[str]:
        """Who sends this and where from, line by line: the publication's name, once, and its postal address."""
        lines = [line.strip() for line in self.publication.postal_address.splitlines() if line.strip()]
        named = lines and lines[0].casefold().startswith(self.publication.name.casefold())
        return lines if named else [self.publication.name, *lines]

    def contents(self, shown: Shown) -> str:
        """What is inside, and how long this mail takes to read: how long the stories behind it take, nobody knows."""
        edition = shown.edition
        length = 140 if self.layout == "cards" else 90
        words = [
            part
            for article in edition.articles
            for part in (article.headline, wording.opening(article.summary, length))
        ]
        stories = self.words.ngettext("{count} story", "{count} stories", len(edition.articles))
        return self.words.gettext("{stories} in {minutes}").format(
            stories=stories.format(count=len(edition.articles)), minutes=wording.minutes(words, self.locale)
        )

    def why(self, form: Form) -> str:
        """Why the reader gets this mail."""
        daily = self.words.gettext("You get this because {email} is subscribed to the daily digest of {publication}.")
        weekly = self.words.gettext("You get this because {email} is subscribed to the weekly digest of {publication}.")
        reason = self.reason or (weekly if self.edition.cadence == "weekly" else daily)
        # Not str.format: a reason comes from people, who write braces too.
        return reason.replace("{email}", slot_token("email", form)).replace("{publication}", self.publication.name)

    def byline(self, article: Article) -> str:
        """Who wrote a story and how long ago, and who else has it: "By Ada Byron · 3 hours ago · also in The Post"."""
        parts = []
        if article.authors:
            names = wording.excerpt(wording.names(article.authors, self.locale), _BYLINE)
            parts.append(self.words.gettext("By {names}").format(names=names))
        if article.published:
            parts.append(wording.age(article.published, self.now, self.locale))
        if article.also_in:
            names = wording.excerpt(wording.listed(article.also_in, self.locale), _BYLINE)
            parts.append(self.words.gettext("also in {names}").format(names=names))
        return " · ".join(parts)

    def more(self, section: Section) -> str:
        """How many stories of a section a limit left out: "and 4 more in World"."""
        words = self.words.ngettext("and {count} more in {section}", "and {count} more in {section}", section.more)
        return words.format(count=section.more, section=section.name)

    def picture_of(self, article: Article, width: int, height: int) -> Picture | None:
        """A story's picture within a box of pixels."""
        return self.pictures.picture(article.image, width, height)

    def logo(self) -> Picture | None:
        """The masthead's logo, None for a name set in type."""
        logo = self.publication.logo
        if not logo:
            return None
        image = Image(file=logo) if isinstance(logo, Path) else Image(url=logo)
        return self.pictures.picture(image, *_LOGO)


def _tidy(text: str) -> str:
    """Plain text with no more than one empty line at a time."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"


def _bytes_as_sent(html: str) -> int:
    """Bytes of HTML once every slot holds the longest value it may."""
    slots = sum(
        html.count(slot.token) * max(0, _SLOT_VALUE - len(slot.token))
        for slot in slots_in(html=html, text="")
        if slot.form == "html"
    )
    return len(html.encode()) + slots
