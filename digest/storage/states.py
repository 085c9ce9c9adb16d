"""Statements about the states of editions and recipients (see `tables`) that several repositories share."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Update, func, select, update

from digest.storage.engine import to_text
from digest.storage.tables import editions, recipients


def move_recipients(edition: str, old: str, new: str, now: datetime) -> Update:
    """Return the statement that moves every recipient of an edition from one state to another."""
    return (
        update(recipients)
        .where(recipients.c.edition == edition, recipients.c.state == old)
        .values(state=new, changed_at=to_text(now))
    )


def count_by_state(connection: Connection, edition: str) -> dict[str, int]:
    """Return how many recipients of an edition are in each state."""
    query = select(recipients.c.state, func.count()).where(recipients.c.edition == edition)
    rows = connection.execute(query.group_by(recipients.c.state)).all()
    return {row[0]: row[1] for row in rows}


def is_stopping(connection: Connection, edition: str) -> bool:
    """Return whether somebody requested that an edition stop, and it is not closed yet."""
    return connection.scalar(select(editions.c.state).where(editions.c.id == edition)) == "stopping"
