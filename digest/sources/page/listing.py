"""The stories that a home page, a section front or a "Recent Posts" box lists."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lxml import html as lxml_html

from digest.core.text import clean_line
from digest.models import Article, Image, Source
from digest.sources.normalize import HEADLINE_LENGTH, cut, iso_moment, web_address
from digest.sources.pictures import best_image, pixels
from digest.sources.relative_dates import moment_of

_HEADINGS = ("h1", "h2", "h3", "h4")
_NOT_STORIES = ("nav", "footer", "form", "dialog", "menu")
_NOT_STORY_WORDS = ("cookie", "consent", "share", "social", "comment", "breadcrumb", "newsletter", "advert", "login")
_SHORTEST = 12
"""Letters of the shortest headline: "Sport" and "Read more" are none. Scripts without spaces say more in fewer."""


def stories_of(page: lxml_html.HtmlElement, base: str, source: Source, now: datetime) -> list[Article]:
    """Each story that is a heading with a link, with what stands in the same box: excerpt, picture, date or age."""
    found: dict[str, Article] = {}
    links = list(_headline_links(page, base))
    anchors = {link for link, _, _ in links}
    for link, headline, url in links:
        box = _box(link, anchors)
        story = Article(
            url=url,
            headline=headline,
            source=source.name,
            guid=url,
            summary=_excerpt(box, headline),
            published=_moment(box, now),
            categories=categories_in(box),
            image=best_image(_images(box), base),
        )
        # Of two links to one story, the one that tells more: a picture's beside a headline's.
        if url not in found or (story.published and not found[url].published):
            found[url] = story
    return list(found.values())


def _headline_links(page: lxml_html.HtmlElement, base: str) -> Iterator[tuple[lxml_html.HtmlElement, str, str]]:
    for link in page.iter("a"):
        headings = list(link.iter(*_HEADINGS))
        inside = any(parent.tag in _HEADINGS for parent in link.iterancestors())
        if not (headings or inside) or _is_elsewhere(link):
            continue
        headline = clean_line((headings[0] if headings else link).text_content())[:HEADLINE_LENGTH]
        url = web_address(link.get("href", ""), base)
        letters = sum(2 if ord(character) > 0x2E7F else 1 for character in headline)  # noqa: PLR2004 - CJK begins there
        if url and letters >= _SHORTEST:
            yield link, headline, url


def _is_elsewhere(link: lxml_html.HtmlElement) -> bool:
    """Whether a link is in what every page has around its stories."""
    for parent in link.iterancestors():
        if parent.tag in _NOT_STORIES:
            return True
        named = f"{parent.get('class', '')} {parent.get('id', '')}".lower()
        if parent.tag not in ("body", "html") and any(word in named for word in _NOT_STORY_WORDS):
            return True
    return False


def _box(link: lxml_html.HtmlElement, others: set[lxml_html.HtmlElement]) -> lxml_html.HtmlElement:
    """The largest element around a story's link that holds no other story's."""
    box = link
    url = link.get("href")
    for parent in link.iterancestors():
        if parent.tag in ("body", "html") or any(
            inner in others and inner is not link and inner.get("href") != url for inner in parent.iter("a")
        ):
            break
        box = parent
    return box


def categories_in(box: lxml_html.HtmlElement) -> tuple[str, ...]:
    """The categories that links marked `rel="category"` name, as WordPress's themes do (microformats rel-tag)."""
    marked = (clean_line(link.text_content()) for link in box.iter("a") if "category" in link.get("rel", "").split())
    return tuple(dict.fromkeys(filter(None, marked)))


def _excerpt(box: lxml_html.HtmlElement, headline: str) -> str:
    paragraphs = [clean_line(element.text_content()) for element in box.iter("p")]
    longest = max((text for text in paragraphs if text != headline), key=len, default="")
    return cut(longest) if len(longest) > _SHORTEST else ""


def _moment(box: lxml_html.HtmlElement, now: datetime) -> datetime | None:
    for time in box.iter("time"):
        if moment := iso_moment(time.get("datetime", "")) or moment_of(clean_line(time.text_content()), now):
            return moment
    for element in box.iter("span", "small", "p", "div", "li", "em", "i"):
        text = clean_line(element.text or "")
        if len(text) < 30 and (moment := moment_of(text, now)):  # noqa: PLR2004 - an age is short
            return moment
    return None


def _images(box: lxml_html.HtmlElement) -> Iterator[Image]:
    for image in box.iter("img"):
        src = image.get("data-src") or image.get("src", "")
        yield Image(src, None, image.get("alt", ""), pixels(image.get("width")), pixels(image.get("height")))
