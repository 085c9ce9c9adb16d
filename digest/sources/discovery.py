"""A web page's own feed: the `<link rel="alternate">` in its head (RSS Advisory Board, RSS autodiscovery)."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urljoin

from lxml import etree
from lxml import html as lxml_html

from digest.sources.http import Document

_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_HEAD_BYTES = 200_000
"""Enough for any head: the rest of a page has no say in this."""


def is_web_page(document: Document) -> bool:
    """Whether a document is HTML."""
    start = document.body[:2000].lower()
    return b"<html" in start or b"<!doctype html" in start


def feed_of(document: Document) -> str:
    """The address of the feed that a web page names, the first if several; empty if it names none."""
    try:
        page = lxml_html.fromstring(document.body[:_HEAD_BYTES])
    except (etree.LxmlError, ValueError):
        return ""
    for link in page.iter("link"):
        rel = link.get("rel", "").casefold().split()
        if "alternate" in rel and link.get("type", "").casefold().strip() in _FEED_TYPES and link.get("href"):
            with suppress(ValueError):  # an address that is none, as `http://[`
                return urljoin(document.url, link.get("href", "").strip())
    return ""
