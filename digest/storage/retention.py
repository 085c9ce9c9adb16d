"""Old editions reduced to counts: who received them is not kept for ever."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Engine, delete, select, update

from digest.models import Cadence
from digest.storage.engine import reading, to_text, transaction
from digest.storage.states import count_by_state
from digest.storage.tables import editions, open_claims, recipient_blocks, recipient_exceptions, recipient_groups


def prune_editions(engine: Engine, cadence: Cadence, before: datetime) -> list[str]:
    """Reduce the recipients of editions closed before a moment to counts by state; return the editions' ids.

    The caller holds the lease of the cadence. Each edition is a transaction of its own, so that no other writer waits
    for long.
    """
    old = select(editions.c.id).where(
        editions.c.cadence == cadence, editions.c.finished_at < to_text(before), editions.c.counts.is_(None)
    )
    with reading(engine) as connection:
        ids = list(connection.scalars(old.order_by(editions.c.id)))
    for edition in ids:
        with transaction(engine) as connection:
            counts = count_by_state(connection, edition)
            for table in (open_claims, recipient_exceptions, recipient_blocks, recipient_groups):
                connection.execute(delete(table).where(table.c.edition == edition))
            connection.execute(update(editions).where(editions.c.id == edition).values(counts=counts))
    return ids
