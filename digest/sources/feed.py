"""Feeds: RSS 2.0, RSS 1.0 and Atom through feedparser, and JSON Feed."""

from __future__ import annotations

import calendar
import io
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import feedparser

from digest.core.text import clean_line
from digest.errors import SourceError
from digest.models import Article, FetchResult, Image, Problem, Source
from digest.sources.boilerplate import without_boilerplate
from digest.sources.context import Context
from digest.sources.discovery import feed_of, is_web_page
from digest.sources.fetch import retrieve
from digest.sources.http import Document
from digest.sources.normalize import (
    HEADLINE_LENGTH,
    authors_of,
    cut,
    first_words,
    in_utc,
    iso_moment,
    web_address,
)
from digest.sources.pictures import best_image, body_images, pixels
from digest.sources.sanitize import text_of, text_of_html

_ACCEPT = "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


def read(source: Source, context: Context) -> FetchResult:
    """Fetch and parse a feed; from a web page that names its feed, that one. Raises SourceError for no feed at all."""
    document = retrieve(source, context, _ACCEPT)
    if document.url and is_web_page(document) and (found := feed_of(document)):
        problem = Problem(source.location, f"is a web page: its feed {found} was read", "put that into digest.toml")
        result = parse(context.web.get(found, _ACCEPT), source)
        return replace(result, problems=(problem, *result.problems))
    return parse(document, source)


def parse(document: Document, source: Source) -> FetchResult:
    """A feed's bytes into a FetchResult; each entry that cannot be an Article is named in its problems.

    Raises:
        SourceError: it is HTML or otherwise not a feed.
    """
    if document.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        feed = _json_feed(document, source)
    else:
        feed = _xml_feed(document, source)
    # A feed read from a file has no address of its own, but says whose it is.
    base = document.url or web_address(feed.home, "")
    articles: list[Article] = []
    empty, undated, unlinked = _Fault(), _Fault(), _Fault()
    for number, entry in enumerate(feed.entries, 1):
        article = _article(entry, source, base)
        if article is None:
            empty.add(number)
            continue
        articles.append(article)
        if entry["date_is_wrong"]:
            undated.add(number, entry["date_is_wrong"])
        if entry["url"] and not article.url:
            unlinked.add(number, entry["url"])
    problems = (
        *feed.problems,
        *empty.told(source, "neither title nor text", "left out"),
        *undated.told(source, "a date that cannot be read", "taken as undated"),
        *unlinked.told(source, "a link that is no web address", "shown without a link"),
    )
    return FetchResult(source, tuple(articles), problems)


@dataclass(slots=True)
class _Fault:
    """The same trouble in some of a feed's entries, said once."""

    numbers: list[int] = field(default_factory=list)
    example: str = ""

    def add(self, number: int, example: str = "") -> None:
        self.example = self.example or clean_line(example)[:80]
        self.numbers.append(number)

    def told(self, source: Source, what: str, outcome: str) -> Iterator[Problem]:
        if not self.numbers:
            return
        who = "an entry has" if len(self.numbers) == 1 else f"{len(self.numbers)} entries have"
        which = f"number {self.numbers[0]}" + (" and others" if len(self.numbers) > 1 else "")
        example = f": {self.example!r}" if self.example else ""
        yield Problem(source.location, f"{who} {what} ({which}{example})", outcome)


@dataclass(frozen=True, slots=True)
class _Feed:
    """A feed of any format: its entries, what was wrong with it, and the page that it says it belongs to."""

    entries: list[_Entry]
    problems: tuple[Problem, ...] = ()
    home: str = ""


# --- one entry, whatever the format, as a plain mapping; then as an Article -------------------------------------------

_Entry = Mapping[str, Any]
"""Keys: title, url, guid, html, text, published (aware or None), date_is_wrong, categories, authors, images,
language."""


