"""What readers already got: articles, windows and sources of the editions that count as sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Engine, Select, and_, func, or_, select

from digest.models import Cadence
from digest.storage.engine import batched, reading, to_moment
from digest.storage.freeze import EditionSource
from digest.storage.states import was_reached
from digest.storage.tables import OPEN, edition_articles, edition_sources, editions


class SentEditions:
    """The editions that count as sent: at least one reader got them, closed or still under way."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find_last_window_end(self, cadence: Cadence) -> datetime | None:
        """Return where the window of the last sent edition ended, None before the first."""
        with reading(self._engine) as connection:
            end = connection.scalar(
                select(func.max(editions.c.window_end)).where(editions.c.cadence == cadence, _counts_as_sent())
            )
        return to_moment(end) if end else None

    def find_first_unsent_start(self, cadence: Cadence) -> datetime | None:
        """Return where the window of the first edition began, if there were editions and none of them was ever sent."""
        if self.find_last_window_end(cadence) is not None:
            return None
        with reading(self._engine) as connection:
            start = connection.scalar(_first_start(cadence))
        return to_moment(start) if start else None

    def find_last_sources(self, cadence: Cadence) -> dict[str, EditionSource]:
        """Return how each source fared in the last sent edition that had it, by name."""
        query = (
            select(edition_sources)
            .join(editions, editions.c.id == edition_sources.c.edition)
            .where(editions.c.cadence == cadence, _counts_as_sent())
            .order_by(editions.c.window_end)
        )
        with reading(self._engine) as connection:
            return {
                row.source: EditionSource(row.source, row.failed, to_moment(row.next_start))
                for row in connection.execute(query)
            }

    def find_articles(self, cadence: Cadence, identities: Collection[str]) -> dict[str, str]:
        """Return those of these articles that were in a sent edition: identity -> the edition's id."""
        found: dict[str, str] = {}
        with reading(self._engine) as connection:
            for chunk in batched(identities):
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


def _first_start(cadence: Cadence) -> Select[str]:
    frozen = editions.c.state != "freezing"
    return select(func.min(editions.c.window_start)).where(editions.c.cadence == cadence, frozen)


def _counts_as_sent() -> ColumnElement[bool]:
    return or_(editions.c.state.in_(("sent", "stopped")), and_(editions.c.state.in_(OPEN), was_reached()))
