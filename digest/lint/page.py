"""The HTML part as a tree, and words for the places in it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from lxml import etree

HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_UNSEEN = ("script", "style", "title", "template")
_LONGEST = 60
"""Characters of a text or an address that are enough to know it by."""


@dataclass(frozen=True)
class Page:
    """The HTML of an email."""

    html: str

    @cached_property
    def root(self) -> etree._Element:
        """The tree; an empty document's has no more than its root."""
        # Bytes, since libxml2 refuses text that says in which encoding it is; huge, since it cuts deep trees otherwise.
        data = self.html.encode(errors="replace").replace(b"\0", b"")
        parser = etree.HTMLParser(encoding="utf-8", huge_tree=True)
        try:
            root: etree._Element | None = etree.fromstring(data, parser)
        except etree.XMLSyntaxError:  # nothing in it at all
            root = None
        return etree.Element("html") if root is None else root

    @cached_property
    def elements(self) -> tuple[etree._Element, ...]:
        """Every element in the document's order, without comments and what is in them."""
        return tuple(self.root.iter("*"))

    def named(self, *tags: str) -> Iterator[etree._Element]:
        """The elements of these names, in the document's order."""
        return (element for element in self.elements if element.tag in tags)


def text_of(element: etree._Element) -> str:
    """What is read of an element, whitespace folded."""
    pieces = chain.from_iterable(
        (
            part.text if isinstance(part.tag, str) and part.tag not in _UNSEEN else "",
            part.tail if part is not element else "",
        )
        for part in element.iter()
    )
    return " ".join("".join(filter(None, pieces)).split())


def letters_of(text: str) -> str:
    """The text as it compares: no case, no space, none of the characters that only direct or join others."""
    return "".join(char for char in text.casefold() if unicodedata.category(char) not in {"Cf", "Zs", "Zl", "Zp", "Cc"})


def visible(text: str | None) -> bool:
    """Whether a text has any character that is seen: no space, control, or mark without a letter."""
    return any(unicodedata.category(char)[0] not in "CMZ" for char in text or "")


def hidden(element: etree._Element) -> bool:
    """Whether a screen reader is told to pass an element over."""
    return any(part.get("aria-hidden") == "true" for part in (element, *element.iterancestors()))


def place_of(element: etree._Element) -> str:
    """Words for where an element is: what it is, and the headline it belongs to."""
    heading = _heading_near(element)
    apart = heading is not None and heading not in (element, *element.iterancestors())
    near = f' near "{cut(text_of(heading))}"' if heading is not None and apart else ""
    return _named(element) + near


def cut(text: str) -> str:
    """The beginning of a text."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _named(element: etree._Element) -> str:
    if element.tag == "img":
        return f"image {cut(element.get('src', 'without src').rpartition('/')[2])}"
    said = text_of(element)
    if element.tag == "a" and not said:
        return f"link to {cut(element.get('href', ''))}"
    # What holds a heading is too large to be known by how its text begins.
    large = not said or next(element.iterdescendants(*HEADINGS), None) is not None
    return f"<{element.tag}>" + ("" if large else f' "{cut(said)}"')


def _heading_near(element: etree._Element) -> etree._Element | None:
    """The first heading in the smallest part of the page around an element that has one."""
    for part in (element, *element.iterancestors()):
        found = next(part.iter(*HEADINGS), None)
        if found is not None:
            return found
    return None


def file_name(url: str) -> str:
    """The last part of a URL's path."""
    return re.split(r"[?#]", url, maxsplit=1)[0].rpartition("/")[2]
