"""The article that a web page is: by its JSON-LD, then its meta tags, then the page itself."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from lxml import html as lxml_html

from digest.core.text import clean_line
from digest.models import Article, Author, Image, Source
from digest.sources.http import Document
from digest.sources.normalize import HEADLINE_LENGTH, author_of, cut, iso_moment, web_address
from digest.sources.page.listing import categories_in
from digest.sources.pictures import best_image, pixels
from digest.sources.sanitize import text_of

_TYPES = ("Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "BlogPosting")
"""Of https://schema.org/Article and below, what news sites call their stories."""

_PARAGRAPH, _RUNNING = 60, 3
"""So many paragraphs of so many letters in one element are running text: a list has each in a box of its own."""

_SAME_HEADLINE = 0.6
"""The likeness (difflib's) from which a heading is the headline: search engines are often told another wording."""

_Json = Mapping[str, Any]


def article_of(document: Document, page: lxml_html.HtmlElement, base: str, source: Source) -> Article | None:
    """The page's article; None where it says that it is something else, or says nothing and reads like a list."""
    told = next(iter(_json_ld(page)), {})
    meta = _meta(page)
    kind = meta.get("og:type", "article" if "article:published_time" in meta else "")
    if not told and kind != "article" and (kind == "website" or not _reads_as_one(page)):
        return None
    seen = _seen(document)
    headline = _shown(
        page, text_of(_string(told.get("headline")) or meta.get("og:title", "") or seen.get("title") or "")
    )
    if not headline:
        return None
    summary = text_of(
        _string(told.get("description")) or meta.get("og:description", "") or meta.get("description", "")
    ) or clean_line(seen.get("description") or seen.get("text") or "")
    url = web_address(_string(told.get("url")) or meta.get("og:url", "") or base, base)
    return Article(
        url=url or base,
        headline=headline[:HEADLINE_LENGTH],
        source=source.name,
        guid=url,
        summary="" if summary == headline else cut(summary),
        published=_published(told, meta, seen, page),
        categories=_categories(told, meta, page),
        authors=_authors(told, meta, seen),
        image=best_image((*_pictures(told.get("image")), *_meta_picture(meta)), base),
        language=clean_line(page.get("lang") or ""),
    )


def _shown(page: lxml_html.HtmlElement, told: str) -> str:
    """The headline as the page's heading shows it, if that is the told one reworded or without the site's name."""
    for heading in page.iter("h1"):
        shown = clean_line(heading.text_content())
        if SequenceMatcher(None, shown.casefold(), told.casefold()).ratio() >= _SAME_HEADLINE:
            return shown
    return told


def _reads_as_one(page: lxml_html.HtmlElement) -> bool:
    """Whether a page that does not say what it is has the running text of an article: paragraphs side by side."""
    paragraphs = Counter(
        paragraph.getparent() for paragraph in page.iter("p") if len(paragraph.text_content()) >= _PARAGRAPH
    )
    return max(paragraphs.values(), default=0) >= _RUNNING


# --- what the page tells of itself ------------------------------------------------------------------------------------


def _json_ld(page: lxml_html.HtmlElement) -> Iterator[_Json]:
    """The articles among a page's JSON-LD, wherever in it they are; broken scripts are passed over."""
    for script in page.iter("script"):
        if "ld+json" in script.get("type", ""):
            try:
                waiting = [json.loads(script.text or "", strict=False)]
            except (ValueError, RecursionError):
                continue
            while waiting:
                item = waiting.pop(0)
                if isinstance(item, list):
                    waiting[:0] = item
                elif isinstance(item, dict):
                    kinds = item.get("@type")
                    if any(kind in _TYPES for kind in (kinds if isinstance(kinds, list) else [kinds])):
                        yield item
                    waiting += [item[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in item]


def _meta(page: lxml_html.HtmlElement) -> dict[str, str]:
    """The page's meta tags by name or property, the first of each."""
    found: dict[str, str] = {}
    for tag in page.iter("meta"):
        name = (tag.get("property") or tag.get("name") or "").lower()
        if name and tag.get("content"):
            found.setdefault(name, tag.get("content", ""))
    return found


def _seen(document: Document) -> dict[str, Any]:
    """What a reader of the page itself finds: title, author, date and text, through trafilatura."""
    # A third of a second to import, and wanted for pages only.
    from trafilatura import bare_extraction

    try:
        found: Any = bare_extraction(document.body, with_metadata=True, include_comments=False, favor_precision=True)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}  # a page it cannot read may have told enough of itself
    told: dict[str, Any] = found.as_dict() if found else {}
    return told


def _published(
    told: _Json, meta: Mapping[str, str], seen: Mapping[str, Any], page: lxml_html.HtmlElement
) -> datetime | None:
    """The moment of publication; where a reader finds only the day, the `<time>` of that day tells the hour."""
    names = ("article:published_time", "datepublished", "pubdate", "date", "dc.date", "article:modified_time")
    dates = (
        _string(told.get("datePublished")),
        *(meta.get(name, "") for name in names),
        _string(told.get("dateModified")),
    )
    if moment := next((moment for value in dates if value and (moment := iso_moment(value))), None):
        return moment
    day = iso_moment(_string(seen.get("date")))
    shown = (iso_moment(time.get("datetime", "")) for time in page.iter("time"))
    return next((moment for moment in shown if moment and day and moment.date() == day.date()), day)


def _categories(told: _Json, meta: Mapping[str, str], page: lxml_html.HtmlElement) -> tuple[str, ...]:
    """The article's sections; a link marked `rel="category"` (microformats) where nothing else tells them."""
    section = told.get("articleSection")
    names = section if isinstance(section, list) else [section]
    found = tuple(dict.fromkeys(text_of(name) for name in names if isinstance(name, str) and name.strip()))
    section = text_of(meta.get("article:section", ""))
    return found or ((section,) if section else categories_in(page))


def _authors(told: _Json, meta: Mapping[str, str], seen: Mapping[str, Any]) -> tuple[Author, ...]:
    people = told.get("author")
    found = []
    for person in people if isinstance(people, list) else [people]:
        name = person.get("name") if isinstance(person, dict) else person
        author = author_of(name) if isinstance(name, str) else None
        if author:
            role = _string(person.get("jobTitle")) if isinstance(person, dict) else ""
            found.append(Author(author.name, clean_line(role)))
    if not found:
        plain = meta.get("author", "") or _string(seen.get("author"))
        found = [author for name in plain.split(";") if not name.startswith("http") and (author := author_of(name))]
    return tuple({author.name.casefold(): author for author in reversed(found)}.values())[::-1]


def _pictures(told: Any) -> Iterator[Image]:
    for item in told if isinstance(told, list) else [told]:
        if isinstance(item, str):
            yield Image(item)
        elif isinstance(item, dict):
            caption = _string(item.get("caption"))
            url = _string(item.get("url")) or _string(item.get("contentUrl"))
            yield Image(url, None, caption, pixels(item.get("width")), pixels(item.get("height")))


def _meta_picture(meta: Mapping[str, str]) -> Iterator[Image]:
    if url := meta.get("og:image") or meta.get("twitter:image"):
        alt = meta.get("og:image:alt", "")
        yield Image(url, None, alt, pixels(meta.get("og:image:width")), pixels(meta.get("og:image:height")))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
