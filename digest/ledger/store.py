"""Reads and writes the ledger: each method one transaction, each answer plain values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec
from sqlalchemy import ColumnElement, Connection, Engine, and_, func, insert, inspect, or_, select, update

from digest.errors import LedgerError
from digest.ledger.database import chunks, insert_or, name_of, open_engine, parse_url, to_moment, to_text, transaction
from digest.ledger.erasure import Erasure
from digest.ledger.lock import run_lock
from digest.ledger.memory import Memory
from digest.ledger.schema import (
    VERSION,
    edition_articles,
    edition_sources,
    editions,
    ledger_version,
    messages,
    metadata,
    recipients,
)
from digest.ledger.sending import Sending
from digest.ledger.suppressions import Suppressions
from digest.models import Cadence, Edition, Message, Recipient


@dataclass(frozen=True, slots=True)
class EditionRecord:
    """One edition as the ledger knows it; `counts` is recipients by state, `finished_at` None while it is open."""

    id: str
    cadence: Cadence
    subject: str
    state: str
    frozen_at: datetime
    window_end: datetime
    finished_at: datetime | None
    stories: int
    counts: Mapping[str, int]

    @property
    def recipients(self) -> int:
        """How many readers the edition was frozen for."""
        return sum(self.counts.values())

    @property
    def reached(self) -> int:
        """How many got it or may have got it."""
        return self.counts.get("accepted", 0) + self.counts.get("in_doubt", 0)

    @property
    def unsent(self) -> int:
        """How many a run that goes on would still send to."""
        return sum(self.counts.get(state, 0) for state in ("pending", "sending", "deferred"))


@dataclass(frozen=True, slots=True)
class RecipientRecord:
    """What became of one recipient of an edition; `changed_at` is when it came to its state."""

    email: str
    segment: str
    state: str
    detail: str
    changed_at: datetime


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


@dataclass(frozen=True, slots=True)
class SourceState:
    """Whether a source failed in an edition's run, and where its window begins next time."""

    source: str
    failed: bool
    next_start: datetime


