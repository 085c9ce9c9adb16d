"""Words that depend on language: dates, ages, lists of names, and excerpts cut where a reader would cut them."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from babel import Locale
from babel.dates import format_date, format_timedelta
from babel.lists import format_list

from digest.models import Author

_SENTENCE_END = re.compile(r"(?<=\w\w)[.!?][\"'\u2019\u201d\u00bb)]*(?=\s)|[\u3002\uff01\uff1f\u06d4]|(?= \u00b7 )")
"""Where a sentence ends: after a word of two letters at least, so not after an initial; or before a dot that parts."""

_WIDTH = 74
"""Columns of the plain text: below the 78 of RFC 5322 2.1.1, with room for a quoting mark."""

_WORDS = 238
"""Words read in a minute (Brysbaert 2019, a mean over 190 studies of English; other alphabets are not far from it)."""
_LETTERS = 300
"""Chinese or Japanese letters read in a minute (Trauzettel-Klosinski and Dietz 2012: 255 and 357)."""

_FLAG_HALVES = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def long_date(day: date, locale: Locale) -> str:
    """A date as a newspaper's masthead has it: "Monday, 23 November 2026"."""
    return format_date(day, "full", locale)


def age(published: datetime, now: datetime, locale: Locale) -> str:
    """How long ago, as in "3 days ago"; what was published just now, or a clock's error later, is a minute old."""
    passed = max(now - published, timedelta(minutes=1))
    return format_timedelta(-passed, granularity="minute", add_direction=True, locale=locale)


def names(authors: Sequence[Author], locale: Locale) -> str:
    """Authors as a byline has them, each with their role: "Ada Byron, Staff writer and Kenji Ota"."""
    return listed([", ".join(filter(None, (author.name, author.role))) for author in authors], locale)


def listed(items: Sequence[str], locale: Locale) -> str:
    """Items as a sentence has them: "a, b and c"."""
    return format_list(list(items), locale=locale)


def minutes(texts: Iterable[str], locale: Locale) -> str:
    """How long these texts take to read, at least a minute: "3 minutes"."""
    whole = " ".join(texts)
    letters = sum(unicodedata.east_asian_width(character) in "WF" for character in whole)
    taken = len(whole.split()) / _WORDS + letters / _LETTERS
    return format_timedelta(timedelta(minutes=max(1, round(taken))), granularity="minute", locale=locale)


def excerpt(text: str, length: int) -> str:
    """The beginning of a text, at most `length` characters: whole sentences if they fill half, else words."""
    if len(text) <= length:
        return text
    end = length - 1
    sentences = [match.end() for match in _SENTENCE_END.finditer(text, length // 2, length)]
    if sentences:
        return text[: sentences[-1]]
    space = text.rfind(" ", length // 2, end + 1)
    if space > 0:
        end = space
    # Chinese has no spaces, and a cut must not part a letter from its accent nor an emoji from its modifier.
    while end > 1 and (_joins(text[end - 1], text[end]) or _in_a_flag(text, end)):
        end -= 1
    return text[:end].rstrip(" ,;:.\u2013\u2014-…") + "…"


def opening(text: str, width: int) -> str:
    """The beginning of a text as `excerpt` cuts it, at most `width` columns of type."""
    return excerpt(text, width * len(text) // max(columns(text), 1))


def _joins(before: str, after: str) -> bool:
    joiners = ("\u200d", "\ufe0f")
    return (
        before == "\u200d"
        or after in joiners
        or unicodedata.category(after).startswith("M")
        or 0x1F3FB <= ord(after) <= 0x1F3FF  # noqa: PLR2004 - skin tones
    )


def _in_a_flag(text: str, end: int) -> bool:
    """Whether an odd number of regional indicators stands before a place: flags are pairs of them (UAX 29, GB12)."""
    before = text[:end]
    return (len(before) - len(before.rstrip(_FLAG_HALVES))) % 2 == 1 and text[end] in _FLAG_HALVES


def columns(text: str) -> int:
    """How many columns a text takes in a terminal's type: Chinese, Japanese and Korean letters take two (UAX 11)."""
    return len(text) + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def wrap(text: str) -> str:
    """Plain text in lines; a link is never broken, a script without spaces is broken anywhere."""
    wide = columns(text) > 1.5 * len(text)
    return textwrap.fill(text, _WIDTH // 2 if wide else _WIDTH, break_long_words=wide, break_on_hyphens=False)


def heading(text: str) -> str:
    """A section's name in plain text, with a line under it."""
    return f"{text.upper()}\n{'=' * min(columns(text), _WIDTH)}"
