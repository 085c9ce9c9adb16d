"""A feed and its entries, in the same form whatever the format; and an entry as an Article."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest.core.text import clean_line
from digest.models import Article, Author, Image, Problem, Source
from digest.sources.images import choose_image, find_images
from digest.sources.normalize import (
    MAX_HEADLINE_LENGTH,
    absolute_url,
    derive_headline,
    strip_boilerplate,
    truncate_summary,
)
from digest.sources.sanitize import html_to_text, strip_markup


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. Title, URL, guid and HTML are as the feed has them; everything else is clean."""

    title: str
    url: str
    guid: str
    html: str
    text: str
    """The excerpt; if it is empty, that of `html` is used."""
    published: datetime | None
    invalid_date: str
    """The date as the feed has it, if it cannot be read."""
    categories: Sequence[str]
    authors: Sequence[Author]
    images: Sequence[Image]
    language: str


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed's entries, the problems with it, and the address of the site it says it belongs to."""

    entries: Sequence[Entry]
    problems: tuple[Problem, ...] = ()
    home: str = ""


def to_article(entry: Entry, source: Source, base: str) -> Article | None:
    """Return an entry as an Article, None if it has neither title nor text; relative URLs refer to `base`."""
    summary = entry.text or html_to_text(entry.html)
    title = strip_markup(entry.title)[:MAX_HEADLINE_LENGTH].strip()
    summary = strip_boilerplate(truncate_summary(summary), title)
    headline = title or derive_headline(summary)
    if not headline:
        return None
    if summary == headline:
        summary = ""
    categories: dict[str, str] = {}
    for name in filter(None, entry.categories):
        categories.setdefault(name.casefold(), name)
    url = absolute_url(entry.url, base) or absolute_url(entry.guid, "")
    return Article(
        url=url,
        headline=headline,
        source=source.name,
        guid=clean_line(entry.guid)[:MAX_HEADLINE_LENGTH],
        summary=summary,
        published=entry.published,
        categories=tuple(categories.values()) or ((source.category,) if source.category else ()),
        authors=tuple(dict.fromkeys(entry.authors)),
        image=choose_image((*entry.images, *find_images(entry.html)), url or base),
        language=entry.language,
    )
