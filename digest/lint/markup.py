"""Check single elements of the HTML part: pictures, URLs, links, tables, and what no mail program runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from digest.lint.css import parse_css
from digest.lint.findings import Finding, minor, serious
from digest.lint.page import (
    Page,
    describe_location,
    extract_text,
    get_file_name,
    has_visible_text,
    is_hidden,
    shorten,
)

_FILE_NAME = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|heic)|(?:img|dsc|image|photo)[-_]?\d+", re.IGNORECASE
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_GOOD_SCHEMES = {"https", "mailto", "tel", "sms", "cid"}
_ACTIVE_TAGS = ("script", "iframe", "object", "embed", "applet")
"""Every mail program removes these: they would run somebody else's code in the reader's name."""


def check_images(page: Page) -> Iterator[Finding]:
    """Check that pictures have alt text and a width."""
    for image in page.find_all("img"):
        alt = image.get("alt")
        if alt is None:
            message = "no alt attribute, so a screen reader spells out its URL"
            yield serious("alt", message, describe_location(image), 'say what it shows, or alt="" for decoration')
        elif (text := alt.strip()) and (_FILE_NAME.fullmatch(text) or text == get_file_name(image.get("src", ""))):
            message = "its alt text is a file name"
            yield minor("alt-file-name", message, describe_location(image), "say what the picture shows")
        if not image.get("width", "").strip() and not parse_css(image.get("style", ""))["width"]:
            message = "no width, so Outlook shows it at its own size and the text jumps when it loads"
            yield minor("image-size", message, describe_location(image), "set its width and height in pixels")


def check_urls(page: Page, tokens: set[str]) -> Iterator[Finding]:
    """Check the URLs of links and pictures, except those with one of these tokens: they differ by recipient."""
    for element in page.elements:
        for attribute in ("href", "src", "background"):
            url = element.get(attribute)
            if url is not None and element.tag != "base" and not any(token in url for token in tokens):
                yield from _check_url(element, attribute, url)


def _check_url(element: etree._Element, attribute: str, raw_url: str) -> Iterator[Finding]:
    # Browsers ignore control characters and spaces: `java\nscript:` runs (WHATWG URL, 4.4).
    url = re.sub(r"[\x00-\x20]+", "", raw_url)
    scheme = found[1].lower() if (found := _SCHEME.match(url)) else ""
    # A link is located by its URL too: its text is a headline, which says nothing about the URL.
    location = describe_location(element) + ("" if element.tag == "img" else f" ({shorten(url)})")
    if scheme == "http":
        message = "http, not https: some programs warn about it or do not load it"
        yield minor("insecure-address", message, location, "use the https URL")
    elif scheme and scheme not in _GOOD_SCHEMES:
        message = f"{scheme}: in {attribute}, which mail programs remove"
        yield serious("unsafe-address", message, location, "use an https URL")
    elif not scheme and not url.startswith("#"):
        message = "a URL without https:// leads nowhere from an email" if url else "an empty URL"
        yield serious("relative-address", message, location, "write the whole URL")


def check_link_text(page: Page) -> Iterator[Finding]:
    """Check that links have text."""
    for link in page.find_all("a"):
        alt_texts = "".join(image.get("alt", "") for image in link.iter("img"))
        text = extract_text(link) or link.get("aria-label", "") or alt_texts
        if link.get("href") is not None and not has_visible_text(text) and not is_hidden(link):
            message = "a link without text, which a screen reader reads out as its URL"
            yield serious("link-text", message, describe_location(link), "give it text, or its picture an alt text")


def check_tables(page: Page) -> Iterator[Finding]:
    """Check that screen readers do not take layout tables for tables of data."""
    for table in page.find_all("table"):
        if table.get("role") not in {"presentation", "none"}:
            message = "a table without role=presentation is read out cell by cell"
            yield minor("table-role", message, describe_location(table), 'add role="presentation"')


def check_active_content(page: Page) -> Iterator[Finding]:
    """Check that nothing in the email would run code in the reader's mail program."""
    for element in page.elements:
        handlers = [name for name in map(str, element.keys()) if re.fullmatch(r"on[a-z]+", name)]
        if element.tag in _ACTIVE_TAGS or handlers:
            found = handlers[0] if handlers else f"<{element.tag}>"
            message = f"{found} runs in no mail program, and spam filters count it against an email"
            yield serious("active-content", message, describe_location(element), "remove it")
