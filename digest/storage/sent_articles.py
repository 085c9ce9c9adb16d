"""What readers already got: articles, windows and sources of the editions that count as sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, and_, func, or_, select

from digest.models import Cadence
from digest.storage.engine import chunks, to_moment, transaction
from digest.storage.freeze import EditionSource
from digest.storage.tables import OPEN, REACHED, edition_articles, edition_sources, editions, recipients


class SentArticles:
    """What the editions that count as sent held."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def last_window_end(self, cadence: Cadence) -> datetime | None:
        """Where the window of the last edition that somebody got ended, None before the first."""
        with transaction(self._engine) as connection:
            end = connection.scalar(
                select(func.max(editions.c.window_end)).where(editions.c.cadence == cadence, _counts_as_sent())
            )
        return to_moment(end) if end else None

    def first_unsent_start(self, cadence: Cadence) -> datetime | None:
        """Where the window of the first edition began, if there were editions and nobody ever got one."""
        if self.last_window_end(cadence) is not None:
            return None
        with transaction(self._engine) as connection:
            start = connection.scalar(select(func.min(editions.c.window_start)).where(editions.c.cadence == cadence))
        return to_moment(start) if start else None

    def last_sources(self, cadence: Cadence) -> dict[str, EditionSource]:
        """How each source fared in the last edition that had it and that somebody got, by name."""
        query = (
            select(edition_sources)
            .join(editions, editions.c.id == edition_sources.c.edition)
            .where(editions.c.cadence == cadence, _counts_as_sent())
            .order_by(editions.c.window_end)
        )
        with transaction(self._engine) as connection:
            return {
                row.source: EditionSource(row.source, row.failed, to_moment(row.next_start))
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


def _counts_as_sent() -> ColumnElement[bool]:
    """Editions whose articles count as sent: somebody got them, be the edition closed or still under way."""
    reached = select(recipients.c.email).where(recipients.c.edition == editions.c.id, recipients.c.state.in_(REACHED))
    return or_(editions.c.state.in_(("sent", "stopped")), and_(editions.c.state.in_(OPEN), reached.exists()))
