"""Web pages: an article, a list of recent stories, or both; from the web, a saved file, or a page saved as plain text.

article.py reads the page's own article, listing.py the stories it lists, text.py a page saved as text.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lxml import etree
from lxml import html as lxml_html

from digest.errors import SourceError
from digest.models import Article, FetchResult, Source
from digest.sources.fetch import FetchContext, fetch_document
from digest.sources.http import Document
from digest.sources.page.article import extract_article
from digest.sources.page.listing import extract_listing
from digest.sources.page.text import extract_from_text


def read(source: Source, context: FetchContext) -> FetchResult:
    """Fetch and parse a page. Raises SourceError if it cannot be fetched or has no stories."""
    return parse(fetch_document(source, context, "text/html, */*;q=0.5"), source, context.now)


def parse(document: Document, source: Source, now: datetime) -> FetchResult:
    """Return a page's own article and the stories it lists; "3 days ago" counts from `now`.

    Raises:
        SourceError: it has neither.
    """
    extract = _extract_from_html if document.is_html else extract_from_text
    articles = extract(document, source, now)
    if not articles:
        raise SourceError(
            "has neither an article nor a list of stories",
            location=source.location,
            hint="check it in a browser; a site's feed or WordPress address works better",
        )
    if source.category:
        articles = [item if item.categories else replace(item, categories=(source.category,)) for item in articles]
    return FetchResult(source, tuple(articles))


def _extract_from_html(document: Document, source: Source, now: datetime) -> list[Article]:
    try:
        page = lxml_html.document_fromstring(document.body, parser=_make_parser(document))
    except (etree.LxmlError, ValueError):
        return []
    base = document.url or _find_own_url(page)
    listed = extract_listing(page, base, source, now)
    own = extract_article(document, page, base, source)
    if own is None:
        return listed
    # Around an article are links to all sorts of pages: only those with a date belong to a list of recent stories.
    others = [story for story in listed if story.published and story.url != own.url and story.headline != own.headline]
    return [own, *others]


def _make_parser(document: Document) -> lxml_html.HTMLParser:
    """Return a parser for a page: lxml assumes Latin-1 if a page declares no encoding; today such pages are UTF-8."""
    try:
        document.body.decode("utf-8")
    except UnicodeDecodeError:
        return lxml_html.HTMLParser()
    return lxml_html.HTMLParser(encoding="utf-8")


def _find_own_url(page: lxml_html.HtmlElement) -> str:
    """Return the address that a saved page says it had, empty if it does not."""
    for path in ('.//link[@rel="canonical"]/@href', './/meta[@property="og:url"]/@content'):
        for found in page.xpath(path):
            if str(found).startswith(("http://", "https://")):
                return str(found)
    return ""
