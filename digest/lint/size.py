"""Sizes at which a mail program or a server cuts something off."""

from __future__ import annotations

from binascii import b2a_qp
from collections.abc import Iterator

from digest.lint.findings import Finding, minor, serious
from digest.lint.page import Page

GMAIL_CLIP_SIZE = 102_000
"""Bytes of HTML past which Gmail cuts a mail off, unsubscribe link and all (hteumeuleu/email-bugs#41)."""
_NEARLY = 0.95
_STYLE_BLOCK = 16_000
"""Bytes of a style block past which Gmail drops it whole (hteumeuleu/email-bugs#90)."""
_LINE = 998
"""Octets that RFC 5322, 2.1.1 allows a line."""


def of_sizes(page: Page, text: str) -> Iterator[Finding]:
    """Findings about the HTML's bytes, as it travels, its style blocks and the lines of the text."""
    html = page.html.encode(errors="replace")
    size, on_its_way = len(html), len(b2a_qp(html))
    if on_its_way > _NEARLY * GMAIL_CLIP_SIZE:
        # Gmail counts what it decodes, and has been seen to clip sooner where that is not ASCII.
        told = f"{size / 1000:.1f} kB of HTML, {on_its_way / 1000:.1f} as it travels"
        what = f"{told}, and Gmail clips a mail at {GMAIL_CLIP_SIZE / 1000:.0f} kB"
        clipped = size > GMAIL_CLIP_SIZE
        yield Finding("size", clipped, what, "HTML part", "lower max_articles or the sections' limit")
    for number, style in enumerate(page.named("style"), start=1):
        if (block := len((style.text or "").encode(errors="replace"))) > _STYLE_BLOCK:
            what = f"{block / 1000:.1f} kB, and Gmail drops a style block over {_STYLE_BLOCK / 1000:.0f} kB"
            yield serious("style-size", what, f"style block {number}", "split it, or shorten it")
    for number, line in enumerate(text.splitlines(), start=1):
        if (octets := len(line.encode(errors="replace"))) > _LINE:
            what = f"{octets} octets in one line, and mail allows {_LINE}"
            yield minor("line-length", what, f"text part, line {number}", "wrap it in the text template")
