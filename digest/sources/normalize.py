"""The parts of an article, as any source may tell them: its address, headline, words, authors and moment."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import parseaddr
from urllib.parse import urljoin

from digest.core.text import clean_line
from digest.models import Author
from digest.sources.sanitize import text_of

SUMMARY_LENGTH = 2_000
"""Characters of an article's text that are kept: an excerpt is cut from them later."""

HEADLINE_LENGTH = 500


def web_address(value: str, base: str) -> str:
    """An absolute http or https URL, or nothing: a feed's links lead nowhere else."""
    # An empty link joined to a feed's address would give that address.
    told = "".join(value.split())
    try:
        url = urljoin(base, told) if told and base else told
    except ValueError:
        return ""
    return url if re.match(r"https?://[^/]", url, re.IGNORECASE) and clean_line(url) == url else ""


def author_of(name: str) -> Author | None:
    """A name as `Jane Doe`, `jane@example.com (Jane Doe)` or `Jane Doe <jane@example.com>`; an address alone: none."""
    text = text_of(name)
    if bracketed := re.fullmatch(r"\S+@\S+\s+\((.+)\)", text):
        text = bracketed[1]
    elif "@" in text:
        text = parseaddr(text)[0]
    text = re.sub(r"^(?:(?:article|written|posted|story)\s+)?by\b\s*", "", text, flags=re.IGNORECASE)
    return Author(text[:100]) if text else None


def authors_of(names: Iterable[str]) -> tuple[Author, ...]:
    """Those of these names that name somebody."""
    return tuple(author for name in names if name and (author := author_of(name)))


def cut(summary: str) -> str:
    """As much of it as is kept, ending with a whole word where words are parted by spaces."""
    if len(summary) <= SUMMARY_LENGTH:
        return summary
    kept, _, torn = summary[: SUMMARY_LENGTH + 1].rpartition(" ")
    return kept if kept and len(torn) < 50 else summary[:SUMMARY_LENGTH]  # noqa: PLR2004 - longer than any word


def first_words(summary: str) -> str:
    """A headline for an entry that has none, as in social feeds: its first sentence, or the beginning of it."""
    sentence = re.split(r"(?<=[.!?])\s|(?<=[\u3002\uff01\uff1f])", summary, maxsplit=1)[0]
    words = sentence if len(sentence) <= 100 else sentence[:100].rsplit(" ", 1)[0] + "…"  # noqa: PLR2004 - a headline's length
    return words.strip()


def iso_moment(value: str) -> datetime | None:
    """An RFC 3339 moment in UTC; one without an offset is taken as UTC."""
    try:
        return in_utc(datetime.fromisoformat(value.strip()))
    except (ValueError, OverflowError):
        return None


def in_utc(moment: datetime) -> datetime:
    """A moment in UTC; one without an offset is taken as UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
