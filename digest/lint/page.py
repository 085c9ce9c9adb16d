"""Read the HTML part as a tree, and describe places in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from lxml import etree

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_TAGS_NOT_READ = ("script", "style", "title", "template")
_MAX_QUOTED = 60
"""Characters of a text or a URL that are enough to recognise it by."""


@dataclass(frozen=True)
class Page:
    """The HTML of an email."""

    html: str

    @cached_property
    def root(self) -> etree._Element:
        """The root of the tree; an empty document has nothing else."""
        # Bytes, since libxml2 refuses text that declares an encoding; huge_tree, since it cuts deep trees otherwise.
        data = self.html.encode(errors="replace").replace(b"\0", b"")
        parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
        try:
            root: etree._Element | None = etree.fromstring(data, parser)
        except etree.XMLSyntaxError:  # an empty document
            root = None
        return etree.Element("html") if root is None else root

    @cached_property
    def elements(self) -> tuple[etree._Element, ...]:
        """Every element in document order, without comments and what is in them."""
        return tuple(self.root.iter("*"))

    def find_all(self, *tags: str) -> Iterator[etree._Element]:
        """Return the elements with one of these tags, in document order."""
        return (element for element in self.elements if element.tag in tags)


def extract_text(element: etree._Element) -> str:
    """Return the text of an element as it is read, with whitespace folded."""
    pieces = chain.from_iterable(
        (
            part.text if isinstance(part.tag, str) and part.tag not in _TAGS_NOT_READ else "",
            part.tail if part is not element else "",
        )
        for part in element.iter()
    )
    return " ".join("".join(filter(None, pieces)).split())


def fold(text: str) -> str:
    """Return the text for comparing: without case, spaces, and characters that only direct or join others."""
    return "".join(char for char in text.casefold() if unicodedata.category(char) not in {"Cf", "Zs", "Zl", "Zp", "Cc"})


def has_visible_text(text: str | None) -> bool:
    """Return whether a text has a character that can be seen: not a space, a control, or a mark without a letter."""
    return any(unicodedata.category(char)[0] not in "CMZ" for char in text or "")


def is_hidden(element: etree._Element) -> bool:
    """Return whether screen readers skip an element."""
    return any(part.get("aria-hidden") == "true" for part in (element, *element.iterancestors()))


def describe_location(element: etree._Element) -> str:
    """Return where an element is, in words: what it is, and the headline it belongs to."""
    heading = _find_heading_near(element)
    is_outside = heading is not None and heading not in (element, *element.iterancestors())
    near = f' near "{shorten(extract_text(heading))}"' if heading is not None and is_outside else ""
    return _describe(element) + near


def shorten(text: str) -> str:
    """Return the beginning of a text or a URL, enough to recognise it by."""
    return text if len(text) <= _MAX_QUOTED else text[: _MAX_QUOTED - 1] + "…"


def get_file_name(url: str) -> str:
    """Return the last part of a URL's path."""
    return re.split(r"[?#]", url, maxsplit=1)[0].rpartition("/")[2]


def _describe(element: etree._Element) -> str:
    if element.tag == "img":
        return f"image {shorten(element.get('src', 'without src').rpartition('/')[2])}"
    text = extract_text(element)
    if element.tag == "a" and not text:
        return f"link to {shorten(element.get('href', ''))}"
    # An element that holds a heading is too large to be recognised by how its text begins.
    is_large = not text or next(element.iterdescendants(*HEADINGS), None) is not None
    return f"<{element.tag}>" + ("" if is_large else f' "{shorten(text)}"')


def _find_heading_near(element: etree._Element) -> etree._Element | None:
    """Return the first heading in the smallest part of the page around an element that has one."""
    for part in (element, *element.iterancestors()):
        found = next(part.iter(*HEADINGS), None)
        if found is not None:
            return found
    return None
