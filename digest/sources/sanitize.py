"""Untrusted text and HTML made safe: plain text of one line for headlines, excerpts and names."""

from __future__ import annotations

import html
import re

import nh3

from digest.core.text import clean_line

_BLOCKS = re.compile(
    r"(?i)<(/?(?:p|div|br|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|figure|figcaption|section|article|hr|pre)\b[^<>]*)>"
)
# `[^<>]`, not `[^>]`: a megabyte of unclosed tags is then read once, not once for each of them.
_MARKUP = re.compile(r"<[a-zA-Z/!][^<>]*>")
_DATA_URI = re.compile(r"data:[^\"'\s<>]{1000,}")
_ENTITY = re.compile(r"&(?:[a-zA-Z][a-zA-Z0-9]{1,31}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")

_PART_END = re.compile(r"(?i)</(?:li|p|h[1-6])\b[^<>]*>")
_MARK = "\x1f"
"""Stands for the end of a paragraph or an item while markup is taken out: white space to everything else."""
_CLOSED = re.compile(r"[.!?:;,\u2026\u3002\uff01\uff1f\u061f\u06d4][\"'\u2019\u201d\u00bb\u300d\u300f\uff09)]*$")

MARKUP_LENGTH = 50_000
"""Characters of markup that text is taken from. The parser's time grows with the square of the depth of nesting, and
this many hold any excerpt."""


def text_of_html(markup: str) -> str:
    """The text of an HTML fragment on one line; contents of scripts and styles are dropped, blocks part words.

    Paragraphs and items of lists that are no sentences are parted by a dot: newspapers write summaries so.
    Of a very long fragment, the text of its first MARKUP_LENGTH characters (pictures inside it not counted).
    """
    shown = _DATA_URI.sub("", encodable(markup).replace(_MARK, " "))[:MARKUP_LENGTH]
    spaced = _BLOCKS.sub(r" <\1> ", _PART_END.sub(_MARK, shown))
    # clean_content_tags of nh3 drops script and style with what is in them.
    text = html.unescape(nh3.clean(spaced, tags=set()))
    parts = list(filter(None, map(clean_line, text.split(_MARK))))
    return "".join(part + (" " if _CLOSED.search(part) else " · ") for part in parts[:-1]) + "".join(parts[-1:])


def text_of(value: str) -> str:
    """The text of something that may be plain, HTML, or HTML escaped once too often, as titles in feeds are."""
    for _ in range(2):  # once for the markup itself, once more for a feed that escaped it twice
        if not (_MARKUP.search(value) or _ENTITY.search(value)):
            break
        value = text_of_html(value)
    return clean_line(value)


def encodable(value: str) -> str:
    """Text without lone surrogates, which JSON can spell and nothing can encode."""
    return value.encode("utf-8", "ignore").decode()
