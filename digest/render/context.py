"""What the templates of an email are given: docs/templates.md explains each name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Literal

from babel import Locale

from digest.core.colour import MIN_CONTRAST, contrast_ratio, make_readable, parse_hex
from digest.core.merge_fields import Form, merge_field_token
from digest.errors import TemplateError
from digest.models import Article, Edition, Problem, Publication, Section
from digest.render import wording
from digest.render.fit import Shown
from digest.render.languages import catalogue, locale_of, script_of
from digest.render.note import note_as_html, note_as_text
from digest.render.pictures import Picture, Pictures
from digest.render.templates import templates_of
from digest.render.untrusted import web_link

Layout = Literal["cards", "brief"]
"""`cards` has pictures, `brief` headlines with a line each."""

_BYLINE = 160
_LOGO = (300, 56)
"""Pixels that a logo may fill."""
_ACCENT = "#9b1c1f"
_SCRIPTS_WITH_CAPITALS = ("Latn", "Cyrl", "Grek", "Armn")

_FULL_ROWS: Mapping[Layout, str] = {"cards": "card.mjml", "brief": "brief.mjml"}
_COLOUR = re.compile("#[0-9a-fA-F]{6}")
_PAIRS = (("ink", "paper"), ("soft", "paper"), ("dark_ink", "dark_paper"), ("dark_soft", "dark_paper"))
"""Colours of the theme that stand on each other as text."""


EXCERPTS = {"lead": 240, "card": 140, "brief": 90}
"""Columns of type that a story's summary may take, by how the story is shown."""


def summary_of(article: Article, shown: str) -> str:
    """What a story is about: as an editor wrote it, else the beginning of its summary, as `EXCERPTS` has it."""
    return article.summary if article.section else wording.opening(article.summary, EXCERPTS[shown])


class Context:
    """One edition in one language as its templates see it; `problems` is what was wrong on the way."""

    def __init__(
        self,
        edition: Edition,
        publication: Publication,
        now: datetime,
        language: str,
        own: Path | None,
        reason: str,
        layout: Layout,
        *,
        preferences: bool = False,
    ) -> None:
        """Arguments as of `digest.render.render`. Raises TemplateError for a theme that cannot be used."""
        self.publication = publication
        self.now = now
        self.reason = reason
        self.layout: Layout = layout
        self.preferences = preferences
        self.pictures = Pictures()
        self.language = language
        self.problems: list[Problem] = []
        self.locale, self.words = self.spoken()
        self.edition = self.with_own_words(edition)
        self.mjml = templates_of(own, "html", self.locale)
        self.text = templates_of(own, "text", self.locale)
        self.theme = self.readable_theme()

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
                        location="theme.jinja",
                        hint='write it as in {% set ink = "#1c1a17" %}',
                    )
            ratio = contrast_ratio(parse_hex(theme[front]), parse_hex(theme[back]))
            if ratio < MIN_CONTRAST:
                what = f"{front} on {back} has a contrast of {ratio:.1f}, and text needs {MIN_CONTRAST}"
                self.problems.append(Problem("theme.jinja", what, "take a darker or a lighter one"))
        return theme

    def values(self, shown: Shown, *, subject: str, preheader: str) -> dict[str, Any]:
        """What templates may use: docs/templates.md explains each."""
        rtl = self.locale.text_direction == "rtl"
        capitals = script_of(self.locale) in _SCRIPTS_WITH_CAPITALS
        accent = self.publication.colour or _ACCENT
        return {
            **self.theme,
            "accent": make_readable(accent, self.theme["paper"]),
            "accent_dark": make_readable(accent, self.theme["dark_paper"]),
            "edition": shown.edition,
            "sections": shown.rows(_FULL_ROWS[self.layout], "headline.mjml"),
            "layout": self.layout,
            "publication": self.publication,
            "home": web_link(self.publication.url),
            "address": self.address(),
            "logo": self.pictures.picture(self.publication.logo, *_LOGO),
            "logo_dark": self.pictures.picture(self.publication.logo_dark, *_LOGO),
            "long_date": wording.long_date(self.edition.date, self.locale),
            "byline": self.byline,
            "picture_of": self.picture_of,
            "more": self.more,
            "summary_of": summary_of,
            "note": note_as_html(self.edition.note),
            "note_text": note_as_text(self.edition.note),
            "subject": subject,
            "preheader": preheader,
            "contents": self.contents(shown),
            "why": self.why("html"),
            "preferences": self.preferences,
            "lang": self.language,
            "dir": "rtl" if rtl else "ltr",
            "start": "right" if rtl else "left",
            "end": "left" if rtl else "right",
            # Letters that join must not be spaced; they stand taller, and so do those that fill a square.
            "caps": "letter-spacing: 0.6px; text-transform: uppercase;" if capitals else "",
            "leading": "1.5" if rtl else "1.25" if capitals else "1.4",
            "small_leading": "1.7" if rtl else "1.45" if capitals else "1.6",
        }

    def address(self) -> list[str]:
        """Who sends this and where from, line by line: the publication's name, once, and its postal address."""
        lines = [line.strip() for line in self.publication.postal_address.splitlines() if line.strip()]
        named = lines and lines[0].casefold().startswith(self.publication.name.casefold())
        return lines if named else [self.publication.name, *lines]

    def contents(self, shown: Shown) -> str:
        """What is inside, and how long this mail takes to read: how long the stories behind it take, nobody knows."""
        edition = shown.edition
        rest = "brief" if self.layout == "brief" else "card"
        words = [
            part
            for article in edition.articles
            for part in (article.headline, summary_of(article, "lead" if article is edition.lead else rest))
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
        return reason.replace("{email}", merge_field_token("email", form)).replace(
            "{publication}", self.publication.name
        )

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
