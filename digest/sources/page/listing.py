"""Extracts the stories that a home page, a section front or a "Recent Posts" box lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml import html as lxml_html

from digest.core.text import clean_line
from digest.models import Article, Image, Source
from digest.sources.dates import parse_iso_date, parse_relative_date
from digest.sources.images import choose_image, parse_pixels
from digest.sources.normalize import MAX_HEADLINE_LENGTH, absolute_url, truncate_summary

_HEADINGS = ("h1", "h2", "h3", "h4")
_NAVIGATION_TAGS = ("nav", "footer", "form", "dialog", "menu")
_NAVIGATION_WORDS = ("cookie", "consent", "share", "social", "comment", "breadcrumb", "newsletter", "advert", "login")
"""In the class or id of an element: it contains no stories."""

_MIN_HEADLINE_LENGTH = 12
"""Letters: "Sport" and "Read more" are not headlines. Scripts without spaces say more in fewer."""
_CJK_START = 0x2E80
_MAX_DATE_LENGTH = 30
"""Characters of a text that may be a relative date."""


def extract_listing(page: lxml_html.HtmlElement, base: str, source: Source, now: datetime) -> list[Article]:
    """Return each story that is a heading with a link, with the excerpt, image and date from the same box."""
    found: dict[str, Article] = {}
    links = list(_find_headline_links(page, base))
    anchors = {link for link, _, _ in links}
    for link, headline, url in links:
        box = _find_box(link, anchors)
        story = Article(
            url=url,
            headline=headline,
            source=source.name,
            guid=url,
            summary=_find_excerpt(box, headline),
            published=_find_date(box, now),
            categories=find_categories(box),
            image=choose_image(_find_images(box), base),
        )
        # Of two links to one story, such as a picture's and a headline's, the one with a date wins.
        if url not in found or (story.published and not found[url].published):
            found[url] = story
    return list(found.values())


def _find_headline_links(page: lxml_html.HtmlElement, base: str) -> Iterator[tuple[lxml_html.HtmlElement, str, str]]:
    """Yield each link of a story with its headline and URL."""
    for link in page.iter("a"):
        headings = list(link.iter(*_HEADINGS))
        is_inside_heading = any(parent.tag in _HEADINGS for parent in link.iterancestors())
        if not (headings or is_inside_heading) or _is_in_navigation(link):
            continue
        headline = clean_line((headings[0] if headings else link).text_content())[:MAX_HEADLINE_LENGTH]
        url = absolute_url(link.get("href", ""), base)
        width = sum(2 if ord(character) >= _CJK_START else 1 for character in headline)
        if url and width >= _MIN_HEADLINE_LENGTH:
            yield link, headline, url


def _is_in_navigation(link: lxml_html.HtmlElement) -> bool:
    """Return whether a link is in what every page has around its stories."""
    for parent in link.iterancestors():
        if parent.tag in _NAVIGATION_TAGS:
            return True
        names = f"{parent.get('class', '')} {parent.get('id', '')}".lower()
        if parent.tag not in ("body", "html") and any(word in names for word in _NAVIGATION_WORDS):
            return True
    return False


def _find_box(link: lxml_html.HtmlElement, others: set[lxml_html.HtmlElement]) -> lxml_html.HtmlElement:
    """Return the largest element around a story's link that has no link of another story in it."""
    box = link
    url = link.get("href")
    for parent in link.iterancestors():
        if parent.tag in ("body", "html") or any(
            inner in others and inner is not link and inner.get("href") != url for inner in parent.iter("a")
        ):
            break
        box = parent
    return box


def find_categories(box: lxml_html.HtmlElement) -> tuple[str, ...]:
    """Return the texts of links marked `rel="category"`, as WordPress's themes do (microformats rel-tag)."""
    marked = (clean_line(link.text_content()) for link in box.iter("a") if "category" in link.get("rel", "").split())
    return tuple(dict.fromkeys(filter(None, marked)))


def _find_excerpt(box: lxml_html.HtmlElement, headline: str) -> str:
    paragraphs = [clean_line(element.text_content()) for element in box.iter("p")]
    longest = max((text for text in paragraphs if text != headline), key=len, default="")
    return truncate_summary(longest) if len(longest) > _MIN_HEADLINE_LENGTH else ""


def _find_date(box: lxml_html.HtmlElement, now: datetime) -> datetime | None:
    for time in box.iter("time"):
        text = clean_line(time.text_content())
        if moment := parse_iso_date(time.get("datetime", "")) or parse_relative_date(text, now):
            return moment
    for element in box.iter("span", "small", "p", "div", "li", "em", "i"):
        text = clean_line(element.text or "")
        if len(text) < _MAX_DATE_LENGTH and (moment := parse_relative_date(text, now)):
            return moment
    return None


def _find_images(box: lxml_html.HtmlElement) -> Iterator[Image]:
    for image in box.iter("img"):
        src = image.get("data-src") or image.get("src", "")
        width, height = parse_pixels(image.get("width")), parse_pixels(image.get("height"))
        yield Image(src, None, image.get("alt", ""), width, height)
