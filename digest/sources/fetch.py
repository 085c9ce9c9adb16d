"""Fetches the document of a source, from the web or from a file, and finds the feed that a web page names."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from urllib.parse import urljoin

from digest.errors import SourceError
from digest.models import Source
from digest.sources.http import MAX_BYTES, Document, HttpFetcher
from digest.sources.http_errors import make_too_large_error

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_HEAD_BYTES = 200_000
"""Enough for the head of any page; the rest of it is not searched."""


@dataclass(frozen=True, slots=True)
class FetchContext:
    """What a source needs to know besides its own settings; see `digest.sources.read.read_sources`."""

    now: datetime
    http: HttpFetcher
    """This source's own: it collects the source's problems and documents."""
    timezone: str = "UTC"
    base_url: str = ""
    since: Mapping[str, datetime] = field(default_factory=dict)
    """Where each source's window starts, by its name: a source that can ask for less need not fetch everything."""


def fetch_document(source: Source, context: FetchContext, accept: str = "*/*") -> Document:
    """Return the document at a source's URL or path; `accept` is the Accept header.

    Raises:
        SourceError: it cannot be read, is too large or is empty.
    """
    document = _read_file(source.path) if source.path else context.http.get(source.url, accept)
    if not document.body.strip():
        raise SourceError("is empty", location=source.location, hint="check whether it works in a browser")
    return document


def _read_file(path: Path) -> Document:
    try:
        with path.open("rb") as file:
            body = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise SourceError("is a folder, not a file", location=str(path), hint='use type = "folder"') from None
    except FileNotFoundError:
        raise SourceError("no such file", location=str(path), hint="fix the source's `path`") from None
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", location=str(path)) from None
    if len(body) > MAX_BYTES:
        raise make_too_large_error(str(path), MAX_BYTES)
    return Document(body)


def find_feed_url(page: Document) -> str:
    """Return the address of the first feed that a web page names, empty if it names none.

    Feeds are named by `<link rel="alternate">` in the head (RSS Advisory Board, RSS autodiscovery).
    """
    from lxml import etree  # several milliseconds, which a newsroom whose sources are all folders need not spend
    from lxml import html as lxml_html

    try:
        tree = lxml_html.fromstring(page.body[:_HEAD_BYTES])
    except (etree.LxmlError, ValueError):
        return ""
    for link in tree.iter("link"):
        rel = link.get("rel", "").casefold().split()
        if "alternate" in rel and link.get("type", "").casefold().strip() in _FEED_TYPES and link.get("href"):
            with suppress(ValueError):  # not a valid URL, like `http://[`
                return urljoin(page.url, link.get("href", "").strip())
    return ""
