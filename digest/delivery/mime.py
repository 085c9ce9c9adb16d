"""A Message as the bytes of its mails (RFC 5322 and MIME): encoded once, cut at its slots, joined with the values."""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Mapping, Sequence
from email.header import Header
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import formataddr, parseaddr
from functools import lru_cache
from hashlib import sha256

from digest.core.text import one_line
from digest.delivery.addresses import ascii_address, ascii_link, needs_utf8
from digest.models import MergeField, Message, Recipient

_POLICY = SMTP.clone(max_line_length=78, cte_type="7bit")

_MAILBOX_HEADERS = ("From", "Reply-To")
_LINK_HEADERS = ("List-Unsubscribe",)

_LINE = 76
"""The longest line of text, and of an encoded word (RFC 2047 2)."""
_LONGEST_LINE = 998
"""RFC 5322 2.1.1, without the line's end."""

_STAND_IN = "address-goes-here@example.com"
_PLAIN_LINE = re.compile(r"[!-\-/-<>-~][ -<>-~]*+(?<! )")
"""A short text that is quoted-printable as it stands, and no line that begins with a dot."""
_PLAIN_NAME = re.compile(r"[A-Za-z0-9 ]{1,60}")
"""A name that a header takes as it is."""
_LEADING_DOTS = re.compile(rb"^\.+", re.MULTILINE)
_SOFT_BREAK = b"=\r\n"
"""Ends a line of quoted-printable where the text goes on (RFC 2045 6.7): what is encoded apart begins a line."""


def to_mail(message: Message, recipient: Recipient) -> bytes:
    """The whole mail for one recipient: see `Wire`, which is for many."""
    return Wire(message).mail(recipient)


@lru_cache(maxsize=4)
def wire_of(message: Message) -> Wire:
    """The Wire of a message, kept while the message is being sent, whichever connections send it."""
    return Wire(message)


class Wire:
    """The mails of a Message, CRLF throughout and ASCII throughout: text, HTML, and the pictures that the HTML shows.

    multipart/alternative of text/plain and text/html; with pictures the latter is in a multipart/related (RFC 2387).
    The same Message gives the same bytes, in any run. No line begins with a dot, so SMTP has nothing to double.
    """

    def __init__(self, message: Message) -> None:
        self._message = message
        self.sender = ascii_address(parseaddr(dict(message.headers).get("From", ""))[1])
        """The address it comes from, for SMTP's MAIL FROM."""
        self._links = []
        shared = []
        for name, value in message.headers:
            if name in _LINK_HEADERS:
                self._links.append(_LinkHeader(name, _cut(value.replace(">, <", ">,\r\n <"), message.merge_fields)))
            elif name in _MAILBOX_HEADERS:
                shared.append(_mailbox(name, *parseaddr(one_line(value))))
            else:
                shared.append(_verbatim(name, one_line(value)))
        self._subject = _cut(message.subject, message.merge_fields)
        if len(self._subject) == 1:
            shared.append(_text("Subject", one_line(message.subject)))
        self._shared = "".join(f"{header}\r\n" for header in shared).encode("ascii")
        self._body, self._holes = _body(message)

    def mail(self, recipient: Recipient, *, utf8: bool = False) -> bytes:
        """The whole mail for one recipient; with `utf8` their address may be beyond ASCII in it (RFC 6532).

        Raises:
            KeyError: the recipient has no value for a slot.
            ValueError: their address has a local part beyond ASCII, which needs SMTPUTF8 (RFC 6531), or their
                unsubscribe link is too long for a header.
        """
        values = recipient.values
        to = _to_utf8(recipient) if utf8 and needs_utf8(recipient.email) else _to(recipient)
        own = f"{to}\r\nMessage-ID: <{recipient.message_id}>\r\n"
        for link in self._links:
            own += link.written(values)
        if len(self._subject) > 1:
            own += _text("Subject", one_line(self._message.fill(self._message.subject, values))) + "\r\n"
        body = self._body.copy()
        encoded = dict[str, bytes]()  # most values are the same in text and in HTML
        for merge_field, places in self._holes:
            value = merge_field.value(values)
            if value not in encoded:
                encoded[value] = _line(value)
            for place in places:
                body[place] = encoded[value]
        return b"".join((self._shared, own.encode("utf-8"), *body))


def header_value(message: Message, name: str, value: str, recipient: Recipient) -> str:
    """One of the message's headers with the recipient's values in its slots, for an API; links are ASCII there.

    Raises:
        ValueError: a link's host is no domain.
    """
    values = recipient.values
    if name in _LINK_HEADERS:
        values = {merge_field: ascii_link(told) for merge_field, told in values.items()}
    return one_line(message.fill(value, values))


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
    return _checked(header, f"{header}: " + value.replace(">, <", ">,\r\n <"))


