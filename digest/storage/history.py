"""Looking back: the editions there were, what became of their recipients, and which articles were in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, or_, select

from digest.storage.engine import chunks, to_moment, transaction
from digest.storage.tables import OPEN, REACHED, UNSENT, edition_articles, edition_sources, editions, recipients
from digest.models import Cadence


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
    def day(self) -> date:
        """The day it is of."""
        return date.fromisoformat(self.id.removesuffix(f"-{self.cadence}"))

    @property
    def recipients(self) -> int:
        """How many readers the edition was frozen for."""
        return sum(self.counts.values())

    @property
    def reached(self) -> int:
        """How many got it or may have got it."""
        return sum(self.counts.get(state, 0) for state in REACHED)

    @property
    def unsent(self) -> int:
        """How many a run that goes on would still send to."""
        return sum(self.counts.get(state, 0) for state in UNSENT)


@dataclass(frozen=True, slots=True)
class RecipientRecord:
    """What became of one recipient of an edition; `changed_at` is when it came to its state."""

    email: str
    segment: str
    state: str
    detail: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class SourceState:
    """Whether a source failed in an edition's run, and where its window begins next time."""

    source: str
    failed: bool
    next_start: datetime


class History:
    """The part of the ledger that is asked about what was."""

    _engine: Engine

    def editions(self, cadence: Cadence | None = None, *, limit: int = 20) -> list[EditionRecord]:
        """The latest editions, newest first."""
        query = select(editions).order_by(editions.c.frozen_at.desc(), editions.c.id.desc()).limit(limit)
        if cadence:
            query = query.where(editions.c.cadence == cadence)
        with transaction(self._engine) as connection:
            return [self._edition(connection, row) for row in connection.execute(query).all()]

    def edition(self, edition: str) -> EditionRecord | None:
        """One edition, or None if there is no such one."""
        with transaction(self._engine) as connection:
            row = connection.execute(select(editions).where(editions.c.id == edition)).one_or_none()
            return self._edition(connection, row) if row else None

    def unfinished(self, cadence: Cadence) -> list[EditionRecord]:
        """The editions that are frozen but not closed, oldest first."""
        query = select(editions).where(editions.c.cadence == cadence, editions.c.state.in_(OPEN))
        with transaction(self._engine) as connection:
            rows = connection.execute(query.order_by(editions.c.window_end)).all()
            return [self._edition(connection, row) for row in rows]

    def recipients(self, edition: str) -> Iterator[RecipientRecord]:
        """What became of every recipient of an edition, in the order they were frozen."""
        query = select(recipients).where(recipients.c.edition == edition).order_by(recipients.c.position)
        with transaction(self._engine) as connection:
            for row in connection.execute(query):
                yield RecipientRecord(row.email, row.segment, row.state, row.detail, to_moment(row.changed_at))

    def last_sent(self, cadence: Cadence) -> datetime | None:
        """Where the window of the last edition that somebody got ended, None before the first."""
        with transaction(self._engine) as connection:
            end = connection.scalar(
                select(func.max(editions.c.window_end)).where(editions.c.cadence == cadence, _counts_as_sent())
            )
        return to_moment(end) if end else None

    def still_to_be_sent(self, cadence: Cadence) -> datetime | None:
        """Where the window of the first edition began, if there were editions and nobody ever got one."""
        if self.last_sent(cadence) is not None:
            return None
        with transaction(self._engine) as connection:
            start = connection.scalar(select(func.min(editions.c.window_start)).where(editions.c.cadence == cadence))
        return to_moment(start) if start else None

    def source_states(self, cadence: Cadence) -> dict[str, SourceState]:
        """How each source fared in the last edition that had it and that somebody got, by name."""
        query = (
            select(edition_sources)
            .join(editions, editions.c.id == edition_sources.c.edition)
            .where(editions.c.cadence == cadence, _counts_as_sent())
            .order_by(editions.c.window_end)
        )
        with transaction(self._engine) as connection:
            return {
                row.source: SourceState(row.source, row.failed, to_moment(row.next_start))
                for row in connection.execute(query)
            }

    def already_sent(self, cadence: Cadence, identities: Collection[str]) -> dict[str, str]:
        """Which of these articles were in an edition that somebody got: identity -> the edition's id."""
        found: dict[str, str] = {}
        with transaction(self._engine) as connection:
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
            counts=counts_of(connection, row.id),
        )


def counts_of(connection: Connection, edition: str) -> dict[str, int]:
    """An edition's recipients by state, within a transaction."""
    query = select(recipients.c.state, func.count()).where(recipients.c.edition == edition)
    rows = connection.execute(query.group_by(recipients.c.state)).all()
    return {row[0]: row[1] for row in rows}


def _counts_as_sent() -> ColumnElement[bool]:
    """Editions whose articles count as sent: somebody got them, be the edition closed or still under way."""
    reached = select(recipients.c.email).where(recipients.c.edition == editions.c.id, recipients.c.state.in_(REACHED))
    return or_(editions.c.state.in_(("sent", "stopped")), and_(editions.c.state.in_(OPEN), reached.exists()))
