"""Rules on single elements of the HTML part: images, addresses, links, tables and what no mail program runs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from digest.lint import css
from digest.lint.findings import Finding, minor, serious
from digest.lint.page import Page, cut, file_name, hidden, place_of, text_of, visible

_FILE_NAME = re.compile(
    r"\S+\.(?:jpe?g|png|gif|webp|avif|svg|bmp|tiff?|heic)|(?:img|dsc|image|photo)[-_]?\d+", re.IGNORECASE
)
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):", re.IGNORECASE)
_GOOD = {"https", "mailto", "tel", "sms", "cid"}
_ACTIVE = ("script", "iframe", "object", "embed", "applet")
"""What every mail program takes out, as it would run somebody else's code in the reader's name."""


def of_images(page: Page) -> Iterator[Finding]:
    """Findings about pictures' words and sizes."""
    for image in page.named("img"):
        alt = image.get("alt")
        if alt is None:
            what = "no alt attribute, so a screen reader spells out the address"
            yield serious("alt", what, place_of(image), 'say what it shows, or alt="" for decoration')
        elif (said := alt.strip()) and (_FILE_NAME.fullmatch(said) or said == file_name(image.get("src", ""))):
            what = "its alt text is a file name"
            yield minor("alt-file-name", what, place_of(image), "say what the picture shows")
        if not image.get("width", "").strip() and not css.parse(image.get("style", ""))["width"]:
            what = "no width, so Outlook shows it at its own size and the text jumps when it comes"
            yield minor("image-size", what, place_of(image), "set its width and height in pixels")


def of_addresses(page: Page, tokens: set[str]) -> Iterator[Finding]:
    """Findings about what links and pictures lead to; an address with one of these slots is another's to judge."""
    for element in page.elements:
        for attribute in ("href", "src", "background"):
            url = element.get(attribute)
            if url is not None and element.tag != "base" and not any(token in url for token in tokens):
                yield from _address(element, attribute, url)


def _address(element: etree._Element, attribute: str, url: str) -> Iterator[Finding]:
    # Browsers leave out control characters and spaces: `java\nscript:` runs (WHATWG URL, 4.4).
    address = re.sub(r"[\x00-\x20]+", "", url)
    scheme = found[1].lower() if (found := _SCHEME.match(address)) else ""
    # The place of a link is told with its address, since its words are a headline that says nothing of it.
    place = place_of(element) if element.tag == "img" else f"{place_of(element)} ({cut(address)})"
    if scheme == "http":
        what = "http, not https: some programs warn of it or do not load it"
        yield minor("insecure-address", what, place, "use the https address")
    elif scheme and scheme not in _GOOD:
        what = f"{scheme}: in {attribute}, which mail programs take out"
        yield serious("unsafe-address", what, place, "use an https address")
    elif not scheme and not address.startswith("#"):
        what = "an address without https:// leads nowhere from a mail" if address else "an empty address"
        yield serious("relative-address", what, place, "write the whole address")


def of_links(page: Page) -> Iterator[Finding]:
    """Findings about links that say nothing."""
    for link in page.named("a"):
        words = text_of(link) or link.get("aria-label", "") or "".join(img.get("alt", "") for img in link.iter("img"))
        if link.get("href") is not None and not visible(words) and not hidden(link):
            what = "a link without text, which a screen reader reads out as its address"
            hint = "give it words, or its picture an alt text"
            yield serious("link-text", what, place_of(link), hint)


def of_tables(page: Page) -> Iterator[Finding]:
    """Findings about tables that are read out as such."""
    for table in page.named("table"):
        if table.get("role") not in {"presentation", "none"}:
            what = "a table without role=presentation is read out cell by cell"
            yield minor("table-role", what, place_of(table), 'add role="presentation"')


def of_active_content(page: Page) -> Iterator[Finding]:
    """Findings about what would run in the reader's mail program."""
    for element in page.elements:
        handlers = [name for name in map(str, element.keys()) if re.fullmatch(r"on[a-z]+", name)]
        if element.tag in _ACTIVE or handlers:
            told = handlers[0] if handlers else f"<{element.tag}>"
            what = f"{told} runs in no mail program, and filters hold it against a mail"
            yield serious("active-content", what, place_of(element), "take it out")
