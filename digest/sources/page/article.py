"""Extracts the article that a web page is, from its JSON-LD, then its meta tags, then the page itself."""

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
from digest.sources.dates import parse_iso_date
from digest.sources.http import Document
from digest.sources.images import choose_image, parse_pixels
from digest.sources.normalize import MAX_HEADLINE_LENGTH, absolute_url, as_string, parse_author, truncate_summary
from digest.sources.page.listing import find_categories
from digest.sources.sanitize import strip_markup

_TYPES = ("Article", "NewsArticle", "ReportageNewsArticle", "AnalysisNewsArticle", "OpinionNewsArticle", "BlogPosting")
"""The types at and below https://schema.org/Article that news sites use for their stories."""

_PARAGRAPH_LENGTH, _MIN_PARAGRAPHS = 60, 3
"""This many paragraphs of this many letters in one element are running text: in a list each has a box of its own."""

_SAME_HEADLINE = 0.6
"""From this similarity (difflib's ratio) a heading is the headline: search engines are often given another wording."""

_Json = Mapping[str, Any]


def extract_article(document: Document, page: lxml_html.HtmlElement, base: str, source: Source) -> Article | None:
    """Return the page's article.

    None if the page says that it is something else, or does not say and reads like a list.
    """
    json_ld = next(_find_json_ld(page), {})
    meta = _read_meta(page)
    kind = meta.get("og:type", "article" if "article:published_time" in meta else "")
    if not json_ld and kind != "article" and (kind == "website" or not _has_running_text(page)):
        return None
    visible = _extract_visible(document)
    title = as_string(json_ld.get("headline")) or meta.get("og:title", "") or visible.get("title") or ""
    headline = _prefer_heading(page, strip_markup(title))
    if not headline:
        return None
    summary = strip_markup(
        as_string(json_ld.get("description")) or meta.get("og:description", "") or meta.get("description", "")
    ) or clean_line(visible.get("description") or visible.get("text") or "")
    url = absolute_url(as_string(json_ld.get("url")) or meta.get("og:url", "") or base, base)
    return Article(
        url=url or base,
        headline=headline[:MAX_HEADLINE_LENGTH],
        source=source.name,
        guid=url,
        summary="" if summary == headline else truncate_summary(summary),
        published=_find_published(json_ld, meta, visible, page),
        categories=_find_categories(json_ld, meta, page),
        authors=_find_authors(json_ld, meta, visible),
        image=choose_image((*_find_json_ld_images(json_ld.get("image")), *_find_meta_image(meta)), base),
        language=clean_line(page.get("lang") or ""),
    )


def _prefer_heading(page: lxml_html.HtmlElement, title: str) -> str:
    """Return the heading on the page if it is the title reworded or without the site's name, else the title."""
    for heading in page.iter("h1"):
        text = clean_line(heading.text_content())
        if SequenceMatcher(None, text.casefold(), title.casefold()).ratio() >= _SAME_HEADLINE:
            return text
    return title


def _has_running_text(page: lxml_html.HtmlElement) -> bool:
    """Return whether a page that does not say what it is has an article's running text: paragraphs side by side."""
    paragraphs = Counter(
        paragraph.getparent() for paragraph in page.iter("p") if len(paragraph.text_content()) >= _PARAGRAPH_LENGTH
    )
    return max(paragraphs.values(), default=0) >= _MIN_PARAGRAPHS


# --- what the page says about itself ----------------------------------------------------------------------------------


def _find_json_ld(page: lxml_html.HtmlElement) -> Iterator[_Json]:
    """Yield the articles in a page's JSON-LD, at any depth; broken scripts are skipped."""
    for script in page.iter("script"):
        if "ld+json" in script.get("type", ""):
            try:
                pending = [json.loads(script.text or "", strict=False)]
            except (ValueError, RecursionError):
                continue
            while pending:
                item = pending.pop(0)
                if isinstance(item, list):
                    pending[:0] = item
                elif isinstance(item, dict):
                    kinds = item.get("@type")
                    if any(kind in _TYPES for kind in (kinds if isinstance(kinds, list) else [kinds])):
                        yield item
                    pending += [item[key] for key in ("@graph", "mainEntity", "mainEntityOfPage") if key in item]