class Ledger(Memory, Suppressions, Erasure):
    """The memory of sends, in SQLite or PostgreSQL. A context manager that closes the database."""

    def __init__(self, engine: Engine, secret: str = "") -> None:
        self._engine = engine
        self._secret = secret

    # --- opening ------------------------------------------------------------------------------------------------------

    @classmethod
    def open(cls, url: str, secret: str = "") -> Self:
        """Open the ledger for a run that sends, making its tables where there are none.

        The secret is what erased readers are known again by: sending and looking up suppressions fail without it where
        there are some.

        Raises:
            LedgerError: the database cannot be reached or written, or is of another version.
            LockedError: another run is just making the tables.
        """
        ledger = cls(open_engine(parse_url(url)), secret)
        if ledger._version() is None:
            # Two first runs at once must not both make the tables.
            with ledger.lock():
                ledger._make_tables()
        ledger._check_version()
        return ledger

    def _version(self) -> int | None:
        """The version of the tables, None where there are none, or not all of them yet."""
        with self._transaction() as connection:
            if not inspect(connection).has_table(ledger_version.name):
                return None
            return connection.scalar(select(ledger_version.c.version))

    def _make_tables(self) -> None:
        with self._transaction() as connection:
            metadata.create_all(connection)
            # Last: SQLite shows each table to others as it is made, and a run may die between two.
            if connection.scalar(select(ledger_version.c.version)) is None:
                connection.execute(insert(ledger_version).values(version=VERSION))

    @classmethod
    def open_to_read(cls, url: str, secret: str = "") -> Self:
        """Open the ledger for a command that changes nothing: where there is none yet, an empty one in memory.

        Raises:
            LedgerError: the database cannot be reached, or is of another version.
        """
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return cls.open("sqlite://")
        ledger = cls(open_engine(parsed), secret)
        if ledger._version() is not None:
            ledger._check_version()
            return ledger
        ledger.close()
        return cls.open("sqlite://")

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def lock(self) -> AbstractContextManager[None]:
        """Hold the ledger for one run: see `digest.ledger.lock.run_lock`."""
        return run_lock(self._engine)

    # --- freezing -----------------------------------------------------------------------------------------------------

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
        with self._transaction() as connection:
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
            return self._counts(connection, edition.id)["pending"]

    # --- sending ------------------------------------------------------------------------------------------------------

    def recover(self, edition: str, now: datetime) -> int:
        """Begin or go on: what an earlier run left in flight is in doubt, what it left deferred is tried again.

        Only the holder of the lock may call this. Returns how many came to be in doubt.
        """
        with self._transaction() as connection:
            lost = connection.execute(
                self._move(edition, "sending", "in_doubt", now).values(
                    detail="the run stopped while this was on its way; it may have arrived"
                )
            )
            connection.execute(self._move(edition, "deferred", "pending", now))
            return lost.rowcount

    def sending(self, edition: str) -> Sending:
        """The claims and receipts of an edition, for the holder of the lock."""
        return Sending(self._engine, edition, self._secret)

    def waiting(self, edition: str, now: datetime) -> int:
        """How many are pending and due: a run would send to them now."""
        due = or_(recipients.c.due_at.is_(None), recipients.c.due_at <= to_text(now))
        query = select(func.count()).where(recipients.c.edition == edition, recipients.c.state == "pending", due)
        with self._transaction() as connection:
            return connection.scalar(query) or 0

    def pass_over(self, edition: str, before: datetime, now: datetime) -> int:
        """Leave out those who were due before a moment and have not been sent to: it is too late; how many they are."""
        late = (
            update(recipients)
            .where(
                recipients.c.edition == edition,
                recipients.c.state.in_(("pending", "deferred")),
                recipients.c.due_at < to_text(before),
            )
            .values(state="skipped", detail="too late: max_lateness", changed_at=to_text(now))
        )
        with self._transaction() as connection:
            return connection.execute(late).rowcount

    def retry(self, edition: str, now: datetime) -> int:
        """Those who were deferred are pending again; how many they are."""
        with self._transaction() as connection:
            return connection.execute(self._move(edition, "deferred", "pending", now)).rowcount

    def reopen(self, edition: str, emails: Collection[str], now: datetime) -> int:
        """Refusals that turned out to be the provider's of everyone: pending again; how many they are."""
        moved = 0
        with self._transaction() as connection:
            for chunk in chunks(emails):
                move = self._move(edition, "refused", "pending", now).where(recipients.c.email.in_(chunk))
                moved += connection.execute(move).rowcount
        return moved

    def decide(self, edition: str, now: datetime, *, send: bool) -> int:
        """What a person says of an edition's recipients in doubt: send to them again, or leave them. How many they are.

        An edition that is to be sent to somebody again is open again.
        """
        with self._transaction() as connection:
            moved = connection.execute(self._move(edition, "in_doubt", "pending" if send else "skipped", now)).rowcount
            if send and moved:
                reopen = update(editions).where(editions.c.id == edition)
                connection.execute(reopen.values(state="frozen", finished_at=None))
            return moved

    def settle(self, edition: str, now: datetime, *, give_up: bool = False) -> str:
        """Close an edition whose recipients are all settled, or every one with `give_up`; return its state.

        With nobody left to send to it is `sent`. Given up, it is `stopped` if somebody got it and else `cancelled`,
        and its articles count as not sent.
        """
        with self._transaction() as connection:
            counts = self._counts(connection, edition)
            if any(counts.get(state) for state in ("pending", "sending", "deferred")):
                if not give_up:
                    return "frozen"
                reached = counts.get("accepted", 0) + counts.get("in_doubt", 0) + counts.get("sending", 0)
                state = "stopped" if reached else "cancelled"
            else:
                state = "sent"
            connection.execute(
                update(editions).where(editions.c.id == edition).values(state=state, finished_at=to_text(now))
            )
            return state

    @staticmethod
    def _move(edition: str, old: str, new: str, now: datetime) -> Any:
        return (
            update(recipients)
            .where(recipients.c.edition == edition, recipients.c.state == old)
            .values(state=new, changed_at=to_text(now))
        )

    def message(self, edition: str, segment: str) -> Message:
        """The frozen Message of a segment. Raises LedgerError when there is none."""
        with self._transaction() as connection:
            body = connection.scalar(
                select(messages.c.body).where(messages.c.edition == edition, messages.c.segment == segment)
            )
        if body is None:
            raise LedgerError(f"edition {edition} has no message for {segment}", where=self.name)
        return msgspec.msgpack.decode(body, type=Message)

    # --- looking back -------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """Where the ledger is, without a password."""
        return name_of(self._engine)

    def editions(self, cadence: Cadence | None = None, *, limit: int = 20) -> list[EditionRecord]:
        """The latest editions, newest first."""
        query = select(editions).order_by(editions.c.frozen_at.desc(), editions.c.id.desc()).limit(limit)
        if cadence:
            query = query.where(editions.c.cadence == cadence)
        with self._transaction() as connection:
            return [self._edition(connection, row) for row in connection.execute(query).all()]

    def edition(self, edition: str) -> EditionRecord | None:
        """One edition, or None if there is no such one."""
        with self._transaction() as connection:
            row = connection.execute(select(editions).where(editions.c.id == edition)).one_or_none()
            return self._edition(connection, row) if row else None

    def unfinished(self, cadence: Cadence) -> list[EditionRecord]:
        """The editions that are frozen but not closed, oldest first."""
        query = select(editions).where(editions.c.cadence == cadence, editions.c.state == "frozen")
        with self._transaction() as connection:
            rows = connection.execute(query.order_by(editions.c.window_end)).all()
            return [self._edition(connection, row) for row in rows]

    def recipients(self, edition: str) -> Iterator[RecipientRecord]:
        """What became of every recipient of an edition, in the order they were frozen."""
        query = select(recipients).where(recipients.c.edition == edition).order_by(recipients.c.position)
        with self._transaction() as connection:
            for row in connection.execute(query):
                yield RecipientRecord(row.email, row.segment, row.state, row.detail, to_moment(row.changed_at))

    def last_sent(self, cadence: Cadence) -> datetime | None:
        """Where the window of the last edition that somebody got ended, None before the first."""
        with self._transaction() as connection:
            end = connection.scalar(
                select(func.max(editions.c.window_end)).where(editions.c.cadence == cadence, _counts_as_sent())
            )
        return to_moment(end) if end else None

    def source_states(self, cadence: Cadence) -> dict[str, SourceState]:
        """How each source fared in the last edition that had it and that somebody got, by name."""
        query = (
            select(edition_sources)
            .join(editions, editions.c.id == edition_sources.c.edition)
            .where(editions.c.cadence == cadence, _counts_as_sent())
            .order_by(editions.c.window_end)
        )
        with self._transaction() as connection:
            return {
                row.source: SourceState(row.source, row.failed, to_moment(row.next_start))
                for row in connection.execute(query)
            }

    def already_sent(self, cadence: Cadence, identities: Collection[str]) -> dict[str, str]:
        """Which of these articles were in an edition that somebody got: identity -> the edition's id."""
        found: dict[str, str] = {}
        with self._transaction() as connection:
            for chunk in chunks(identities):
                rows = connection.execute(
                    select(edition_articles.c.identity, func.min(editions.c.id))
                    .join(editions, editions.c.id == edition_articles.c.edition)
                    .where(
                        editions.c.cadence == cadence,
                        _counts_as_sent(),
                        edition_articles.c.identity.in_(chunk),
                    )
                    .group_by(edition_articles.c.identity)
                ).all()
                found.update((identity, edition) for identity, edition in rows)
        return found

    def _edition(self, connection: Connection, row: Any) -> EditionRecord:
        stories = connection.scalar(
            select(func.count()).where(edition_articles.c.edition == row.id, edition_articles.c.copy.is_(False))
        )
        return EditionRecord(
            id=row.id,
            cadence=row.cadence,
            subject=row.subject,
            state=row.state,
            frozen_at=to_moment(row.frozen_at),
            window_end=to_moment(row.window_end),
            finished_at=to_moment(row.finished_at) if row.finished_at else None,
            stories=stories or 0,
            counts=self._counts(connection, row.id),
        )

    @staticmethod
    def _counts(connection: Connection, edition: str) -> dict[str, int]:
        query = select(recipients.c.state, func.count()).where(recipients.c.edition == edition)
        rows = connection.execute(query.group_by(recipients.c.state)).all()
        return {row[0]: row[1] for row in rows}

    # --- the database -------------------------------------------------------------------------------------------------

    def _transaction(self) -> AbstractContextManager[Connection]:
        return transaction(self._engine)

    def _check_version(self) -> None:
        version = self._version()
        if version != VERSION:
            raise LedgerError(
                f"this ledger is of version {version}, this digest reads version {VERSION}",
                where=self.name,
                next_step="use the digest that wrote it, or move it away and begin a new one",
            )


def _counts_as_sent() -> ColumnElement[bool]:
    """Editions whose articles count as sent: somebody got them, be the edition closed or still under way."""
    reached = select(recipients.c.email).where(
        recipients.c.edition == editions.c.id, recipients.c.state.in_(("accepted", "in_doubt"))
    )
    return or_(editions.c.state.in_(("sent", "stopped")), and_(editions.c.state == "frozen", reached.exists()))


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
