"""What is remembered of sources: how they fared, which articles they had, and the documents as last fetched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, select, update

from digest.models import FirstSeen, StoredDocument
from digest.storage.engine import batched, dialect_insert, reading, to_moment, to_text, transaction
from digest.storage.tables import documents, seen_articles, sources


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source has fared: when it was last read, its oldest date then, since when it fails and why."""

    name: str
    read_at: datetime | None
    oldest_seen: datetime | None
    failing_since: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """One source as just fetched: its oldest date, or why it failed, and its new articles by identity."""

    source: str
    failure: str
    oldest_seen: datetime | None
    new: Mapping[str, FirstSeen]


class Sources:
    """Every source ever read, with its articles and documents."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get_states(self) -> dict[str, SourceState]:
        """Return the state of every source ever read, by name."""
        with reading(self._engine) as connection:
            return {
                row.name: SourceState(
                    row.name, _or_none(row.read_at), _or_none(row.horizon), _or_none(row.failing_since), row.failure
                )
                for row in connection.execute(select(sources).order_by(sources.c.name))
            }

    def find_first_seen(self, identities: Collection[str]) -> dict[str, FirstSeen]:
        """Return when each of these articles was first seen, by identity; new ones are not in it."""
        found = {}
        with reading(self._engine) as connection:
            for chunk in batched(identities):
                rows = connection.execute(select(seen_articles).where(seen_articles.c.identity.in_(chunk)))
                found.update({row.identity: FirstSeen(to_moment(row.first_seen), row.late) for row in rows})
        return found

    def get_document(self, url: str) -> StoredDocument | None:
        """Return a document as last fetched, None if it never was."""
        with reading(self._engine) as connection:
            row = connection.execute(select(documents).where(documents.c.url == url)).one_or_none()
        return StoredDocument(row.url, row.etag, row.last_modified, row.content_type, row.body) if row else None

    def save(self, records: Iterable[FetchRecord], fetched: Iterable[StoredDocument], now: datetime) -> None:
        """Save what a run learnt about its sources. For runs that send: a preview leaves no trace."""
        with transaction(self._engine) as connection:
            for record in records:
                _save_record(connection, record, now)
            for document in fetched:
                _upsert(
                    connection,
                    documents,
                    {
                        "url": document.url,
                        "etag": document.etag,
                        "last_modified": document.last_modified,
                        "content_type": document.content_type,
                        "body": document.body,
                        "fetched_at": to_text(now),
                    },
                )


def _save_record(connection: Connection, record: FetchRecord, now: datetime) -> None:
    known = connection.execute(select(sources).where(sources.c.name == record.source)).one_or_none()
    if known is None:
        row_of = {"name": record.source, "failure": ""}
        connection.execute(dialect_insert(connection, sources).values(**row_of).on_conflict_do_nothing())
    row = update(sources).where(sources.c.name == record.source)
    if record.failure:
        since = known.failing_since if known and known.failing_since else to_text(now)
        connection.execute(row.values(failing_since=since, failure=record.failure))
        return
    horizon = to_text(record.oldest_seen) if record.oldest_seen else None
    connection.execute(row.values(read_at=to_text(now), horizon=horizon, failing_since=None, failure=""))
    for chunk in batched(record.new.items()):
        rows = [
            {"identity": identity, "first_seen": to_text(seen.moment), "late": seen.late} for identity, seen in chunk
        ]
        connection.execute(dialect_insert(connection, seen_articles).on_conflict_do_nothing(), rows)


def _upsert(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    statement = dialect_insert(connection, table).values(**row)
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in row.items() if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))


def _or_none(text: str | None) -> datetime | None:
    return to_moment(text) if text else None
