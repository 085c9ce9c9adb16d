"""Which of an article's pictures a mail shows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from lxml import etree
from lxml import html as lxml_html

from digest.models import Image
from digest.sources.normalize import web_address
from digest.sources.sanitize import encodable, text_of

_TINY = 64
"""Pixels: a picture known to be narrower or lower is an icon or a tracking pixel."""
_SMALL, _LARGE = 300, 2000
"""Pixels: between these widths a picture suits a mail."""

_NO_PHOTOGRAPH = re.compile(
    r"(?i)feedburner|feedsportal|/emoji/|smilies|smiley|gravatar\.com|_icon(?![a-z])|//(?:pixel|stats)\.|doubleclick"
    r"|\.svg(?:\?|$)|/(?:pixel|spacer|blank|1x1)\.(?:gif|png)|feeds\.wordpress\.com/1\.0/"
)


def best_image(images: Iterable[Image], base: str) -> Image | None:
    """The widest that mail can carry well: not a tracking pixel, not above 2,000 pixels if there is a smaller one."""
    usable = []
    for order, image in enumerate(images):
        url = web_address(image.url, base)
        if not url or _NO_PHOTOGRAPH.search(url) or 0 < image.width < _TINY or 0 < image.height < _TINY:
            continue
        usable.append(
            (_fitness(image.width), -order, Image(url, None, text_of(image.alt)[:300], image.width, image.height))
        )
    return max(usable, key=lambda item: item[:2])[2] if usable else None


def _fitness(width: int) -> int:
    """How well a picture of this width (0 if unknown) fits a mail: that is 600 wide, twice that on fine screens."""
    if _SMALL <= width <= _LARGE:
        return width
    if width == 0:
        return 2
    return 1 if width > _LARGE else 0


def body_images(markup: str) -> Iterator[Image]:
    """The pictures in a story's HTML, in order."""
    if "<img" not in markup.lower():
        return
    try:
        tree = lxml_html.fromstring(f"<div>{encodable(markup).replace(chr(0), '')}</div>")
    except (etree.LxmlError, ValueError):
        return
    for element in tree.iter("img"):
        src = element.get("src", "")
        if not src or src.startswith("data:"):
            src = element.get("data-src", "")
        yield Image(src, None, element.get("alt", ""), pixels(element.get("width")), pixels(element.get("height")))


def pixels(value: Any) -> int:
    """A width or height as markup has it, 0 if it tells none."""
    match = re.match(r"\s*(\d{1,5})(?:px|\.\d+)?\s*$", str(value or ""))
    return int(match[1]) if match else 0
