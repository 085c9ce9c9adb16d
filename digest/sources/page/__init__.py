"""A web page: an article, a list of recent stories, or both; from its address, a saved file, or saved as plain text."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from lxml import etree
from lxml import html as lxml_html

from digest.errors import SourceError
from digest.models import Article, FetchResult, Source
from digest.sources.context import Context
from digest.sources.discovery import is_web_page
from digest.sources.fetch import retrieve
from digest.sources.http import Document
from digest.sources.page.article import article_of
from digest.sources.page.listing import stories_of
from digest.sources.page.text import articles_of_text


def read(source: Source, context: Context) -> FetchResult:
    """Fetch and parse a page. Raises SourceError when it tells no story."""
    return parse(retrieve(source, context, "text/html, */*;q=0.5"), source, context.now)


def parse(document: Document, source: Source, now: datetime) -> FetchResult:
    """The articles of a page: its own, and those it lists; ages such as "3 days ago" count from `now`.

    Raises:
        SourceError: there is neither.
    """
    articles = _of_html(document, source, now) if is_web_page(document) else articles_of_text(document, source, now)
    if not articles:
        raise SourceError(
            "has neither an article nor a list of stories",
            location=source.location,
            hint="look at it in a browser; a site's feed or WordPress address serves better",
        )
    if source.category:
        articles = [item if item.categories else replace(item, categories=(source.category,)) for item in articles]
    return FetchResult(source, tuple(articles))


def _of_html(document: Document, source: Source, now: datetime) -> list[Article]:
    try:
        page = lxml_html.document_fromstring(document.body, parser=_parser(document))
    except (etree.LxmlError, ValueError):
        return []
    base = document.url or _own_address(page)
    listed = stories_of(page, base, source, now)
    own = article_of(document, page, base, source)
    if own is None:
        return listed
    # Beside an article stand links to all and sundry: those with a date are the list of recent stories.
    beside = [story for story in listed if story.published and story.url != own.url and story.headline != own.headline]
    return [own, *beside]


def _parser(document: Document) -> lxml_html.HTMLParser:
    """Lxml guesses Latin-1 where a page tells no encoding; today's pages that tell none are UTF-8."""
    try:
        document.body.decode("utf-8")
    except UnicodeDecodeError:
        return lxml_html.HTMLParser()
    return lxml_html.HTMLParser(encoding="utf-8")


def _own_address(page: lxml_html.HtmlElement) -> str:
    """Where a saved page says that it was."""
    for path in ('.//link[@rel="canonical"]/@href', './/meta[@property="og:url"]/@content'):
        for found in page.xpath(path):
            if str(found).startswith(("http://", "https://")):
                return str(found)
    return ""