def _article(entry: _Entry, source: Source, base: str) -> Article | None:
    body = entry["html"]
    summary = entry["text"] or text_of_html(body)
    title = text_of(entry["title"])[:HEADLINE_LENGTH].strip()
    summary = without_boilerplate(cut(summary), title)
    headline = title or first_words(summary)
    if not headline:
        return None
    if summary == headline:
        summary = ""
    categories: dict[str, str] = {}
    for name in filter(None, entry["categories"]):
        categories.setdefault(name.casefold(), name)
    url = web_address(entry["url"], base) or web_address(entry["guid"], "")
    return Article(
        url=url,
        headline=headline,
        source=source.name,
        guid=clean_line(entry["guid"])[:HEADLINE_LENGTH],
        summary=summary,
        published=entry["published"],
        categories=tuple(categories.values()) or ((source.category,) if source.category else ()),
        authors=tuple(dict.fromkeys(entry["authors"])),
        image=best_image((*entry["images"], *body_images(body)), url or base),
        language=entry["language"],
    )


# --- RSS and Atom -----------------------------------------------------------------------------------------------------


# &#55357; or &#xD83D;: half of an emoji, which is no character of XML and makes feedparser raise.
_HALF_CHARACTER = re.compile(
    rb"(?i)&#(?:0*(?:5529[6-9]|55[3-9]\d\d|56\d{3}|57[0-2]\d\d|573[0-3]\d|5734[0-3])|x0*d[89a-f][0-9a-f]{2});"
)


def _xml_feed(document: Document, source: Source) -> _Feed:
    body = _HALF_CHARACTER.sub(b"", document.body.lstrip())
    headers = {"content-location": document.url or "", "content-type": document.content_type or "application/xml"}
    with warnings.catch_warnings():
        # feedparser hands entries' HTML to parsers that warn of what they guess.
        warnings.simplefilter("ignore")
        try:
            parsed = feedparser.parse(io.BytesIO(body), response_headers=headers, sanitize_html=False)
        except Exception as error:  # noqa: BLE001 - it lets through what codecs and parsers beneath it raise
            what = f"cannot be read as a feed: {clean_line(str(error))[:120] or type(error).__name__}"
            raise SourceError(what, location=source.location, hint="tell the site's webmaster") from None
    if not parsed.get("version") and not parsed.entries:
        raise _no_feed(document, source, parsed.get("bozo_exception"))
    problems: tuple[Problem, ...] = ()
    fault = parsed.get("bozo_exception")
    if parsed.bozo and isinstance(fault, Exception) and type(fault).__name__ == "SAXParseException":
        # feedparser puts a declaration on a line of its own where there is none.
        added = not document.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml")
        line = getattr(fault, "getLineNumber", lambda: 0)() - added
        where = f"{source.location}:{line}" if line else source.location
        what = f"malformed XML ({_message(fault)}); {len(parsed.entries)} entries could be read"
        problems = (Problem(where, what, "tell the site's webmaster: entries may be missing"),)
    language = clean_line(str(parsed.feed.get("language", "")))
    entries = [_xml_entry(entry, language) for entry in parsed.entries]
    return _Feed(entries, problems, str(parsed.feed.get("link", "") or ""))


def _message(fault: Exception) -> str:
    return clean_line(str(getattr(fault, "getMessage", lambda: fault)()))


def _xml_entry(entry: Any, language: str) -> _Entry:
    contents = [content.get("value", "") for content in entry.get("content", [])]
    summary = entry.get("summary", "") or ""
    body = summary or (contents[0] if contents else "")
    published, wrong = _xml_date(entry)
    return {
        "title": entry.get("title", "") or "",
        "url": entry.get("link", "") or "",
        "guid": entry.get("id", "") or "",
        "html": " ".join([body, *contents]) if body not in contents else " ".join(contents),
        "text": text_of(body) if body else "",
        "published": published,
        "date_is_wrong": wrong,
        "categories": [text_of(tag.get("label") or tag.get("term") or "") for tag in entry.get("tags", [])],
        "authors": authors_of(_xml_author_names(entry)),
        "images": list(_xml_images(entry)),
        "language": language,
    }


def _xml_author_names(entry: Any) -> list[str]:
    # feedparser gives the same person in `authors` and in `author`, the latter with an address.
    names = [person.get("name", "") for person in entry.get("authors", []) if person]
    return names if any(names) else [entry.get("author", "") or ""]


