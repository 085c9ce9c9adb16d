"""Encodes Messages for the ledger under version 1's names, whatever the fields of `models.Message` are called."""

from __future__ import annotations

import msgspec

from digest.models import InlineImage, MergeField, Message


class _StoredMessage(msgspec.Struct, frozen=True):
    subject: str
    html: str
    text: str
    slots: tuple[MergeField, ...] = ()
    images: tuple[InlineImage, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def encode_message(message: Message) -> bytes:
    """Return a Message as MessagePack."""
    stored = _StoredMessage(
        message.subject, message.html, message.text, message.merge_fields, message.images, message.headers
    )
    return msgspec.msgpack.encode(stored)


def decode_message(body: bytes) -> Message:
    """Return the Message that `encode_message` encoded, in this version of digest or an earlier one."""
    stored = msgspec.msgpack.decode(body, type=_StoredMessage)
    return Message(stored.subject, stored.html, stored.text, stored.slots, stored.images, stored.headers)
