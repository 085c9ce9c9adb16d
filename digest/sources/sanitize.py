"""Turns untrusted HTML into plain text on one line."""

from __future__ import annotations

import html
import re

import nh3

from digest.core.text import clean_line

_BLOCK_TAGS = re.compile(
    r"(?i)<(/?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|figure|figcaption|section|article|hr|pre)\b[^<>]*)>"
)
# `[^<>]`, not `[^>]`: a megabyte of unclosed tags is then read once, not once for each tag.
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>")
_DATA_URI = re.compile(r"data:[^\"'\s<>]{1000,}")
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")

_PARAGRAPH_END = re.compile(r"(?i)</(?:li|p|h[1-6])\b[^<>]*>")
_SEPARATOR = "\x1f"
"""Marks the end of a paragraph or list item while tags are removed; everything else treats it as white space."""
_SENTENCE_END = re.compile(r"[.!?:;,\u2026\u3002\uff01\uff1f\u061f\u06d4][\"'\u2019\u201d\u00bb\u300d\u300f\uff09)]*$")

MAX_MARKUP_LENGTH = 50_000
"""How many characters of markup are read. The parser's time grows with the square of the depth of nesting, and this
much holds any excerpt."""


def html_to_text(markup: str) -> str:
    """Return the text of an HTML fragment on one line.

    Scripts and styles are dropped with their contents. Block elements separate words. Paragraphs and list items that do
    not end a sentence are separated by a dot, as newspapers write summaries. Of a very long fragment only the first
    MAX_MARKUP_LENGTH characters are read, embedded images not counted.
    """
    shortened = _DATA_URI.sub("", drop_surrogates(markup).replace(_SEPARATOR, " "))[:MAX_MARKUP_LENGTH]
    spaced = _BLOCK_TAGS.sub(r" <\1> ", _PARAGRAPH_END.sub(_SEPARATOR, shortened))
    # By default (clean_content_tags) nh3 drops script and style with their contents.
    text = html.unescape(nh3.clean(spaced, tags=set()))
    parts = list(filter(None, map(clean_line, text.split(_SEPARATOR))))
    return "".join(part + (" " if _SENTENCE_END.search(part) else " · ") for part in parts[:-1]) + "".join(parts[-1:])


def strip_markup(value: str) -> str:
    """Return the text of a value that may be plain, HTML, or HTML that was escaped once too often, as titles are."""
    for _ in range(2):  # once for the markup itself, and once more for a feed that escaped it twice
        if not (_MARKUP.search(value) or _ENTITY.search(value)):
            break
        value = html_to_text(value)
    return clean_line(value)


def drop_surrogates(value: str) -> str:
    """Return text without lone surrogates, which JSON can write and nothing can encode."""
    return value.encode("utf-8", "ignore").decode()
