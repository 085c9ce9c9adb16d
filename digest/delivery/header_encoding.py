"""Header lines as they go into a mail: folded, encoded where necessary, and safe from injection (RFC 5322, RFC 2047).

Written here rather than by email.message: it decodes an encoded word that occurs in a headline, writes out the line
break that was hidden in it (CVE-2024-6923), and encodes long links and ids, which no program can read then.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from email.header import Header
from email.utils import formataddr

from digest.core.text import one_line
from digest.delivery.addresses import ascii_address, ascii_link, needs_utf8
from digest.models import MergeField, Recipient

MAILBOX_HEADERS = ("From", "Reply-To")
LINK_HEADERS = ("List-Unsubscribe",)

LINE_LENGTH = 76
"""The longest line of text, and of an encoded word (RFC 2047 2)."""
_LONGEST_LINE = 998
"""RFC 5322 2.1.1, without the line ending."""

_STAND_IN = "address-goes-here@example.com"
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ]{1,60}")
"""A name that a header takes as it is."""


def mailbox_header(header: str, name: str, address: str) -> str:
    """Return a header with `Name <address>`, the name encoded where it is long, not ASCII, or looks encoded."""
    address = one_line(ascii_address(address))
    line = f"{header}: {formataddr((name, address))}" if name.isascii() else ""
    if not name or (line and len(line) <= LINE_LENGTH and "=?" not in name):
        return line
    return f"{header}: {_encode(header, name)}\r\n <{address}>"


def to_header(recipient: Recipient, *, utf8: bool) -> str:
    """Return a recipient's To header.

    With `utf8`, an address whose local part is not ASCII stays as it is, for a server with SMTPUTF8.

    Raises:
        ValueError: the address needs SMTPUTF8, and `utf8` is False.
    """
    name, email = recipient.name, recipient.email
    if email.isascii() and email.isprintable() and _PLAIN_NAME.fullmatch(name):
        return f"To: {name} <{email}>"  # most recipients
    if utf8 and needs_utf8(email):
        return mailbox_header("To", one_line(name), _STAND_IN).replace(_STAND_IN, one_line(email))
    return mailbox_header("To", one_line(name), email)


def text_header(header: str, value: str) -> str:
    """Return a header of free text, folded between words or encoded."""
    if value.isascii() and "=?" not in value and max(map(len, value.split()), default=0) < LINE_LENGTH:
        value = Header(value, "us-ascii", LINE_LENGTH, header).encode(splitchars=" ", linesep="\r\n")
    else:
        value = _encode(header, value)
    return f"{header}: {value}"


def raw_header(header: str, value: str) -> str:
    """Return a header for programs, never encoded.

    Raises:
        ValueError: it is longer than a line may be.
    """
    return _check_length(header, f"{header}: {fold_links(value)}")


def fold_links(value: str) -> str:
    """Return a list of links with each on a line of its own (RFC 2369 2 allows white space between them)."""
    return value.replace(">, <", ">,\r\n <")


class LinkHeader:
    """A header of links with merge fields, such as List-Unsubscribe; what is around the fields is written once."""

    def __init__(self, name: str, pieces: Sequence[str | MergeField]) -> None:
        self._name = name
        self._pieces = (f"{name}: ", *pieces, "\r\n")

    def fill(self, values: Mapping[str, str]) -> str:
        """Return the header with a recipient's links.

        Raises:
            ValueError: a link's host is not a valid domain, or a line would be too long.
        """
        header = "".join(
            [piece if isinstance(piece, str) else ascii_link(piece.get_value(values)) for piece in self._pieces]
        )
        return _check_length(self._name, header)


def _encode(header: str, value: str) -> str:
    return Header(value, "utf-8", LINE_LENGTH, header).encode(linesep="\r\n")


def _check_length(header: str, lines: str) -> str:
    if len(lines) > _LONGEST_LINE and max(map(len, lines.split("\r\n"))) > _LONGEST_LINE:
        raise ValueError(f"{header} is longer than the {_LONGEST_LINE} characters that a line of mail may have")
    return lines
