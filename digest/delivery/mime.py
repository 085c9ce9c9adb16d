"""A Message and a Recipient into the bytes of one mail (RFC 5322 and MIME)."""

from __future__ import annotations

import re
from email.header import Header
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import formataddr, parseaddr

from digest.delivery.addresses import ascii_address, ascii_link
from digest.models import Message, Recipient

_POLICY = SMTP.clone(max_line_length=78, cte_type="7bit")

_MAILBOX_HEADERS = ("From", "Reply-To")
_LINK_HEADERS = ("List-Unsubscribe",)

_LINE = 76
"""The longest line of text, and of an encoded word (RFC 2047 2)."""
_LONGEST_LINE = 998
"""RFC 5322 2.1.1, without the line's end."""

_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def to_mail(message: Message, recipient: Recipient) -> bytes:
    """The whole mail, CRLF throughout and ASCII throughout: text, HTML, and the pictures that the HTML shows.

    multipart/alternative of text/plain and text/html; with pictures the latter is in a multipart/related (RFC 2387).

    Raises:
        ValueError: the recipient's address has a local part beyond ASCII, which needs SMTPUTF8 (RFC 6531), or its
            unsubscribe link is too long for a header.
    """
    headers = []
    for name, value in message.headers:
        filled = header_value(message, name, value, recipient)
        headers.append(_mailbox(name, *parseaddr(filled)) if name in _MAILBOX_HEADERS else _verbatim(name, filled))
    headers += [
        _mailbox("To", one_line(recipient.name), recipient.email),
        _text("Subject", one_line(message.fill(message.subject, recipient.values))),
        _verbatim("Message-ID", f"<{recipient.message_id}>"),
    ]
    return "".join(f"{header}\r\n" for header in headers).encode("ascii") + _body(message, recipient)


def header_value(message: Message, name: str, value: str, recipient: Recipient) -> str:
    """One of the message's headers with the recipient's values in its slots; links are ASCII there.

    Raises:
        ValueError: a link's host is no domain.
    """
    values = recipient.values
    if name in _LINK_HEADERS:
        values = {slot: ascii_link(told) for slot, told in values.items()}
    return one_line(message.fill(value, values))


def one_line(value: str) -> str:
    """A header's value without line breaks: nothing in a name or a headline may begin another header."""
    return " ".join(_UNPRINTABLE.sub(" ", value).split())


# --- headers ----------------------------------------------------------------------------------------------------------
# Written here rather than by email.message: it decodes an encoded word that stands in a headline, writes out the line
# break that was hidden in it (CVE-2024-6923), and encodes long links and ids, which no program can read then.


def _mailbox(header: str, name: str, address: str) -> str:
    """`Name <address>`, the name encoded where it is long, not ASCII, or looks encoded."""
    address = one_line(ascii_address(address))
    whole = f"{header}: {formataddr((name, address))}" if name.isascii() else ""
    if not name or (whole and len(whole) <= _LINE and "=?" not in name):
        return whole
    return f"{header}: {_encoded(header, name)}\r\n <{address}>"


def _text(header: str, value: str) -> str:
    """A header of free text, folded between words or encoded."""
    if value.isascii() and "=?" not in value and max(map(len, value.split()), default=0) < _LINE:
        value = Header(value, "us-ascii", _LINE, header).encode(splitchars=" ", linesep="\r\n")
    else:
        value = _encoded(header, value)
    return f"{header}: {value}"


def _encoded(header: str, value: str) -> str:
    return Header(value, "utf-8", _LINE, header).encode(linesep="\r\n")


def _verbatim(header: str, value: str) -> str:
    """A header for programs, never encoded: one link a line (RFC 2369 2 allows white space between them)."""
    written = f"{header}: " + value.replace(">, <", ">,\r\n <")
    if max(map(len, written.split("\r\n"))) > _LONGEST_LINE:
        raise ValueError(f"{header} is longer than the {_LONGEST_LINE} characters that a line of mail may have")
    return written


# --- the body ---------------------------------------------------------------------------------------------------------


def _body(message: Message, recipient: Recipient) -> bytes:
    """The MIME headers and all that follows them."""
    mail = EmailMessage(policy=_POLICY)
    mail.set_content(message.fill(message.text, recipient.values), cte="quoted-printable")
    mail.add_alternative(message.fill(message.html, recipient.values), subtype="html", cte="quoted-printable")
    if message.images:
        html = mail.get_body(("html",))
        assert isinstance(html, MIMEPart), "the HTML was added above"
        for image in message.images:
            kind, _, subtype = image.media_type.partition("/")
            name = re.sub(
                r"[^\w.-]", "_", image.filename
            )  # EmailMessage would decode what looks encoded, as in headers
            html.add_related(image.data, kind, subtype, cid=f"<{image.cid}>", filename=name, disposition="inline")
    return mail.as_bytes()
