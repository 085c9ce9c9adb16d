"""Reads frozen recipients by position, and finds the positions of an address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, select, tuple_

from digest.storage.blocks import Entry, decode_block, decode_entry, find_offsets
from digest.storage.engine import batched
from digest.storage.tables import recipient_blocks

_BLOCKS_AT_ONCE = 100
"""Blocks that are read together to look an address up in them."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a recipient is frozen: the edition, the number of the group, and the position in it."""

    edition: str
    number: int
    position: int


class BlockReader:
    """The entries of one edition. Keeps the last block of each group, since recipients are claimed in order."""

    def __init__(self, edition: str) -> None:
        self._edition = edition
        self._blocks: dict[int, tuple[int, list[Entry]]] = {}

    def read(self, connection: Connection, number: int, start: int, count: int) -> list[Entry]:
        """Return `count` entries of a group, from the position `start` on."""
        found: list[Entry] = []
        while len(found) < count:
            position = start + len(found)
            first, entries = self._block_at(connection, number, position)
            found += entries[position - first : position - first + count - len(found)]
        return found

    def _block_at(self, connection: Connection, number: int, position: int) -> tuple[int, list[Entry]]:
        first, entries = self._blocks.get(number, (0, []))
        if not first <= position < first + len(entries):
            columns = recipient_blocks.c
            row = connection.execute(
                select(columns.start, columns.body)
                .where(columns.edition == self._edition, columns.number == number, columns.start <= position)
                .order_by(columns.start.desc())
                .limit(1)
            ).one()
            first, entries = self._blocks[number] = row.start, decode_block(row.body)
        return first, entries


def find_places(connection: Connection, email: str, edition: str = "") -> Iterator[Place]:
    """Yield the places of an address, in one edition or in all; there is at most one in each edition."""
    columns = recipient_blocks.c
    query = select(columns.edition, columns.number, columns.start, columns.hashes)
    if edition:
        query = query.where(columns.edition == edition)
    candidates = {
        (row.edition, row.number, row.start): offsets
        for row in connection.execute(query)
        if (offsets := list(find_offsets(row.hashes, email)))
    }
    key = tuple_(columns.edition, columns.number, columns.start)
    for chunk in batched(candidates, _BLOCKS_AT_ONCE):
        query = select(columns.edition, columns.number, columns.start, columns.body).where(key.in_(chunk))
        for row in connection.execute(query).all():
            for offset in candidates[row.edition, row.number, row.start]:
                if decode_entry(row.body, offset).email == email:  # two addresses may share a hash
                    yield Place(row.edition, row.number, row.start + offset)
