"""Format dates, ages, reading times and lists of names in a language.

The sentences around them, such as the byline's "By {names}", are in `context.py` and the templates; their translations
are in `locale/`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.lists import format_list

from digest.models import Author

_WORDS_PER_MINUTE = 238
"""Reading speed (Brysbaert 2019, a mean over 190 studies of English; other alphabets are not far from it)."""
_CHARACTERS_PER_MINUTE = 300
"""Reading speed in Chinese and Japanese (Trauzettel-Klosinski and Dietz 2012: 255 and 357)."""


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
