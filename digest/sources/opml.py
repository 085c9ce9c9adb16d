"""OPML lists of feeds (http://opml.org/spec2.opml); each feed becomes a source of its own."""

from __future__ import annotations

from lxml import etree

from digest.core.text import clean_line
from digest.errors import SourceError
from digest.models import FetchResult, Problem, Source
from digest.sources.fetch import FetchContext, fetch_document
from digest.sources.http import Document
from digest.sources.normalize import absolute_url


def read(source: Source, context: FetchContext) -> FetchResult:
    """Fetch and parse a list. Raises SourceError if it cannot be fetched, is not OPML or names no feeds."""
    return parse(fetch_document(source, context), source)


def parse(document: Document, source: Source) -> FetchResult:
    """Return a result whose `listed` are the feeds of a list; a feed's category is the outline that it is in.

    Raises:
        SourceError: it is not OPML, or names no feeds.
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = etree.fromstring(document.body.lstrip(), parser)
    except etree.XMLSyntaxError as error:
        message = f"is not valid OPML: {clean_line(str(error))}"
        raise SourceError(message, location=source.location, hint="export the list again") from None
    feeds: dict[str, Source] = {}
    problems = []
    for outline in root.iter("outline"):
        address = outline.get("xmlUrl") or outline.get("xmlurl") or ""
        if not address:
            continue
        name = clean_line(outline.get("title") or outline.get("text") or address)
        url = absolute_url(address, source.url)
        if not url:
            location = f"{source.location}:{outline.sourceline}"
            problems.append(Problem(location, f"{name}: `{address[:80]}` is not a valid URL", "this feed is not read"))
        elif all(feed.url != url for feed in feeds.values()):
            unique = name if name not in feeds else f"{name} ({url})"
            feeds[unique] = Source("feed", unique, url=url, category=_find_category(outline) or source.category)
    if not feeds:
        hint = "export the list again, as OPML"
        raise SourceError("names no feeds", location=source.location, hint=hint)
    return FetchResult(source, problems=tuple(problems), listed=tuple(feeds.values()))


def _find_category(outline: etree._Element) -> str:
    """Return the name of the outline around a feed, empty if there is none."""
    parent = outline.getparent()
    if parent is None or parent.tag != "outline":
        return ""
    return clean_line(parent.get("title") or parent.get("text") or "")