def _xml_date(entry: Any) -> tuple[datetime | None, str]:
    told = ""
    for key in ("published", "updated", "created"):
        # Asked for `updated`, feedparser answers with `published`, and warns: so only for what is there.
        told = told or str((key in entry and entry[key]) or "")
        if parts := f"{key}_parsed" in entry and entry[f"{key}_parsed"]:
            try:
                return datetime.fromtimestamp(calendar.timegm(parts), UTC), ""
            except (ValueError, OverflowError, OSError):
                continue
    # feedparser gives up on a weekday in Italian, and on one without a zone after the time.
    with suppress(ValueError, OverflowError):
        return in_utc(parsedate_to_datetime(told)), ""
    return None, told


def _xml_images(entry: Any) -> Iterator[Image]:
    for media in entry.get("media_content", []):
        kind = media.get("medium") or media.get("type", "")
        if kind.startswith("image") or (
            not kind and re.search(r"(?i)\.(jpe?g|png|webp|gif)(\?|$)", media.get("url", ""))
        ):
            yield Image(media.get("url", ""), None, "", pixels(media.get("width")), pixels(media.get("height")))
    for enclosure in entry.get("enclosures", []):
        if str(enclosure.get("type", "")).startswith("image"):
            yield Image(enclosure.get("href", "") or enclosure.get("url", ""))
    for media in entry.get("media_thumbnail", []):
        yield Image(media.get("url", ""), None, "", pixels(media.get("width")), pixels(media.get("height")))
    if image := entry.get("image"):
        yield Image(str(image.get("href", "") if hasattr(image, "get") else image))


def _no_feed(document: Document, source: Source, fault: Any) -> SourceError:
    if is_web_page(document):
        found = feed_of(document)
        hint = f"use {found}" if found else "look up the feed's own address"
        return SourceError("is a web page, not a feed", location=source.location, hint=hint)
    what = f"is not a feed ({_message(fault)})" if isinstance(fault, Exception) else "is not a feed"
    return SourceError(what, location=source.location, hint="look at it in a browser: RSS, Atom and JSON Feed are read")


# --- JSON Feed (https://www.jsonfeed.org/version/1.1/) ----------------------------------------------------------------


def _json_feed(document: Document, source: Source) -> _Feed:
    try:
        feed = json.loads(document.body.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise SourceError(f"is not valid JSON: {error}", location=source.location, hint="tell its webmaster") from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise SourceError(
            "is JSON but not a JSON Feed", location=source.location, hint="look up the feed's own address"
        )
    language = _string(feed, "language")
    feed_authors = _json_people(feed)
    # What is no object has neither title nor text, and is told of as such.
    entries = [_json_entry(item if isinstance(item, dict) else {}, language, feed_authors) for item in items]
    return _Feed(entries, home=_string(feed, "home_page_url"))


def _json_entry(item: Mapping[str, Any], language: str, feed_authors: list[str]) -> _Entry:
    told = _string(item, "date_published") or _string(item, "date_modified")
    published = iso_moment(told)
    tags = item.get("tags")
    return {
        "title": _string(item, "title"),
        "url": _string(item, "url") or _string(item, "external_url"),
        "guid": str(item.get("id", "") or ""),
        "html": _string(item, "content_html"),
        "text": clean_line(_string(item, "summary") or _string(item, "content_text")),
        "published": published,
        "date_is_wrong": "" if published else told,
        "categories": [text_of(tag) for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
        "authors": authors_of(_json_people(item) or feed_authors),
        "images": [Image(_string(item, key)) for key in ("image", "banner_image") if _string(item, key)],
        "language": clean_line(_string(item, "language") or language),
    }


def _json_people(item: Mapping[str, Any]) -> list[str]:
    people = item.get("authors") if isinstance(item.get("authors"), list) else [item.get("author")]
    return [_string(person, "name") for person in people or [] if isinstance(person, dict)]


def _string(item: Mapping[str, Any], key: str) -> str:
    value = item.get(key)
    return value if isinstance(value, str) else ""
