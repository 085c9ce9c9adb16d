"""The recipients of editions: their states, and what a run, a person or the clock does to many of them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, Update, delete, func, or_, select, update

from digest.storage.claims import ClaimQueue
from digest.storage.engine import chunks, to_moment, to_text, transaction
from digest.storage.tables import editions, recipients, suppressions


@dataclass(frozen=True, slots=True)
class RecipientRecord:
    """What became of one recipient of an edition; `changed_at` is when it came to its state."""

    email: str
    segment: str
    state: str
    detail: str
    changed_at: datetime


class Recipients:
    """The recipients of every edition and their states."""

    def __init__(self, engine: Engine, secret: str = "") -> None:
        self._engine = engine
        self._secret = secret

    def of_edition(self, edition: str) -> Iterator[RecipientRecord]:
        """Every recipient of an edition with its state, in the order they were frozen."""
        query = select(recipients).where(recipients.c.edition == edition).order_by(recipients.c.position)
        with transaction(self._engine) as connection:
            for row in connection.execute(query):
                yield RecipientRecord(row.email, row.segment, row.state, row.detail, to_moment(row.changed_at))

    def recover(self, edition: str, now: datetime) -> int:
        """Begin or go on: what an earlier run left in flight is in doubt, what it left deferred is tried again.

        Only the holder of the lock may call this. Returns how many came to be in doubt.
        """
        with transaction(self._engine) as connection:
            lost = connection.execute(
                move_all(edition, "sending", "in_doubt", now).values(
                    detail="the run stopped while this was on its way; it may have arrived"
                )
            )
            connection.execute(move_all(edition, "deferred", "pending", now))
            return lost.rowcount

    def claim_queue(self, edition: str, *, untried_first: bool = True) -> ClaimQueue:
        """The claims and receipts of an edition, for the holder of the lock; see `ClaimQueue`."""
        return ClaimQueue(self._engine, edition, self._secret, untried_first=untried_first)

    def count_due(self, edition: str, now: datetime) -> int:
        """How many are pending and due: a run would send to them now."""
        due = or_(recipients.c.due_at.is_(None), recipients.c.due_at <= to_text(now))
        query = select(func.count()).where(recipients.c.edition == edition, recipients.c.state == "pending", due)
        with transaction(self._engine) as connection:
            return connection.scalar(query) or 0

    def skip_overdue(self, edition: str, before: datetime, now: datetime) -> int:
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
        with transaction(self._engine) as connection:
            return connection.execute(late).rowcount

    def retry_deferred(self, edition: str, now: datetime) -> int:
        """Those who were deferred are pending again; how many they are."""
        with transaction(self._engine) as connection:
            return connection.execute(move_all(edition, "deferred", "pending", now)).rowcount

    def revert_refusals(self, edition: str, emails: Collection[str], bounced: Collection[str], now: datetime) -> int:
        """Refusals that turned out to be the provider's of everyone: pending again; how many they are.

        Those of them that bounced, and are suppressed since, are not suppressed any more.
        """
        moved = 0
        with transaction(self._engine) as connection:
            for chunk in chunks(emails):
                move = move_all(edition, "refused", "pending", now).where(recipients.c.email.in_(chunk))
                moved += connection.execute(move).rowcount
            for chunk in chunks(bounced):
                theirs = suppressions.c.email.in_(chunk) & (suppressions.c.reason == "bounced")
                connection.execute(delete(suppressions).where(theirs))
        return moved

    def resolve_in_doubt(self, edition: str, now: datetime, *, send: bool) -> int:
        """What a person says of an edition's recipients in doubt: send to them again, or leave them. How many they are.

        An edition that is to be sent to somebody again is open again.
        """
        with transaction(self._engine) as connection:
            moved = connection.execute(move_all(edition, "in_doubt", "pending" if send else "skipped", now)).rowcount
            if send and moved:
                reopen = update(editions).where(editions.c.id == edition)
                connection.execute(reopen.values(state="frozen", finished_at=None))
            return moved


def move_all(edition: str, old: str, new: str, now: datetime) -> Update:
    """The statement that moves every recipient of an edition from one state to another."""
    return (
        update(recipients)
        .where(recipients.c.edition == edition, recipients.c.state == old)
        .values(state=new, changed_at=to_text(now))
    )


def counts_of(connection: Connection, edition: str) -> dict[str, int]:
    """An edition's recipients by state, within a transaction."""
    query = select(recipients.c.state, func.count()).where(recipients.c.edition == edition)
    rows = connection.execute(query.group_by(recipients.c.state)).all()
    return {row[0]: row[1] for row in rows}
