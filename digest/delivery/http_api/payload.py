"""What the requests of HTTP APIs are made of: mailboxes, headers, and the tag that comes back in events."""

from __future__ import annotations

import re
from email.utils import parseaddr

from digest.core.text import one_line
from digest.delivery.addresses import ascii_address, ascii_link
from digest.delivery.header_encoding import LINK_HEADERS
from digest.models import Message, Recipient

REQUEST_FIELDS = ("From", "Reply-To", "Date")
"""Headers that each API takes as fields of the request, or sets itself."""

_ATOMS = re.compile(r"[\w !#$%&'*+/=?^`{|}~-]+")
"""A name that needs no quotes in an address (RFC 5322 3.2.3, RFC 6532 3.2)."""


def format_mailbox(value: str) -> str:
    """Return a header's `Name <address>` as the APIs take it: unencoded, the address in ASCII."""
    name, address = parseaddr(one_line(value))
    return _format(name, ascii_address(address))


def recipient_mailbox(recipient: Recipient) -> str:
    """Return the To of a recipient.

    Raises:
        ValueError: the address is not valid, or needs SMTPUTF8, which none of these APIs supports.
    """
    return _format(one_line(recipient.name), ascii_address(recipient.email))


def _format(name: str, address: str) -> str:
    if not name or _ATOMS.fullmatch(name):
        return f"{name} <{address}>" if name else address
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}" <{address}>'


def extra_headers(message: Message, recipient: Recipient) -> dict[str, str]:
    """Return the headers of a recipient's mail that are not fields of the request. Raises as `fill_header`."""
    return {
        name: fill_header(message, name, value, recipient)
        for name, value in message.headers
        if name not in REQUEST_FIELDS
    }


def fill_header(message: Message, name: str, value: str, recipient: Recipient) -> str:
    """Return one of the message's headers with the recipient's values in its merge fields, links in ASCII.

    Raises:
        ValueError: a link's host is not a valid domain.
    """
    values = recipient.values
    if name in LINK_HEADERS:
        values = {field: ascii_link(link) for field, link in values.items()}
    return one_line(message.fill(value, values))


def recipient_tag(recipient: Recipient) -> str:
    """Return the tag that comes back in every event: it identifies the recipient to us and to nobody else."""
    return recipient.message_id.partition("@")[0]
