"""JSON Feed (https://www.jsonfeed.org/version/1.1/)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from digest.core.text import clean_line
from digest.errors import SourceError
from digest.models import Image, Source
from digest.sources.dates import parse_iso_date
from digest.sources.feed.entry import Entry, Feed
from digest.sources.http import Document
from digest.sources.normalize import as_string, parse_authors
from digest.sources.sanitize import strip_markup


def parse_json_feed(document: Document, source: Source) -> Feed:
    """Parse a JSON Feed. Raises SourceError if it is not one."""
    try:
        feed = json.loads(document.body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        message, hint = f"is not valid JSON: {error}", "tell the site's webmaster"
        raise SourceError(message, location=source.location, hint=hint) from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        hint = "look for the address of the site's feed"
        raise SourceError("is JSON but not a JSON Feed", location=source.location, hint=hint)
    language = as_string(feed.get("language"))
    authors = _find_author_names(feed)
    # An item that is not an object has neither title nor text, and is reported as such.
    entries = [_to_entry(item if isinstance(item, dict) else {}, language, authors) for item in items]
    return Feed(entries, home=as_string(feed.get("home_page_url")))


def _to_entry(item: Mapping[str, Any], language: str, feed_authors: list[str]) -> Entry:
    written = as_string(item.get("date_published")) or as_string(item.get("date_modified"))
    published = parse_iso_date(written)
    tags = item.get("tags")
    images = [as_string(item.get(key)) for key in ("image", "banner_image")]
    return Entry(
        title=as_string(item.get("title")),
        url=as_string(item.get("url")) or as_string(item.get("external_url")),
        guid=str(item.get("id", "") or ""),
        html=as_string(item.get("content_html")),
        text=clean_line(as_string(item.get("summary")) or as_string(item.get("content_text"))),
        published=published,
        invalid_date="" if published else written,
        categories=[strip_markup(tag) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
        authors=parse_authors(_find_author_names(item) or feed_authors),
        images=[Image(url) for url in images if url],
        language=clean_line(as_string(item.get("language")) or language),
    )


def _find_author_names(item: Mapping[str, Any]) -> list[str]:
    authors = item.get("authors")
    people = authors if isinstance(authors, list) else [item.get("author")]
    return [as_string(person.get("name")) for person in people if isinstance(person, dict)]
