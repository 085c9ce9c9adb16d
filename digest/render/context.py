"""Provide what the templates of an email can use; docs/templates.md explains each name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from gettext import NullTranslations
from pathlib import Path
from typing import Any, Literal

from babel import Locale

from digest.core.colour import make_readable
from digest.core.merge_fields import Form, merge_field_token
from digest.models import Article, Edition, Problem, Publication
from digest.render.languages import find_locale, find_script, load_translations
from digest.render.note import note_to_html, note_to_text
from digest.render.pictures import Picture, Pictures
from digest.render.sanitize import sanitize_url
from digest.render.size_budget import TrimmedEdition
from digest.render.templates import load_templates
from digest.render.text_layout import truncate_to_width
from digest.render.theme import find_unreadable_text, read_theme
from digest.render.wording import Wording, format_long_date

Layout = Literal["cards", "brief"]
"""`cards` has pictures, `brief` headlines with a line each."""

SUMMARY_WIDTHS = {"lead": 240, "card": 140, "brief": 90}
"""Columns that a story's summary may take, by how the story is shown."""

_LOGO_BOX = (300, 56)
"""Pixels that a logo may fill."""
_ACCENT = "#9b1c1f"
_SCRIPTS_WITH_CAPITALS = ("Latn", "Cyrl", "Grek", "Armn")
_ROW_TEMPLATES: Mapping[Layout, str] = {"cards": "card.mjml", "brief": "brief.mjml"}


def summarize(article: Article, shown_as: str) -> str:
    """Return an article's summary: whole if an editor wrote it, else its beginning, within `SUMMARY_WIDTHS`."""
    return article.summary if article.section else truncate_to_width(article.summary, SUMMARY_WIDTHS[shown_as])


class TemplateContext:
    """One edition in one language, as its templates see it; `problems` collects what went wrong on the way."""

    def __init__(
        self,
        edition: Edition,
        publication: Publication,
        now: datetime,
        language: str,
        own_templates: Path | None,
        reason: str,
        layout: Layout,
        *,
        preferences: bool = False,
    ) -> None:
        """Take the arguments of `digest.render.render`. Raises TemplateError for a theme that cannot be used."""
        self.publication = publication
        self.problems: list[Problem] = []
        self.pictures = Pictures()
        self._now = now
        self._reason = reason
        self._layout: Layout = layout
        self._preferences = preferences
        self._language = language
        self._wording = self._choose_wording()
        self._locale = self._wording.locale
        self.edition = self._translate_section_names(edition)
        self.mjml = load_templates(own_templates, "html", self._locale)
        self.text = load_templates(own_templates, "text", self._locale)
        self._theme = read_theme(self.text)
        self.problems += find_unreadable_text(self._theme)

    def values(self, trimmed: TrimmedEdition, *, subject: str, preheader: str) -> dict[str, Any]:
        """Return the variables and functions of the templates by name; docs/templates.md explains each."""
        return {
            **self._theme,
            **self._accents(),
            **self._language_values(),
            "edition": trimmed.edition,
            "sections": trimmed.rows(_ROW_TEMPLATES[self._layout], "headline.mjml"),
            "layout": self._layout,
            "publication": self.publication,
            "home": sanitize_url(self.publication.url),
            "address": self._address_lines(),
            "logo": self.pictures.fit(self.publication.logo, *_LOGO_BOX),
            "logo_dark": self.pictures.fit(self.publication.logo_dark, *_LOGO_BOX),
            "long_date": format_long_date(self.edition.date, self._locale),
            "byline": lambda article: self._wording.write_byline(article, self._now),
            "picture_of": self._picture_of,
            "more": self._wording.count_more,
            "summary_of": summarize,
            "note": note_to_html(self.edition.note),
            "note_text": note_to_text(self.edition.note),
            "subject": subject,
            "preheader": preheader,
            "contents": self._contents(trimmed.edition),
            "why": self.explain_subscription("html"),
            "preferences": self._preferences,
        }

    def explain_subscription(self, form: Form) -> str:
        """Return the sentence that says why the reader gets this email."""
        reason = self._reason or self._wording.explain_subscription(self.edition.cadence)
        # Not str.format: people write reasons, and braces in them.
        return reason.replace("{email}", merge_field_token("email", form)).replace(
            "{publication}", self.publication.name
        )

    def _choose_wording(self) -> Wording:
        """Return the wording in the readers' language; in English for an unknown one."""
        locale = find_locale(self._language)
        if locale is None:
            message = f"the language `{self._language}` is not known"
            self.problems.append(Problem("language", message, "dates and fixed words are in English"))
            return Wording(Locale("en"), NullTranslations())
        translations = load_translations(locale)
        if translations is None:
            message = f"digest is not translated into `{self._language}` yet"
            self.problems.append(Problem("language", message, "dates are in that language, fixed words in English"))
        return Wording(locale, translations or NullTranslations())

    def _translate_section_names(self, edition: Edition) -> Edition:
        """Return the edition with the sections that digest itself named in the reader's language."""
        translate = self._wording.translate_section_name
        return replace(
            edition,
            lead_section=translate(edition.lead_section),
            sections=tuple(replace(section, name=translate(section.name)) for section in edition.sections),
        )

    def _accents(self) -> dict[str, str]:
        accent = self.publication.colour or _ACCENT
        return {
            "accent": make_readable(accent, self._theme["paper"]),
            "accent_dark": make_readable(accent, self._theme["dark_paper"]),
        }

    def _language_values(self) -> dict[str, str]:
        is_rtl = self._locale.text_direction == "rtl"
        has_capitals = find_script(self._locale) in _SCRIPTS_WITH_CAPITALS
        return {
            "lang": self._language,
            "dir": "rtl" if is_rtl else "ltr",
            "start": "right" if is_rtl else "left",
            "end": "left" if is_rtl else "right",
            # Joined letters must not be spaced. They are taller, as are characters that fill a square.
            "caps": "letter-spacing: 0.6px; text-transform: uppercase;" if has_capitals else "",
            "leading": "1.5" if is_rtl else "1.25" if has_capitals else "1.4",
            "small_leading": "1.7" if is_rtl else "1.45" if has_capitals else "1.6",
        }

    def _address_lines(self) -> list[str]:
        """Return who sends this and from where: the publication's name, once, then its postal address."""
        lines = [line.strip() for line in self.publication.postal_address.splitlines() if line.strip()]
        has_name = lines and lines[0].casefold().startswith(self.publication.name.casefold())
        return lines if has_name else [self.publication.name, *lines]

    def _contents(self, edition: Edition) -> str:
        """Return the number of stories and how long this email takes to read, not the articles it links to."""
        others_as = "brief" if self._layout == "brief" else "card"
        texts = [
            text
            for article in edition.articles
            for text in (article.headline, summarize(article, "lead" if article is edition.lead else others_as))
        ]
        return self._wording.describe_contents(len(edition.articles), texts)

    def _picture_of(self, article: Article, width: int, height: int) -> Picture | None:
        """Return a story's picture within a box in pixels."""
        return self.pictures.fit(article.image, width, height)
