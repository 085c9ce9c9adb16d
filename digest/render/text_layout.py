"""Fit text to a width: excerpts that end where a reader would end them, and lines of plain text."""

from __future__ import annotations

import re
import textwrap
import unicodedata

_SENTENCE_END = re.compile(r"(?<=\w\w)[.!?][\"'\u2019\u201d\u00bb)]*(?=\s)|[\u3002\uff01\uff1f\u06d4]|(?= \u00b7 )")
"""The end of a sentence: after a word of at least two letters, so not after an initial; or before a separating dot."""

_LINE_WIDTH = 74
"""Columns of the plain text: below the 78 of RFC 5322, 2.1.1, with room for the `> ` of a reply."""

_REGIONAL_INDICATORS = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def excerpt(text: str, length: int) -> str:
    """Return the beginning of a text, at most `length` characters: whole sentences if they fill half, else words."""
    if len(text) <= length:
        return text
    end = length - 1
    sentence_ends = [match.end() for match in _SENTENCE_END.finditer(text, length // 2, length)]
    if sentence_ends:
        return text[: sentence_ends[-1]]
    space = text.rfind(" ", length // 2, end + 1)
    if space > 0:
        end = space
    # Chinese has no spaces, and a cut must not separate a letter from its accent or an emoji from its modifier.
    while end > 1 and (_are_joined(text[end - 1], text[end]) or _is_inside_flag(text, end)):
        end -= 1
    return text[:end].rstrip(" ,;:.\u2013\u2014-…") + "…"


def truncate_to_width(text: str, width: int) -> str:
    """Return the beginning of a text, cut as `excerpt` cuts it, at most `width` columns wide."""
    return excerpt(text, width * len(text) // max(display_width(text), 1))


def display_width(text: str) -> int:
    """Return the columns that a text takes in fixed-width type.

    Chinese, Japanese and Korean characters take two each (UAX 11).
    """
    return len(text) + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def wrap(text: str) -> str:
    """Wrap plain text. A link is never broken; a script without spaces may be broken anywhere."""
    has_no_spaces = display_width(text) > 1.5 * len(text)
    width = _LINE_WIDTH // 2 if has_no_spaces else _LINE_WIDTH
    return textwrap.fill(text, width, break_long_words=has_no_spaces, break_on_hyphens=False)


def format_heading(text: str) -> str:
    """Return a section's name as a heading of the plain text, underlined."""
    return f"{text.upper()}\n{'=' * min(display_width(text), _LINE_WIDTH)}"


def squeeze_blank_lines(text: str) -> str:
    """Return plain text with at most one blank line in a row and no spaces at the ends of lines."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+\n", "\n", text)).strip() + "\n"


def _are_joined(before: str, after: str) -> bool:
    joiners = ("\u200d", "\ufe0f")
    return (
        before == "\u200d"
        or after in joiners
        or unicodedata.category(after).startswith("M")
        or 0x1F3FB <= ord(after) <= 0x1F3FF  # noqa: PLR2004 - skin tones
    )


def _is_inside_flag(text: str, end: int) -> bool:
    """Return whether an odd number of regional indicators ends here: flags are pairs of them (UAX 29, GB12)."""
    before = text[:end]
    count = len(before) - len(before.rstrip(_REGIONAL_INDICATORS))
    return count % 2 == 1 and text[end] in _REGIONAL_INDICATORS