def _read_meta(page: lxml_html.HtmlElement) -> dict[str, str]:
    """Return the page's meta tags by name or property, the first of each."""
    found: dict[str, str] = {}
    for tag in page.iter("meta"):
        name = (tag.get("property") or tag.get("name") or "").lower()
        if name and tag.get("content"):
            found.setdefault(name, tag.get("content", ""))
    return found


def _extract_visible(document: Document) -> dict[str, Any]:
    """Return what a reader sees on the page (title, author, date, text), as trafilatura finds it."""
    from trafilatura import bare_extraction  # a third of a second, and only pages need it

    try:
        found: Any = bare_extraction(document.body, with_metadata=True, include_comments=False, favor_precision=True)
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}  # the page may still say enough about itself
    visible: dict[str, Any] = found.as_dict() if found else {}
    return visible


# --- the fields of the article ----------------------------------------------------------------------------------------


def _find_published(
    json_ld: _Json, meta: Mapping[str, str], visible: Mapping[str, Any], page: lxml_html.HtmlElement
) -> datetime | None:
    """Return when the article was published; if only the day is visible, a `<time>` of that day has the hour."""
    names = ("article:published_time", "datepublished", "pubdate", "date", "dc.date", "article:modified_time")
    dates = (
        as_string(json_ld.get("datePublished")),
        *(meta.get(name, "") for name in names),
        as_string(json_ld.get("dateModified")),
    )
    if moment := next((moment for value in dates if value and (moment := parse_iso_date(value))), None):
        return moment
    day = parse_iso_date(as_string(visible.get("date")))
    times = (parse_iso_date(time.get("datetime", "")) for time in page.iter("time"))
    return next((moment for moment in times if moment and day and moment.date() == day.date()), day)


def _find_categories(json_ld: _Json, meta: Mapping[str, str], page: lxml_html.HtmlElement) -> tuple[str, ...]:
    """Return the article's sections, or else those of links marked `rel="category"` (microformats)."""
    section = json_ld.get("articleSection")
    names = section if isinstance(section, list) else [section]
    found = tuple(dict.fromkeys(strip_markup(name) for name in names if isinstance(name, str) and name.strip()))
    section = strip_markup(meta.get("article:section", ""))
    return found or ((section,) if section else find_categories(page))


def _find_authors(json_ld: _Json, meta: Mapping[str, str], visible: Mapping[str, Any]) -> tuple[Author, ...]:
    people = json_ld.get("author")
    authors = []
    for person in people if isinstance(people, list) else [people]:
        name = person.get("name") if isinstance(person, dict) else person
        author = parse_author(name) if isinstance(name, str) else None
        if author:
            role = as_string(person.get("jobTitle")) if isinstance(person, dict) else ""
            authors.append(Author(author.name, clean_line(role)))
    if not authors:
        names = (meta.get("author", "") or as_string(visible.get("author"))).split(";")
        authors = [author for name in names if not name.startswith("http") and (author := parse_author(name))]
    # Each name once, at its first place and with its first role.
    return tuple({author.name.casefold(): author for author in reversed(authors)}.values())[::-1]


def _find_json_ld_images(value: Any) -> Iterator[Image]:
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            yield Image(item)
        elif isinstance(item, dict):
            caption = as_string(item.get("caption"))
            url = as_string(item.get("url")) or as_string(item.get("contentUrl"))
            yield Image(url, None, caption, parse_pixels(item.get("width")), parse_pixels(item.get("height")))


def _find_meta_image(meta: Mapping[str, str]) -> Iterator[Image]:
    if url := meta.get("og:image") or meta.get("twitter:image"):
        alt = meta.get("og:image:alt", "")
        yield Image(url, None, alt, parse_pixels(meta.get("og:image:width")), parse_pixels(meta.get("og:image:height")))
