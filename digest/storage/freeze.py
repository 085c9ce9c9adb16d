"""Writes an edition as it is frozen: its recipients in blocks, its Messages, articles and sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, update

from digest.models import Message
from digest.storage.blocks import BLOCK_SIZE, Entry, encode_block, hash_emails
from digest.storage.engine import to_text, transaction
from digest.storage.leases import Lease
from digest.storage.stored_message import encode_message
from digest.storage.tables import edition_articles, edition_sources, messages, recipient_blocks, recipient_groups

_BLOCKS_AT_ONCE = 20
"""Blocks in one transaction: few commits, and no other writer waits for more than some milliseconds."""


@dataclass(frozen=True, slots=True)
class FrozenRecipient:
    """A reader about to be frozen, with the key of the segment whose Message they get."""

    email: str
    name: str
    segment: str
    due_at: datetime | None = None
    """When it is the hour to send in the reader's time zone; None for at once."""


@dataclass(frozen=True, slots=True)
class EditionArticle:
    """A story of an edition about to be frozen, or with `copy` another source's version of one."""

    identity: str
    headline: str
    copy: bool = False


@dataclass(frozen=True, slots=True)
class EditionSource:
    """Whether a source failed in an edition's run, and where its window begins next time."""

    source: str
    failed: bool
    next_start: datetime


class RecipientWriter:
    """Writes recipients in blocks, in the order they come, several blocks in one transaction.

    Memory holds one block for each group (readers of one segment who are due at the same time), and a few more.
    """

    def __init__(
        self,
        engine: Engine,
        edition: str,
        message_for: Callable[[str], Message] | None = None,
        lease: Lease | None = None,
    ) -> None:
        """`message_for` returns the Message of a segment's key; it is called once, with the segment's first reader.

        Nothing is written once another run has taken over the `lease`, and may be freezing the same edition.
        """
        self._engine = engine
        self._lease = lease
        self._edition = edition
        self._message_for = message_for
        self._numbers: dict[tuple[str, str | None], int] = {}
        self._sizes: list[int] = []
        self._open: dict[int, list[Entry]] = {}
        self._closed: list[dict[str, Any]] = []
        self._segments: set[str] = set()

    @property
    def count(self) -> int:
        """How many recipients were written so far."""
        return sum(self._sizes)

    def add(self, entry: Entry, segment: str, due_at: str | None) -> tuple[int, int]:
        """Add a recipient; return the number of their group and their position in it."""
        number = self._numbers.get((segment, due_at))
        if number is None:
            number = self._begin_group(segment, due_at)
        block = self._open[number]
        position = self._sizes[number]
        block.append(entry)
        self._sizes[number] += 1
        if len(block) == BLOCK_SIZE:
            self._close_block(number)
            if len(self._closed) == _BLOCKS_AT_ONCE:
                with self.transaction() as connection:
                    self._write_blocks(connection)
        return number, position

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run a transaction that writes. Raises LockedError if another run took the lease over."""
        with transaction(self._engine) as connection:
            if self._lease:
                self._lease.check(connection)
            yield connection

    def finish(self, connection: Connection) -> None:
        """Write what is left, within a transaction, and the sizes of the groups."""
        for number, block in self._open.items():
            if block:
                self._close_block(number)
        self._write_blocks(connection)
        for number, size in enumerate(self._sizes):
            this = (recipient_groups.c.edition == self._edition) & (recipient_groups.c.number == number)
            connection.execute(update(recipient_groups).where(this).values(size=size))

    def _begin_group(self, segment: str, due_at: str | None) -> int:
        # Rendered before the transaction: a write transaction keeps every other writer waiting.
        body = (
            encode_message(self._message_for(segment)) if self._message_for and segment not in self._segments else b""
        )
        number = self._numbers[segment, due_at] = len(self._sizes)
        self._sizes.append(0)
        self._open[number] = []
        row = {"edition": self._edition, "number": number, "segment": segment, "due_at": due_at}
        with self.transaction() as connection:
            if body:
                connection.execute(insert(messages).values(edition=self._edition, segment=segment, body=body))
            connection.execute(insert(recipient_groups).values(**row, size=0, claimed=0))
        self._segments.add(segment)
        return number

    def _close_block(self, number: int) -> None:
        block = self._open[number]
        self._closed.append(
            {
                "edition": self._edition,
                "number": number,
                "start": self._sizes[number] - len(block),
                "hashes": hash_emails(entry.email for entry in block),
                "body": encode_block(block),
            }
        )
        self._open[number] = []

    def _write_blocks(self, connection: Connection) -> None:
        if self._closed:
            connection.execute(insert(recipient_blocks), self._closed)
        self._closed = []


def freeze_recipients(writer: RecipientWriter, readers: Iterable[FrozenRecipient]) -> None:
    """Write the recipients as they stream in."""
    for reader in readers:
        due_at = to_text(reader.due_at) if reader.due_at else None
        writer.add(Entry(reader.email, reader.name), reader.segment, due_at)


def freeze_articles(
    connection: Connection, edition: str, articles: Iterable[EditionArticle], sources: Iterable[EditionSource]
) -> None:
    """Write what the next edition needs to know about this one."""
    rows = [
        {"edition": edition, "identity": story.identity, "headline": story.headline, "copy": story.copy}
        for story in articles
    ]
    if rows:
        connection.execute(insert(edition_articles), rows)
    for source in sources:
        connection.execute(
            insert(edition_sources).values(
                edition=edition,
                source=source.source,
                failed=source.failed,
                next_start=to_text(source.next_start),
            )
        )
