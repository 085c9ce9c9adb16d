"""Check the parts of a message: their sizes, that the text says what the HTML says, and that every token is filled."""

from __future__ import annotations

from binascii import b2a_qp
from collections.abc import Iterator
from itertools import chain

from digest.core.merge_fields import TOKEN_PATTERN
from digest.lint.findings import Finding, minor, serious
from digest.lint.page import Page, describe_location, extract_text, fold, shorten
from digest.models import Message

GMAIL_CLIP_SIZE = 102_000
"""Bytes of HTML past which Gmail clips an email, unsubscribe link and all (hteumeuleu/email-bugs#41)."""
_NEARLY = 0.95
_MAX_STYLE_BLOCK = 16_000
"""Bytes of a style block past which Gmail drops the whole block (hteumeuleu/email-bugs#90)."""
_MAX_LINE = 998
"""Octets that RFC 5322, 2.1.1 allows in a line."""
_ADD_TO_TEXT = "add it to the text templates digest.txt and story.txt"


def check_sizes(page: Page, text: str) -> Iterator[Finding]:
    """Check the bytes of the HTML as sent, its style blocks, and the lines of the text."""
    html = page.html.encode(errors="replace")
    size, size_as_sent = len(html), len(b2a_qp(html))
    if size_as_sent > _NEARLY * GMAIL_CLIP_SIZE:
        # Gmail counts the decoded bytes, but was seen to clip sooner where they are not ASCII.
        sizes = f"{size / 1000:.1f} kB of HTML, {size_as_sent / 1000:.1f} as sent"
        message = f"{sizes}, and Gmail clips emails at {GMAIL_CLIP_SIZE / 1000:.0f} kB"
        is_clipped = size > GMAIL_CLIP_SIZE
        yield Finding("size", is_clipped, message, "HTML part", "lower max_articles or the limits of the sections")
    for number, style in enumerate(page.find_all("style"), start=1):
        if (block := len((style.text or "").encode(errors="replace"))) > _MAX_STYLE_BLOCK:
            message = f"{block / 1000:.1f} kB, and Gmail drops a style block over {_MAX_STYLE_BLOCK / 1000:.0f} kB"
            yield serious("style-size", message, f"style block {number}", "split it, or shorten it")
    for number, line in enumerate(text.splitlines(), start=1):
        if (octets := len(line.encode(errors="replace"))) > _MAX_LINE:
            message = f"{octets} octets in one line, and email allows {_MAX_LINE}"
            yield minor("line-length", message, f"text part, line {number}", "wrap it in the text template")


def check_text_part(page: Page, text: str) -> Iterator[Finding]:
    """Check that the text part has every headline of the HTML part, and its link."""
    if not text.strip():
        message = "is empty, and spam filters distrust an email without one"
        yield serious("text-missing", message, "text part", "write the template digest.txt")
        return
    folded = fold(text)
    for heading in page.find_all("h2", "h3"):
        if fold(extract_text(heading)) not in folded:
            message = "the text part lacks this headline"
            yield minor("text-differs", message, f'"{shorten(extract_text(heading))}"', _ADD_TO_TEXT)
        for link in chain(heading.iter("a"), heading.iterancestors("a")):
            if (url := link.get("href", "")).startswith(("http://", "https://")) and fold(url) not in folded:
                message = "the text part lacks the link of this headline"
                yield minor("text-differs", message, describe_location(heading), _ADD_TO_TEXT)


def check_merge_fields(message: Message, preheader: str) -> Iterator[Finding]:
    """Check that every token in the message belongs to one of its merge fields, and so will be filled."""
    known = {(merge_field.form, merge_field.token) for merge_field in message.merge_fields}
    parts = [
        ("HTML part", "html", message.html),
        ("text part", "text", message.text),
        ("subject", "text", message.subject),
        ("preheader", "html", preheader),
        *((f"header {name}", "text", value) for name, value in message.headers),
    ]
    for location, form, part in parts:
        for token in sorted(set(TOKEN_PATTERN.findall(part))):
            if (form, token) not in known:
                fault = f"readers would see {token}, a merge field that is never filled"
                yield serious("merge-field", fault, location, "write it in the template as merge_field(...)")
