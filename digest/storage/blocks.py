"""Blocks of frozen recipients: a few hundred addresses compressed together, with hashes to find one of them."""

from __future__ import annotations

import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

BLOCK_SIZE = 500
"""Recipients in one block: enough to compress well, few enough to decode in under a millisecond."""

_LEVEL = 3  # of zlib: higher levels save a few per cent and take twice as long


class Entry(NamedTuple):
    """One frozen recipient. `own` is what cannot be derived from the edition, for those frozen by version 1."""

    email: str
    name: str
    own: OwnValues | None = None


class OwnValues(NamedTuple):
    """The Message-ID and merge field values that version 1 stored for each recipient."""

    message_id: str
    values: dict[str, str]


def encode_block(entries: Sequence[Entry]) -> bytes:
    """Return the entries as compressed MessagePack."""
    return zlib.compress(msgspec.msgpack.encode(entries), _LEVEL)


def decode_block(body: bytes) -> list[Entry]:
    """Return the entries that `encode_block` encoded."""
    return msgspec.msgpack.decode(zlib.decompress(body), type=list[Entry])


def decode_entry(body: bytes, offset: int) -> Entry:
    """Return one of the entries that `encode_block` encoded, several times as fast as all of them."""
    entries = msgspec.msgpack.decode(zlib.decompress(body), type=list[msgspec.Raw])
    return msgspec.msgpack.decode(entries[offset], type=Entry)


def hash_emails(emails: Iterable[str]) -> bytes:
    """Return a 32-bit hash of each address, in order; two addresses may share one."""
    return array("I", (zlib.crc32(email.encode()) for email in emails)).tobytes()


def find_offsets(hashes: bytes, email: str) -> Iterator[int]:
    """Yield the offsets in a block at which an address may be, by its hash."""
    needle = array("I", [zlib.crc32(email.encode())]).tobytes()
    position = hashes.find(needle)
    while position >= 0:
        if position % 4 == 0:
            yield position // 4
        position = hashes.find(needle, position + 1)


def merge_counts(*counts: Mapping[str, int]) -> dict[str, int]:
    """Return the sums of several counts by state, without those that are zero."""
    total: dict[str, int] = {}
    for one in counts:
        for state, count in one.items():
            total[state] = total.get(state, 0) + count
    return {state: count for state, count in total.items() if count}
