"""Chooses an article's image among those a source offers, and fetches images for newsrooms whose emails embed them."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from digest.errors import SourceError
from digest.models import Image, Problem
from digest.sources.http import HttpFetcher
from digest.sources.normalize import absolute_url
from digest.sources.sanitize import drop_surrogates, strip_markup

_ICON_SIZE = 64
"""Pixels: an image known to be narrower or lower is an icon or a tracking pixel."""
_MIN_WIDTH, _MAX_WIDTH = 300, 2000
"""Pixels: images between these widths suit an email."""

_NOT_A_PHOTO = re.compile(
    r"(?i)feedburner|feedsportal|/emoji/|smilies|smiley|gravatar\.com|_icon(?![a-z])|//(?:pixel|stats)\.|doubleclick"
    r"|\.svg(?:\?|$)|/(?:pixel|spacer|blank|1x1)\.(?:gif|png)|feeds\.wordpress\.com/1\.0/"
)

FETCH_SECONDS = 30.0
"""After this time no further image is fetched: a site that is down must not hold up an email."""

_WORKERS = 8


def choose_image(images: Iterable[Image], base: str) -> Image | None:
    """Return the widest image that suits an email, None if there is none; `base` is what relative URLs refer to.

    Not a tracking pixel, and not wider than 2,000 pixels if there is a smaller one.
    """
    usable = []
    for order, image in enumerate(images):
        url = absolute_url(image.url, base)
        is_icon = 0 < image.width < _ICON_SIZE or 0 < image.height < _ICON_SIZE
        if not url or _NOT_A_PHOTO.search(url) or is_icon:
            continue
        alt = strip_markup(image.alt)[:300]
        usable.append((_rate_width(image.width), -order, Image(url, None, alt, image.width, image.height)))
    return max(usable, key=lambda item: item[:2])[2] if usable else None


def _rate_width(width: int) -> int:
    """Return how well a width (0 if unknown) suits an email, which is 600 wide, and twice that on sharp screens."""
    if _MIN_WIDTH <= width <= _MAX_WIDTH:
        return width
    if width == 0:
        return 2
    return 1 if width > _MAX_WIDTH else 0


def find_images(markup: str) -> Iterator[Image]:
    """Yield the images in a story's HTML, in order."""
    if "<img" not in markup.lower():
        return
    from lxml import etree  # only now: most excerpts have no image
    from lxml import html as lxml_html

    try:
        tree = lxml_html.fromstring(f"<div>{drop_surrogates(markup).replace(chr(0), '')}</div>")
    except (etree.LxmlError, ValueError):
        return
    for element in tree.iter("img"):
        src = element.get("src", "")
        if not src or src.startswith("data:"):
            src = element.get("data-src", "")
        width, height = parse_pixels(element.get("width")), parse_pixels(element.get("height"))
        yield Image(src, None, element.get("alt", ""), width, height)


def parse_pixels(value: Any) -> int:
    """Return a width or height as markup writes it, 0 if it is not a number of pixels."""
    match = re.match(r"\s*(\d{1,5})(?:px|\.\d+)?\s*$", str(value or ""))
    return int(match[1]) if match else 0


def fetch_images(urls: Sequence[str], *, base_url: str, max_bytes: int) -> dict[str, bytes | Problem]:
    """Return the images at some URLs, by URL; a Problem for each that cannot be fetched.

    Args:
        urls: Each is fetched once.
        base_url: The publication's own site, the only one that may be in a private network.
        max_bytes: How large an image may be.
    """
    deadline = time.monotonic() + FETCH_SECONDS

    def fetch(url: str) -> bytes | Problem:
        if time.monotonic() > deadline:
            return Problem(url, f"not fetched: the images before it took {FETCH_SECONDS:.0f} s")
        try:
            http = HttpFetcher(base_url, trusted_host=urlsplit(base_url).hostname or "", max_bytes=max_bytes)
            return http.get(url, "image/*").body
        except SourceError as error:
            return error.as_problem()

    # One thread for each host, which accepts one connection at a time: a host that is down would hold up every thread.
    by_host = defaultdict[str, list[str]](list)
    for url in urls:
        by_host[url.partition("//")[2].partition("/")[0]].append(url)
    with ThreadPoolExecutor(max_workers=_WORKERS) as pool:
        found = pool.map(lambda urls: [(url, fetch(url)) for url in urls], by_host.values())
        return dict(chain.from_iterable(found))
