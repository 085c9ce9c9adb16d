"""A Message compiled to the bytes of its mails (RFC 5322 and MIME): encoded once, then filled in for each recipient."""

from __future__ import annotations

import re
from binascii import b2a_qp
from collections.abc import Sequence
from email.message import EmailMessage, MIMEPart
from email.policy import SMTP
from email.utils import parseaddr
from functools import lru_cache
from hashlib import sha256

from digest.core.text import one_line
from digest.delivery.addresses import ascii_address
from digest.delivery.header_encoding import (
    LINE_LENGTH,
    LINK_HEADERS,
    MAILBOX_HEADERS,
    LinkHeader,
    fold_links,
    mailbox_header,
    raw_header,
    text_header,
    to_header,
)
from digest.models import MergeField, Message, Recipient

_POLICY = SMTP.clone(max_line_length=78, cte_type="7bit")

_PLAIN_LINE = re.compile(r"[!-\-/-<>-~][ -<>-~]*+(?<! )")
"""A short text that needs no encoding in quoted-printable and does not begin with a dot."""
_LEADING_DOTS = re.compile(rb"^\.+", re.MULTILINE)
_SOFT_BREAK = b"=\r\n"
"""Ends a line of quoted-printable where the text continues (RFC 2045 6.7): each piece that is encoded on its own begins
on a new line."""


def to_mail(message: Message, recipient: Recipient) -> bytes:
    """Return the complete mail for one recipient. For many recipients, see `compile_message`."""
    return CompiledMessage(message).mail_for(recipient)


@lru_cache(maxsize=4)
def compile_message(message: Message) -> CompiledMessage:
    """Return a message compiled, and keep it while the message is being sent, on whichever connection."""
    return CompiledMessage(message)


class CompiledMessage:
    """The mails of a Message, in CRLF and ASCII throughout: text, HTML, and the pictures that the HTML shows.

    They are multipart/alternative of text/plain and text/html; with pictures, the latter is in a multipart/related
    (RFC 2387). The same Message results in the same bytes in every run. No line begins with a dot, so SMTP has none to
    double.
    """

    def __init__(self, message: Message) -> None:
        self._message = message
        self.sender = ascii_address(parseaddr(dict(message.headers).get("From", ""))[1])
        """The sender's address, for SMTP's MAIL FROM."""
        self._link_headers = []
        shared = []
        for name, value in message.headers:
            if name in LINK_HEADERS:
                self._link_headers.append(LinkHeader(name, _split_at_fields(fold_links(value), message.merge_fields)))
            elif name in MAILBOX_HEADERS:
                shared.append(mailbox_header(name, *parseaddr(one_line(value))))
            else:
                shared.append(raw_header(name, one_line(value)))
        self._is_subject_shared = len(_split_at_fields(message.subject, message.merge_fields)) == 1
        if self._is_subject_shared:
            shared.append(text_header("Subject", one_line(message.subject)))
        self._shared_headers = "".join(f"{header}\r\n" for header in shared).encode("ascii")
        self._body, self._field_places = _compile_body(message)

    def mail_for(self, recipient: Recipient, *, utf8: bool = False) -> bytes:
        """Return the complete mail for one recipient; with `utf8` it may contain an address beyond ASCII (RFC 6532).

        Raises:
            KeyError: the recipient has no value for a merge field.
            ValueError: the address has a local part beyond ASCII, which needs SMTPUTF8 (RFC 6531), or the unsubscribe
                link is not valid or too long for a header.
        """
        values = recipient.values
        headers = f"{to_header(recipient, utf8=utf8)}\r\nMessage-ID: <{recipient.message_id}>\r\n"
        for link_header in self._link_headers:
            headers += link_header.fill(values)
        if not self._is_subject_shared:
            headers += text_header("Subject", one_line(self._message.fill(self._message.subject, values))) + "\r\n"
        body = self._body.copy()
        encoded = dict[str, bytes]()  # most values are the same in text and in HTML
        for merge_field, places in self._field_places:
            value = merge_field.get_value(values)
            if value not in encoded:
                encoded[value] = _encode_value(value)
            for place in places:
                body[place] = encoded[value]
        return b"".join((self._shared_headers, headers.encode("utf-8"), *body))


