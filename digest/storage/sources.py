"""What is remembered of sources: how they fared, which articles were in them, and the documents as last fetched."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Table, select, update

from digest.models import FirstSeen, StoredDocument
from digest.storage.engine import chunks, insert_or, to_moment, to_text, transaction
from digest.storage.tables import documents, seen_articles, sources


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source has fared: last read when, its oldest date then, and since when it fails and with what."""

    name: str
    read_at: datetime | None
    oldest_seen: datetime | None
    failing_since: datetime | None
    failure: str


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """One source as just read: its oldest date, or why it failed, and what is new in it by identity."""

    source: str
    failure: str
    oldest_seen: datetime | None
    new: Mapping[str, FirstSeen]


class Sources:
    """The sources that were read, their articles and their documents."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, SourceState]:
        """Every source ever read, by name."""
        with transaction(self._engine) as connection:
            return {
                row.name: SourceState(
                    row.name, _or_none(row.read_at), _or_none(row.horizon), _or_none(row.failing_since), row.failure
                )
                for row in connection.execute(select(sources).order_by(sources.c.name))
            }

    def first_seen(self, identities: Collection[str]) -> dict[str, FirstSeen]:
        """When these articles were first seen, for those that ever were."""
        found = {}
        with transaction(self._engine) as connection:
            for chunk in chunks(identities):
                rows = connection.execute(select(seen_articles).where(seen_articles.c.identity.in_(chunk)))
                found.update({row.identity: FirstSeen(to_moment(row.first_seen), row.late) for row in rows})
        return found

    def document(self, url: str) -> StoredDocument | None:
        """A document as last fetched, None if it never was."""
        with transaction(self._engine) as connection:
            row = connection.execute(select(documents).where(documents.c.url == url)).one_or_none()
        return StoredDocument(row.url, row.etag, row.last_modified, row.content_type, row.body) if row else None

    def remember(self, records: Iterable[FetchRecord], fetched: Iterable[StoredDocument], now: datetime) -> None:
        """Keep what a run learnt of its sources. For runs that send: a preview leaves no trace."""
        with transaction(self._engine) as connection:
            for record in records:
                _keep_record(connection, record, now)
            for document in fetched:
                _replace(
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


def _keep_record(connection: Connection, record: FetchRecord, now: datetime) -> None:
    known = connection.execute(select(sources).where(sources.c.name == record.source)).one_or_none()
    if known is None:
        row_of = {"name": record.source, "failure": ""}
        connection.execute(insert_or(connection, sources).values(**row_of).on_conflict_do_nothing())
    row = update(sources).where(sources.c.name == record.source)
    if record.failure:
        since = known.failing_since if known and known.failing_since else to_text(now)
        connection.execute(row.values(failing_since=since, failure=record.failure))
        return
    horizon = to_text(record.oldest_seen) if record.oldest_seen else None
    connection.execute(row.values(read_at=to_text(now), horizon=horizon, failing_since=None, failure=""))
    for chunk in chunks(record.new.items()):
        rows = [
            {"identity": identity, "first_seen": to_text(seen.moment), "late": seen.late} for identity, seen in chunk
        ]
        connection.execute(insert_or(connection, seen_articles).on_conflict_do_nothing(), rows)


def _replace(connection: Connection, table: Table, row: Mapping[str, Any]) -> None:
    statement = insert_or(connection, table).values(**row)
    keys = [column.name for column in table.primary_key]
    rest = {name: value for name, value in row.items() if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=rest))


def _or_none(text: str | None) -> datetime | None:
    return to_moment(text) if text else None
