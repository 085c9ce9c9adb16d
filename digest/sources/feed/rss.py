"""RSS 2.0, RSS 1.0 and Atom, through feedparser."""

from __future__ import annotations

import calendar
import io
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import feedparser

from digest.core.text import clean_line
from digest.errors import SourceError
from digest.models import Image, Problem, Source
from digest.sources.dates import to_utc
from digest.sources.feed.entry import Entry, Feed
from digest.sources.fetch import find_feed_url
from digest.sources.http import Document
from digest.sources.images import parse_pixels
from digest.sources.normalize import parse_authors
from digest.sources.sanitize import strip_markup

# &#55357; or &#xD83D;: half of an emoji, which XML does not allow as a character and which makes feedparser raise.
_SURROGATE = re.compile(
    rb"(?i)&#(?:0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3])|x0*d[89a-f][0-9a-f]{2});"
)


def parse_rss(document: Document, source: Source) -> Feed:
    """Parse a feed in XML. Raises SourceError if it is not a feed."""
    body = _SURROGATE.sub(b"", document.body.lstrip())
    headers = {"content-location": document.url or "", "content-type": document.content_type or "application/xml"}
    with warnings.catch_warnings():
        # feedparser hands the HTML of entries to parsers that warn about their guesses.
        warnings.simplefilter("ignore")
        try:
            parsed = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False)
        except Exception as error:  # noqa: BLE001 - it lets errors of codecs and of the parsers beneath it through
            message = f"cannot be read as a feed: {clean_line(str(error))[:120] or type(error).__name__}"
            raise SourceError(message, location=source.location, hint="tell the site's webmaster") from None
    if not parsed.get("version") and not parsed.entries:
        raise _make_not_a_feed_error(document, source, parsed.get("bozo_exception"))
    problems: tuple[Problem, ...] = ()
    fault = parsed.get("bozo_exception")
    if parsed.bozo and isinstance(fault, Exception) and type(fault).__name__ == "SAXParseException":
        problems = (_report_malformed(document, source, fault, len(parsed.entries)),)
    language = clean_line(str(parsed.feed.get("language", "")))
    entries = [_to_entry(entry, language) for entry in parsed.entries]
    return Feed(entries, problems, str(parsed.feed.get("link", "") or ""))


def _report_malformed(document: Document, source: Source, fault: Exception, count: int) -> Problem:
    # If there is no XML declaration, feedparser adds one on a line of its own.
    added_lines = not document.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml")
    line = getattr(fault, "getLineNumber", lambda: 0)() - added_lines
    location = f"{source.location}:{line}" if line else source.location
    message = f"malformed XML ({_get_message(fault)}); {count} entries could be read"
    return Problem(location, message, "tell the site's webmaster: entries may be missing")


def _make_not_a_feed_error(document: Document, source: Source, fault: Any) -> SourceError:
    if document.is_html:
        feed_url = find_feed_url(document)
        hint = f"use {feed_url}" if feed_url else "look for the address of the site's feed"
        return SourceError("is a web page, not a feed", location=source.location, hint=hint)
    message = f"is not a feed ({_get_message(fault)})" if isinstance(fault, Exception) else "is not a feed"
    hint = "open it in a browser; digest reads RSS, Atom and JSON Feed"
    return SourceError(message, location=source.location, hint=hint)


def _get_message(fault: Exception) -> str:
    return clean_line(str(getattr(fault, "getMessage", lambda: fault)()))


def _to_entry(entry: Any, language: str) -> Entry:
    contents = [content.get("value", "") for content in entry.get("content", [])]
    summary = entry.get("summary", "") or ""
    body = summary or (contents[0] if contents else "")
    published, invalid_date = _parse_date(entry)
    return Entry(
        title=entry.get("title", "") or "",
        url=entry.get("link", "") or "",
        guid=entry.get("id", "") or "",
        html=" ".join([body, *contents]) if body not in contents else " ".join(contents),
        text=strip_markup(body) if body else "",
        published=published,
        invalid_date=invalid_date,
        categories=[strip_markup(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", [])],
        authors=parse_authors(_find_author_names(entry)),
        images=list(_find_images(entry)),
        language=language,
    )


def _find_author_names(entry: Any) -> list[str]:
    # feedparser has the same person in `authors` and in `author`, the latter with an address.
    names = [person.get("name", "") for person in entry.get("authors", []) if person]
    return names if any(names) else [entry.get("author", "") or ""]


def _parse_date(entry: Any) -> tuple[datetime | None, str]:
    """Return the date of an entry, or None and the date as the feed has it if it cannot be read."""
    written = ""
    for key in ("published", "updated", "created"):
        # Asked for a missing `updated`, feedparser returns `published` and warns: so ask only for what is there.
        written = written or str((key in entry and entry[key]) or "")
        if parts := f"{key}_parsed" in entry and entry[f"{key}_parsed"]:
            try:
                return datetime.fromtimestamp(calendar.timegm(parts), UTC), ""
            except (ValueError, OverflowError, OSError):
                continue
    # feedparser gives up on a weekday in Italian, and on a weekday in a date without a zone.
    with suppress(ValueError, OverflowError):
        return to_utc(parsedate_to_datetime(written)), ""
    return None, written


def _find_images(entry: Any) -> Iterator[Image]:
    for media in entry.get("media_content", []):
        kind = media.get("medium") or media.get("type", "")
        url = media.get("url", "")
        if kind.startswith("image") or (not kind and re.search(r"(?i)\.(jpe?g|png|webp|gif)(\?|$)", url)):
            yield _to_image(media)
    for enclosure in entry.get("enclosures", []):
        if str(enclosure.get("type", "")).startswith("image"):
            yield Image(enclosure.get("href", "") or enclosure.get("url", ""))
    for media in entry.get("media_thumbnail", []):
        yield _to_image(media)
    if image := entry.get("image"):
        yield Image(str(image.get("href", "") if hasattr(image, "get") else image))


def _to_image(media: Any) -> Image:
    return Image(media.get("url", ""), None, "", parse_pixels(media.get("width")), parse_pixels(media.get("height")))
