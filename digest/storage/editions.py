"""The editions in the ledger: freezes, looks up, stops and closes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Select, delete, func, insert, select, update

from digest.errors import StorageError
from digest.models import Cadence, Edition, Message
from digest.storage.engine import (
    describe_engine,
    reading,
    retry_reading,
    retry_transaction,
    to_moment,
    to_text,
    transaction,
)
from digest.storage.freeze import (
    EditionArticle,
    EditionSource,
    FrozenRecipient,
    RecipientWriter,
    freeze_articles,
    freeze_recipients,
)
from digest.storage.info import unleased_transaction
from digest.storage.leases import Lease
from digest.storage.links import FrozenLinks
from digest.storage.recipients import skip_pending
from digest.storage.retention import prune_editions
from digest.storage.states import count_by_state, is_stopping
from digest.storage.stored_message import decode_message
from digest.storage.tables import OPEN, REACHED, UNSENT, edition_articles, editions, messages


@dataclass(frozen=True, slots=True)
class EditionRecord:
    """One edition as the ledger has it; `counts` is recipients by state, `finished_at` None while it is open.

    `links` is None if version 1 froze it, which stored the links of each recipient. `failure` is why its last run
    failed, empty if it did not. `subscribers_revision` is that of the subscriber list it was frozen from, empty if
    it is not known.
    """

    id: str
    cadence: Cadence
    subject: str
    state: str
    frozen_at: datetime
    window_end: datetime
    finished_at: datetime | None
    stories: int
    counts: Mapping[str, int]
    links: FrozenLinks | None = None
    failure: str = ""
    subscribers_revision: str = ""
    is_pruned: bool = False
    """Whether only the counts of its recipients are left."""

    @property
    def day(self) -> date:
        """The date of the edition."""
        return date.fromisoformat(self.id.removesuffix(f"-{self.cadence}"))

    @property
    def recipients(self) -> int:
        """How many readers the edition was frozen for."""
        return sum(self.counts.values())

    @property
    def reached(self) -> int:
        """How many readers got it or may have got it."""
        return sum(self.counts.get(state, 0) for state in REACHED)

    @property
    def unsent(self) -> int:
        """How many readers a run that resumes it would still send to."""
        return sum(self.counts.get(state, 0) for state in UNSENT)


class Editions:
    """Every edition that was frozen, and its Messages."""

    def __init__(self, engine: Engine, leases: Mapping[str, Lease]) -> None:
        """`leases` are those that this process holds, by cadence."""
        self._engine = engine
        self._leases = leases

    def freeze(
        self,
        edition: Edition,
        subject: str,
        readers: Iterable[FrozenRecipient],
        message_for: Callable[[str], Message],
        articles: Iterable[EditionArticle],
        sources: Iterable[EditionSource],
        links: FrozenLinks,
        now: datetime,
        *,
        subscribers_revision: str = "",
    ) -> int:
        """Record who gets which Message, before the first is sent; return how many recipients.

        Only the holder of the cadence's lease may call this. The edition exists for others once everything of it is
        written; what a run that died wrote of it is deleted first. With no reader at all, nothing is left.

        Args:
            edition: What is frozen.
            subject: Its subject, as `digest status` shows it.
            readers: Streamed; each address occurs once.
            message_for: Returns the Message of a segment's key; called once for each segment, outside any transaction.
            articles: What counts as sent with it; read once all readers have been streamed.
            sources: How the sources fared.
            links: What Message-IDs and personal links are derived from.
            now: The time to write.
            subscribers_revision: Of the subscriber list, as it was before it was read.
        """
        with transaction(self._engine) as connection:
            unfinished = (editions.c.cadence == edition.cadence) & (editions.c.state == "freezing")
            connection.execute(delete(editions).where(unfinished))
            connection.execute(
                insert(editions).values(
                    id=edition.id,
                    cadence=edition.cadence,
                    window_start=to_text(edition.window.start),
                    window_end=to_text(edition.window.end),
                    frozen_at=to_text(now),
                    state="freezing",
                    subject=subject,
                    links=msgspec.to_builtins(links),
                    subscribers_revision=subscribers_revision,
                )
            )
        writer = RecipientWriter(self._engine, edition.id, message_for, self._leases.get(edition.cadence))
        freeze_recipients(writer, readers)
        stories = list(articles)
        with writer.transaction() as connection:
            this = editions.c.id == edition.id
            if not writer.count:
                connection.execute(delete(editions).where(this))
                return 0
            writer.finish(connection)
            freeze_articles(connection, edition.id, stories, sources)
            connection.execute(update(editions).where(this).values(state="frozen"))
        return writer.count

    def list_latest(self, cadence: Cadence | None = None, *, limit: int = 20) -> list[EditionRecord]:
        """Return the latest editions, newest first."""
        query = select(editions).where(editions.c.state != "freezing").limit(limit)
        query = query.order_by(editions.c.frozen_at.desc(), editions.c.id.desc())
        if cadence:
            query = query.where(editions.c.cadence == cadence)
        with reading(self._engine) as connection:
            return [self._record(connection, row) for row in connection.execute(query).all()]

    def get(self, edition: str) -> EditionRecord | None:
        """Return one edition, None if there is no such edition."""

        def read(connection: Connection) -> EditionRecord | None:
            row = connection.execute(_visible(edition)).one_or_none()
            return self._record(connection, row) if row else None

        return retry_reading(self._engine, read)

    def list_open(self, cadence: Cadence) -> list[EditionRecord]:
        """Return the editions that are frozen but not closed, oldest first."""
        query = select(editions).where(editions.c.cadence == cadence, editions.c.state.in_(OPEN))
        with reading(self._engine) as connection:
            rows = connection.execute(query.order_by(editions.c.window_end)).all()
            return [self._record(connection, row) for row in rows]

    def get_message(self, edition: str, segment: str) -> Message:
        """Return the frozen Message of a segment. Raises StorageError if there is none."""
        query = select(messages.c.body).where(messages.c.edition == edition, messages.c.segment == segment)
        body = retry_reading(self._engine, lambda connection: connection.scalar(query))
        if body is None:
            raise StorageError(
                f"edition {edition} has no message for {segment}", location=describe_engine(self._engine)
            )
        return decode_message(body)

    def request_stop(self, edition: str) -> bool:
        """Make the run that holds the lease claim no more of an edition and close it; return False if it is closed."""
        stopping = update(editions).where(editions.c.id == edition, editions.c.state.in_(OPEN)).values(state="stopping")
        with unleased_transaction(self._engine) as connection:
            return connection.execute(stopping).rowcount > 0

    def is_stopping(self, edition: str) -> bool:
        """Return whether somebody requested that it stop, and it is not closed yet."""
        return retry_reading(self._engine, lambda connection: is_stopping(connection, edition))

    def close(self, edition: str, now: datetime, *, give_up: str = "") -> str:
        """Close an edition and return its state, which stays `frozen` as long as some recipients are not settled.

        With `give_up`, the reason, these are skipped and it is closed nevertheless; so is one that is `stopping`. It is
        `sent` if none were left and `stopped` if some were. If nobody got it, it is `cancelled`, and its articles count
        as not sent.
        """
        if not give_up and self.is_stopping(edition):
            give_up = "cancelled"

        def finish(connection: Connection, **_: bool) -> str:
            known = connection.scalar(select(editions.c.state).where(editions.c.id == edition))
            if known is not None and known not in OPEN:  # a run closed it a moment ago: whom it skipped stay skipped
                return str(known)
            counts = count_by_state(connection, edition)
            left = [state for state in UNSENT if counts.get(state)]
            if left and not give_up:
                return "frozen"
            if left:
                skip_pending(connection, edition, give_up, now)
            reached = any(counts.get(state) for state in REACHED)
            state = ("stopped" if left else "sent") if reached else "cancelled"
            connection.execute(
                update(editions).where(editions.c.id == edition).values(state=state, finished_at=to_text(now))
            )
            return state

        return retry_transaction(self._engine, finish)

    def set_failure(self, edition: str, failure: str) -> None:
        """Record why the last run of an edition failed; empty if it did not."""
        failed = update(editions).where(editions.c.id == edition).values(failure=failure or None)
        with transaction(self._engine) as connection:
            connection.execute(failed.where(func.coalesce(editions.c.failure, "") != failure))

    def prune(self, cadence: Cadence, before: datetime) -> list[str]:
        """Reduce the recipients of editions closed before a moment to counts; see `prune_editions`."""
        return prune_editions(self._engine, cadence, before)

    def _record(self, connection: Connection, row: Any) -> EditionRecord:
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
            counts=count_by_state(connection, row.id),
            links=msgspec.convert(row.links, FrozenLinks) if row.links else None,
            failure=row.failure or "",
            subscribers_revision=row.subscribers_revision or "",
            is_pruned=row.counts is not None,
        )


def _visible(edition: str) -> Select[Any]:
    """Select an edition, unless a run is still writing it."""
    return select(editions).where(editions.c.id == edition, editions.c.state != "freezing")