def _compile_body(message: Message) -> tuple[list[bytes], list[tuple[MergeField, list[int]]]]:
    """Return the MIME headers and all that follows them in pieces, and the places in that list of each merge field."""
    texts = {b"text-goes-here": message.text, b"html-goes-here": message.html}
    pieces: list[bytes] = []
    field_places: dict[MergeField, list[int]] = {}
    for piece in re.split(b"(" + b"|".join(texts) + b")\r\n", _frame(message, *texts)):
        if piece not in texts:
            pieces.append(piece)
            continue
        for part in _split_at_fields(texts[piece], message.merge_fields):
            if isinstance(part, MergeField):
                field_places.setdefault(part, []).append(len(pieces))
                pieces.append(b"")
            else:
                encoded = _quoted_printable(part)
                pieces.append(encoded if not encoded or encoded.endswith(b"\r\n") else encoded + _SOFT_BREAK)
        if not texts[piece].endswith(("\n", "\r")):
            pieces.append(b"\r\n")
    return pieces, list(field_places.items())


def _frame(message: Message, text: bytes, html: bytes) -> bytes:
    """Return the message's MIME structure with its pictures, and with stand-ins for its text and its HTML."""
    frame = EmailMessage(policy=_POLICY)
    frame.set_content(text.decode("ascii"), cte="quoted-printable")
    frame.add_alternative(html.decode("ascii"), subtype="html", cte="quoted-printable")
    if message.images:
        part = frame.get_body(("html",))
        assert isinstance(part, MIMEPart), "the HTML was added above"
        for image in message.images:
            kind, _, subtype = image.media_type.partition("/")
            # EmailMessage would decode what looks encoded, as in headers.
            name = re.sub(r"[^\w.-]", "_", image.filename)
            part.add_related(image.data, kind, subtype, cid=f"<{image.cid}>", filename=name, disposition="inline")
    # "=_" occurs in no quoted-printable text and no base64 (RFC 2045 6.7).
    content = f"{message.subject}\0{message.text}\0{message.html}"
    digest = sha256(content.encode("utf-8", "replace")).hexdigest()[:24]
    for number, part in enumerate(part for part in frame.walk() if part.is_multipart()):
        part.set_boundary(f"=_{digest}.{number}")
    return frame.as_bytes()


def _split_at_fields(text: str, merge_fields: Sequence[MergeField]) -> list[str | MergeField]:
    """Return a text split at its merge fields: text, field, text, ..., text."""
    by_token = {merge_field.token: merge_field for merge_field in merge_fields}
    if not by_token:
        return [text]
    return [by_token.get(piece, piece) for piece in re.split(f"({'|'.join(map(re.escape, by_token))})", text)]


def _encode_value(value: str) -> bytes:
    """Return a merge field's value in quoted-printable, on lines of its own: the text around it is encoded already."""
    if len(value) < LINE_LENGTH and _PLAIN_LINE.fullmatch(value):
        return value.encode("ascii") + _SOFT_BREAK
    return _quoted_printable(value) + _SOFT_BREAK


def _quoted_printable(text: str) -> bytes:
    """Return a text as RFC 2045 6.7 has it: lines of at most 76 characters that end in CRLF, none beginning with a dot.

    SMTP doubles such a dot (RFC 5321 4.5.2): a mail without one goes out unchanged.
    """
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    encoded = b2a_qp(text.encode("utf-8", "replace"))
    if encoded.startswith(b".") or encoded.find(b"\n.") >= 0:
        encoded = _LEADING_DOTS.sub(lambda dots: b"=2E=\n" * len(dots[0]), encoded)
    return encoded.replace(b"\n", b"\r\n")
