"""The recipients of editions and their states, and changes to many of them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, delete, func, or_, select, update

from digest.storage.claims import ClaimQueue
from digest.storage.engine import batched, to_moment, to_text, transaction
from digest.storage.states import move_recipients
from digest.storage.tables import editions, recipients, suppressions


@dataclass(frozen=True, slots=True)
class RecipientRecord:
    """One recipient of an edition: its state, since when, and what the provider or digest said of it."""

    email: str
    segment: str
    state: str
    detail: str
    changed_at: datetime


class Recipients:
    """The recipients of every edition."""

    def __init__(self, engine: Engine, secret: str) -> None:
        self._engine = engine
        self._secret = secret

    def stream(self, edition: str) -> Iterator[RecipientRecord]:
        """Yield every recipient of an edition, in the order they were frozen."""
        query = select(recipients).where(recipients.c.edition == edition).order_by(recipients.c.position)
        with transaction(self._engine) as connection:
            for row in connection.execute(query):
                yield RecipientRecord(row.email, row.segment, row.state, row.detail, to_moment(row.changed_at))

    def recover(self, edition: str, now: datetime) -> int:
        """Pick up where an earlier run stopped: what was in flight is in doubt, what was deferred is pending again.

        Only the holder of the run lock may call this. Returns how many became in doubt.
        """
        with transaction(self._engine) as connection:
            lost = connection.execute(
                move_recipients(edition, "sending", "in_doubt", now).values(
                    detail="the run stopped while this was on its way; it may have arrived"
                )
            )
            connection.execute(move_recipients(edition, "deferred", "pending", now))
            return lost.rowcount

    def open_claim_queue(self, edition: str, *, untried_first: bool = True) -> ClaimQueue:
        """Return the claims and receipts of an edition, for the holder of the run lock; see `ClaimQueue`."""
        return ClaimQueue(self._engine, edition, self._secret, untried_first=untried_first)

    def count_due(self, edition: str, now: datetime) -> int:
        """Return how many are pending and due, so that a run would send to them now."""
        due = or_(recipients.c.due_at.is_(None), recipients.c.due_at <= to_text(now))
        query = select(func.count()).where(recipients.c.edition == edition, recipients.c.state == "pending", due)
        with transaction(self._engine) as connection:
            return connection.scalar(query) or 0

    def skip_overdue(self, edition: str, before: datetime, now: datetime) -> int:
        """Skip those who were due before a moment and have not been sent to; return how many they are."""
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
        """Make deferred recipients pending again; return how many they are."""
        with transaction(self._engine) as connection:
            return connection.execute(move_recipients(edition, "deferred", "pending", now)).rowcount

    def revert_refusals(self, edition: str, emails: Collection[str], bounced: Collection[str], now: datetime) -> int:
        """Make these pending again, as the provider turned out to refuse everyone; return how many they are.

        Those of them in `bounced`, who were suppressed for it, are not suppressed any more.
        """
        moved = 0
        with transaction(self._engine) as connection:
            for chunk in batched(emails):
                move = move_recipients(edition, "refused", "pending", now).where(recipients.c.email.in_(chunk))
                moved += connection.execute(move).rowcount
            for chunk in batched(bounced):
                theirs = suppressions.c.email.in_(chunk) & (suppressions.c.reason == "bounced")
                connection.execute(delete(suppressions).where(theirs))
        return moved

    def resolve_in_doubt(self, edition: str, now: datetime, *, send: bool) -> int:
        """Carry out a person's decision about an edition's recipients in doubt; return how many they are.

        With `send` they are pending, and the edition is open again; without, they are skipped.
        """
        with transaction(self._engine) as connection:
            move = move_recipients(edition, "in_doubt", "pending" if send else "skipped", now)
            moved = connection.execute(move).rowcount
            if send and moved:
                reopen = update(editions).where(editions.c.id == edition)
                connection.execute(reopen.values(state="frozen", finished_at=None))
            return moved
