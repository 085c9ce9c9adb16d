"""Writing down who gets which Message, before the first one is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, Engine, insert

from digest.storage.engine import chunks, insert_or, to_text, transaction
from digest.storage.history import SourceState, counts_of
from digest.storage.tables import edition_articles, edition_sources, editions, messages, recipients
from digest.models import Edition, Message, Recipient


@dataclass(frozen=True, slots=True)
class FrozenRecipient:
    """A recipient about to be frozen, with the key of the segment whose Message it gets."""

    recipient: Recipient
    segment: str
    due_at: datetime | None = None
    """When it is the hour to send where the reader is; None for at once."""


@dataclass(frozen=True, slots=True)
class SentArticle:
    """A story of an edition about to be frozen, or with `copy` another source's telling of one."""

    identity: str
    headline: str
    copy: bool = False


class Freezing:
    """The part of the ledger that editions are frozen in."""

    _engine: Engine

    def freeze(
        self,
        edition: Edition,
        subject: str,
        readers: Iterable[FrozenRecipient],
        message_of: Callable[[str], Message],
        articles: Iterable[SentArticle],
        sources: Iterable[SourceState],
        now: datetime,
    ) -> int:
        """Write down who gets which Message, in one transaction, before the first is sent; return how many they are.

        `readers` is streamed; an address that comes twice is kept once. `message_of` gives the Message of a segment's
        key and is asked once a segment. With no reader at all nothing is written.
        """
        with transaction(self._engine) as connection:
            connection.execute(
                insert(editions).values(
                    id=edition.id,
                    cadence=edition.cadence,
                    window_start=to_text(edition.window.start),
                    window_end=to_text(edition.window.end),
                    frozen_at=to_text(now),
                    state="frozen",
                    subject=subject,
                )
            )
            count = _freeze_readers(connection, edition.id, readers, message_of, now)
            if not count:
                connection.rollback()
                return 0
            _freeze_memory(connection, edition.id, articles, sources)
            return counts_of(connection, edition.id)["pending"]


def _freeze_readers(
    connection: Connection,
    edition: str,
    readers: Iterable[FrozenRecipient],
    message_of: Callable[[str], Message],
    now: datetime,
) -> int:
    """The recipients as they stream, and each segment's Message when the first of its readers comes by."""
    add = insert_or(connection, recipients).on_conflict_do_nothing()
    segments: set[str] = set()
    count = 0
    for chunk in chunks(readers):
        for segment in {reader.segment for reader in chunk} - segments:
            body = msgspec.msgpack.encode(message_of(segment))
            connection.execute(insert(messages).values(edition=edition, segment=segment, body=body))
            segments.add(segment)
        rows = [
            {
                "edition": edition,
                "email": reader.recipient.email,
                "position": count + offset,
                "segment": reader.segment,
                "message_id": reader.recipient.message_id,
                "slot_values": dict(reader.recipient.values),
                "state": "pending",
                "detail": "",
                "changed_at": to_text(now),
                "due_at": reader.due_at and to_text(reader.due_at),
            }
            for offset, reader in enumerate(chunk)
        ]
        connection.execute(add, rows)
        count += len(rows)
    return count


def _freeze_memory(
    connection: Connection, edition: str, articles: Iterable[SentArticle], sources: Iterable[SourceState]
) -> None:
    """What the next edition will want to know of this one."""
    for story in articles:
        row = {"edition": edition, "identity": story.identity, "headline": story.headline, "copy": story.copy}
        connection.execute(insert(edition_articles), row)
    for source in sources:
        connection.execute(
            insert(edition_sources).values(
                edition=edition,
                source=source.source,
                failed=source.failed,
                next_start=to_text(source.next_start),
            )
        )
