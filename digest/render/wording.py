"""What an email says in its own words, in a language: its sentences, dates, ages and lists of names.

The words that stand alone ("Unsubscribe") are in the templates; the translations of both are in `locale/`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from gettext import NullTranslations

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.lists import format_list

from digest.models import Article, Author, Cadence, Section
from digest.render.text_layout import excerpt

_WORDS_PER_MINUTE = 238
"""Reading speed (Brysbaert 2019, a mean over 190 studies of English; other alphabets are not far from it)."""
_CHARACTERS_PER_MINUTE = 300
"""Reading speed in Chinese and Japanese (Trauzettel-Klosinski and Dietz 2012: 255 and 357)."""
_MAX_NAMES = 160
"""Characters of the names in a byline."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of an email in one language; the message ids of `translations` are the English ones."""

    locale: Locale
    translations: NullTranslations

    def write_byline(self, article: Article, now: datetime) -> str:
        """Return authors, age and other sources: "By Ada Byron · 3 hours ago · also in The Post"."""
        _ = self.translations.gettext
        parts = []
        if article.authors:
            names = excerpt(format_authors(article.authors, self.locale), _MAX_NAMES)
            parts.append(_("By {names}").format(names=names))
        if article.published:
            parts.append(format_age(article.published, now, self.locale))
        if article.also_in:
            names = excerpt(format_names(article.also_in, self.locale), _MAX_NAMES)
            parts.append(_("also in {names}").format(names=names))
        return " · ".join(parts)

    def count_more(self, section: Section) -> str:
        """Return how many stories a limit left out of a section: "and 4 more in World"."""
        text = self.translations.ngettext(
            "and {count} more in {section}", "and {count} more in {section}", section.more
        )
        return text.format(count=section.more, section=section.name)

    def describe_contents(self, stories: int, texts: Iterable[str]) -> str:
        """Return the number of stories and how long the texts take to read: "12 stories in 3 minutes"."""
        count = self.translations.ngettext("{count} story", "{count} stories", stories).format(count=stories)
        minutes = format_reading_time(texts, self.locale)
        return self.translations.gettext("{stories} in {minutes}").format(stories=count, minutes=minutes)

    def explain_subscription(self, cadence: Cadence) -> str:
        """Return why a subscriber gets the email, with `{email}` and `{publication}` to fill in."""
        _ = self.translations.gettext
        if cadence == "weekly":
            return _("You get this because {email} is subscribed to the weekly digest of {publication}.")
        return _("You get this because {email} is subscribed to the daily digest of {publication}.")

    def translate_section_name(self, name: str) -> str:
        """Return the name of a section, translated if digest itself chose it."""
        _ = self.translations.gettext
        return {"Latest": _("Latest"), "More stories": _("More stories")}.get(name, name)


def format_long_date(day: date, locale: Locale) -> str:
    """Return a date as a newspaper's masthead shows it: "Monday, 23 November 2026"."""
    return format_date(day, "full", locale)


def format_age(published: datetime, now: datetime, locale: Locale) -> str:
    """Return how long ago something was published: "3 days ago".

    It is at least a minute, also where a wrong clock puts it in the future.
    """
    age = max(now - published, timedelta(minutes=1))
    return format_timedelta(-age, granularity="minute", add_direction=True, locale=locale)


def format_authors(authors: Sequence[Author], locale: Locale) -> str:
    """Return the authors of a byline, each with their role: "Ada Byron, Staff writer and Kenji Ota"."""
    return format_names([", ".join(filter(None, (author.name, author.role))) for author in authors], locale)


def format_names(names: Sequence[str], locale: Locale) -> str:
    """Return names as a sentence lists them: "a, b and c"."""
    return format_list(list(names), locale=locale)


def format_reading_time(texts: Iterable[str], locale: Locale) -> str:
    """Return how long the texts take to read, at least a minute: "3 minutes"."""
    text = " ".join(texts)
    wide_characters = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    minutes = len(text.split()) / _WORDS_PER_MINUTE + wide_characters / _CHARACTERS_PER_MINUTE
    return format_timedelta(timedelta(minutes=max(1, round(minutes))), granularity="minute", locale=locale)