def _checked(header: str, written: str) -> str:
    if len(written) > _LONGEST_LINE and max(map(len, written.split("\r\n"))) > _LONGEST_LINE:
        raise ValueError(f"{header} is longer than the {_LONGEST_LINE} characters that a line of mail may have")
    return written


def _to(recipient: Recipient) -> str:
    """The To header; written at once where it is as plain as most are."""
    name, email = recipient.name, recipient.email
    if email.isascii() and email.isprintable() and _PLAIN_NAME.fullmatch(name):
        return f"To: {name} <{email}>"
    return _mailbox("To", one_line(name), email)


def _to_utf8(recipient: Recipient) -> str:
    """The To header of an address beyond ASCII, for a server that takes it as it is."""
    return _mailbox("To", one_line(recipient.name), _STAND_IN).replace(_STAND_IN, one_line(recipient.email))


class _LinkHeader:
    """A header of links with slots: what is around them is written once."""

    def __init__(self, name: str, pieces: Sequence[str | MergeField]) -> None:
        self._name = name
        self._pieces = (f"{name}: ", *pieces, "\r\n")

    def written(self, values: Mapping[str, str]) -> str:
        """The header with a recipient's links. Raises ValueError where a line of it would be too long."""
        header = "".join(
            [piece if isinstance(piece, str) else ascii_link(piece.value(values)) for piece in self._pieces]
        )
        return _checked(self._name, header)


# --- the body ---------------------------------------------------------------------------------------------------------


def _body(message: Message) -> tuple[list[bytes], list[tuple[MergeField, list[int]]]]:
    """The MIME headers and all that follows them, in pieces; with each slot, the places of the pieces it fills."""
    texts = {b"text-goes-here": message.text, b"html-goes-here": message.html}
    frame = EmailMessage(policy=_POLICY)
    text, html = (token.decode("ascii") for token in texts)
    frame.set_content(text, cte="quoted-printable")
    frame.add_alternative(html, subtype="html", cte="quoted-printable")
    if message.images:
        part = frame.get_body(("html",))
        assert isinstance(part, MIMEPart), "the HTML was added above"
        for image in message.images:
            kind, _, subtype = image.media_type.partition("/")
            # EmailMessage would decode what looks encoded, as in headers.
            name = re.sub(r"[^\w.-]", "_", image.filename)
            part.add_related(image.data, kind, subtype, cid=f"<{image.cid}>", filename=name, disposition="inline")
    # "=_" is in no quoted-printable text and no base64 (RFC 2045 6.7).
    digest = sha256("\0".join((message.subject, *texts.values())).encode("utf-8", "replace")).hexdigest()[:24]
    for number, part in enumerate(part for part in frame.walk() if part.is_multipart()):
        part.set_boundary(f"=_{digest}.{number}")
    pieces: list[bytes] = []
    holes: dict[MergeField, list[int]] = {}
    for piece in re.split(b"(" + b"|".join(texts) + b")\r\n", frame.as_bytes()):
        if piece not in texts:
            pieces.append(piece)
            continue
        for part_of in _cut(texts[piece], message.merge_fields):
            if isinstance(part_of, MergeField):
                holes.setdefault(part_of, []).append(len(pieces))
                pieces.append(b"")
            else:
                encoded = _quoted_printable(part_of)
                pieces.append(encoded if not encoded or encoded.endswith(b"\r\n") else encoded + _SOFT_BREAK)
        if not texts[piece].endswith(("\n", "\r")):
            pieces.append(b"\r\n")
    return pieces, list(holes.items())


def _cut(text: str, merge_fields: Sequence[MergeField]) -> list[str | MergeField]:
    """A text cut at its slots: text, slot, text, ..., text."""
    by_token = {merge_field.token: merge_field for merge_field in merge_fields}
    if not by_token:
        return [text]
    return [by_token.get(piece, piece) for piece in re.split(f"({'|'.join(map(re.escape, by_token))})", text)]


def _line(value: str) -> bytes:
    """A slot's value in quoted-printable, on lines of its own: what is around it is encoded already."""
    if len(value) < _LINE and _PLAIN_LINE.fullmatch(value):
        return value.encode("ascii") + _SOFT_BREAK
    return _quoted_printable(value) + _SOFT_BREAK


def _quoted_printable(text: str) -> bytes:
    """RFC 2045 6.7, in lines of at most 76 characters that end in CRLF, and none of which begins with a dot.

    SMTP doubles such a dot (RFC 5321 4.5.2): a mail without one goes out as it is.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    encoded = b2a_qp(text.encode("utf-8", "replace"))
    if encoded.startswith(b".") or encoded.find(b"\n.") >= 0:
        encoded = _LEADING_DOTS.sub(lambda dots: b"=2E=\n" * len(dots[0]), encoded)
    return encoded.replace(b"\n", b"\r\n")
