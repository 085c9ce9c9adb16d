"""Writes the rows of an edition as it is frozen: its recipients, Messages, articles and sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert

from digest.models import Message, Recipient
from digest.storage.engine import batched, dialect_insert, to_text
from digest.storage.stored_message import encode_message
from digest.storage.tables import edition_articles, edition_sources, messages, recipients


@dataclass(frozen=True, slots=True)
class FrozenRecipient:
    """A recipient about to be frozen, with the key of the segment whose Message it gets."""

    recipient: Recipient
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


def freeze_recipients(
    connection: Connection,
    edition: str,
    readers: Iterable[FrozenRecipient],
    message_for: Callable[[str], Message],
    now: datetime,
) -> int:
    """Write the recipients as they stream in, and each segment's Message with its first; return how many recipients."""
    add = dialect_insert(connection, recipients).on_conflict_do_nothing()
    segments: set[str] = set()
    count = 0
    for chunk in batched(readers):
        for segment in {reader.segment for reader in chunk} - segments:
            body = encode_message(message_for(segment))
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


def freeze_articles(
    connection: Connection, edition: str, articles: Iterable[EditionArticle], sources: Iterable[EditionSource]
) -> None:
    """Write what the next edition needs to know about this one."""
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
