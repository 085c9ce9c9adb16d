"""Plain text: put on one line, made safe, and counted with its noun."""

from __future__ import annotations

import re
import unicodedata

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")

_NONCHARACTERS = "".join(chr(plane << 16 | last) for plane in range(17) for last in (0xFFFE, 0xFFFF))
_HOSTILE = re.compile(
    # Control characters that are not white space, lone surrogates, the byte order mark, direction embeddings, overrides
    # and isolates, and noncharacters (Unicode 23.7). Not unassigned characters: those are this year's emoji.
    "[\\x00-\\x08\\x0e-\\x1b\\x7f-\\x84\\x86-\\x9f\\ud800-\\udfff\\ufeff\\u202a-\\u202e\\u2066-\\u2069\\ufdd0-\\ufdef"
    f"{_NONCHARACTERS}]"
)


def one_line(value: str) -> str:
    """Return the text without line breaks, control characters and lone surrogates, white space folded to one space.

    Safe as the value of a header: nothing in a name or a headline can begin another header.
    """
    if value.isprintable() and "  " not in value and value == value.strip():
        return value  # most names and addresses, several times as fast
    return " ".join(_UNPRINTABLE.sub(" ", value).split())


def clean_line(value: str) -> str:
    """Return text from an untrusted source on one line, in NFC, without characters that could harm what is around it.

    These are dropped: control characters, lone surrogates and noncharacters. Direction marks stay, since Arabic and
    Hebrew need them; overrides and embeddings go, as they can turn round what follows them (Unicode UAX 9, 3.1).
    """
    return " ".join(unicodedata.normalize("NFC", _HOSTILE.sub("", value)).split())


def format_count(count: int, one: str, many: str) -> str:
    """Return a number with its noun: `1 story`, `2 stories`."""
    return f"{count} {one if count == 1 else many}"


def describe_error(error: BaseException) -> str:
    """Return another library's error as one line, its class where it has no message."""
    return one_line(str(error)) or type(error).__name__
