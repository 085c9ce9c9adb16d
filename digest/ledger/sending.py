"""One edition on its way out: its recipients claimed a few at a time, and what became of them recorded."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, or_, select, update

from digest.ledger.database import chunks, to_text, transaction
from digest.ledger.schema import recipients
from digest.ledger.suppressions import add_suppression, suppressed_among
from digest.models import Receipt, Recipient

_AHEAD = 2000
"""Pending recipients read at once. Only the run that holds the lock claims, so they stay pending until it does."""

_RECORD = (
    update(recipients)
    .where(recipients.c.edition == bindparam("of"), recipients.c.email == bindparam("who"))
    .values(state=bindparam("state"), detail=bindparam("detail"), changed_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Claim:
    """Recipients of one segment that are on disk as `sending`: they must be sent to now, or released."""

    segment: str
    recipients: tuple[Recipient, ...]


class Sending:
    """The claims and receipts of one edition. For the one run that holds the ledger's lock, from one thread."""

    def __init__(self, engine: Engine, edition: str) -> None:
        self._engine = engine
        self._edition = edition
        self._ahead: deque[Claim] = deque()

    def turn(
        self,
        receipts: Sequence[Receipt],
        released: Sequence[Recipient],
        *,
        batches: int,
        size: int,
        most: int,
        now: datetime,
    ) -> list[Claim]:
        """Record what became of some recipients and claim the next, in one transaction.

        An address that bounced for good is suppressed; one that is suppressed, a second ago even, is not claimed.

        Args:
            receipts: What became of recipients that were claimed before.
            released: Recipients that were claimed and provably not sent to: they are pending again.
            batches: How many batches to claim.
            size: The most recipients in one batch.
            most: The most recipients in all of them.
            now: The moment to stamp the rows with; who is due later is not claimed.

        Returns:
            The batches, each of one segment; none when nobody is pending. They are on disk as `sending` before this
            returns, so that a crash can never send to them twice.
        """
        with transaction(self._engine) as connection:
            self._record(connection, receipts, now)
            for chunk in chunks(released):
                connection.execute(self._move(chunk, "sending", "pending", now))
            claims: list[Claim] = []
            while (room := batches - len(claims)) > 0 and most > 0:
                candidates = self._candidates(connection, room, size, most, now)
                if not candidates:
                    break
                claimed = self._claim(connection, candidates, now)
                claims += claimed
                most -= sum(len(claim.recipients) for claim in claimed)
            return claims

    def _record(self, connection: Connection, receipts: Sequence[Receipt], now: datetime) -> None:
        if not receipts:
            return
        at = to_text(now)
        connection.execute(
            _RECORD,
            [
                {
                    "of": self._edition,
                    "who": receipt.recipient.email,
                    "state": receipt.outcome.value,
                    "detail": receipt.detail,
                    "at": at,
                }
                for receipt in receipts
            ],
        )
        for receipt in receipts:
            if receipt.bounced:
                add_suppression(connection, receipt.recipient.email, "bounced", now)

    def _candidates(self, connection: Connection, batches: int, size: int, most: int, now: datetime) -> list[Claim]:
        """The next pending recipients, in batches; from what was read ahead, which is read anew when it is used up."""
        if not self._ahead:
            self._read_ahead(connection, now)
        candidates: list[Claim] = []
        while self._ahead and len(candidates) < batches and most > 0:
            count = min(size, most)
            block = self._ahead.popleft()
            candidates.append(Claim(block.segment, block.recipients[:count]))
            most -= len(candidates[-1].recipients)
            if rest := block.recipients[count:]:
                self._ahead.appendleft(Claim(block.segment, rest))
        return candidates

    def _read_ahead(self, connection: Connection, now: datetime) -> None:
        rows = connection.execute(
            select(recipients.c.segment, recipients.c.email, recipients.c.message_id, recipients.c.slot_values)
            .where(
                recipients.c.edition == self._edition,
                recipients.c.state == "pending",
                or_(recipients.c.due_at.is_(None), recipients.c.due_at <= to_text(now)),
            )
            .order_by(recipients.c.segment, recipients.c.position)
            .limit(_AHEAD)
        )
        by_segment: dict[str, list[Recipient]] = {}
        for segment, email, message_id, values in rows:
            by_segment.setdefault(segment, []).append(Recipient(email, message_id, values))
        self._ahead.extend(Claim(segment, tuple(people)) for segment, people in by_segment.items())

    def _claim(self, connection: Connection, candidates: Sequence[Claim], now: datetime) -> list[Claim]:
        """Put the candidates on disk as `sending`; who was suppressed since the freeze is passed over for good."""
        people = [person for claim in candidates for person in claim.recipients]
        suppressed = suppressed_among(connection, [person.email for person in people])
        for person in people:
            if reason := suppressed.get(person.email):
                connection.execute(self._move([person], "pending", "suppressed", now).values(detail=reason))
        claimed: set[str] = set()
        for chunk in chunks(person for person in people if person.email not in suppressed):
            move = self._move(chunk, "pending", "sending", now).returning(recipients.c.email)
            claimed.update(connection.scalars(move))
        kept = (
            Claim(claim.segment, tuple(person for person in claim.recipients if person.email in claimed))
            for claim in candidates
        )
        return [claim for claim in kept if claim.recipients]

    def _move(self, people: Sequence[Recipient], old: str, new: str, now: datetime) -> Any:
        return (
            update(recipients)
            .where(
                recipients.c.edition == self._edition,
                recipients.c.email.in_([person.email for person in people]),
                recipients.c.state == old,
            )
            .values(state=new, changed_at=to_text(now))
        )
