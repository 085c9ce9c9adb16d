"""One edition on its way out: its recipients claimed a few at a time, and what became of them recorded."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, TextClause, or_, select, text, true, update

from digest.models import Receipt, Recipient
from digest.storage.engine import chunks, to_text, transaction
from digest.storage.erasure import some_are_erased
from digest.storage.suppressions import add_suppression, suppressed_among
from digest.storage.tables import editions, recipients

_AHEAD = 2000
"""Pending recipients read at once. Only the run that holds the lock claims, so they stay pending until it does."""

# Each is one statement however many recipients it is about: SQLite gives up Python's lock at every step of a statement,
# and a step for each recipient would have the connections' threads and this one wait for each other.
_KEYED = {
    "sqlite": ("json_each(:told)", "json_extract(value, '$[{0}]')"),
    "postgresql": ("json_each(cast(:told as json))", "value ->> {0}"),
}
_LISTED = {
    "sqlite": ("json_each(:told)", "value"),
    "postgresql": ("json_array_elements(cast(:told as json))", "value #>> '{}'"),
}
# A pair of edition and address, rather than two conditions, has SQLite look each row up by its primary key.
# The first word must be `update`: Python's sqlite3 begins no transaction for a `with`, which would be committed alone.
_RECORD = """
    update recipients
    set (state, detail, changed_at) = (select {state}, {detail}, :at from {elements} where key = recipients.email)
    where (edition, email) in (select :edition, key from {elements})
"""
_CLAIM = """
    update recipients set state = 'sending', changed_at = :at
    where (edition, email) in (select :edition, {email} from {elements}) and state = 'pending'
    and not exists (select 1 from suppressions where suppressions.email = recipients.email)
    and not exists (select 1 from editions where id = :edition and state = 'stopping')
    returning email
"""
_AT_ONCE = 64
"""Receipts in one statement: each row looks for its own among them."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Recipients of one segment that are on disk as `sending`: they must be sent to now, or released."""

    segment: str
    recipients: tuple[Recipient, ...]


class ClaimQueue:
    """The claims and receipts of one edition. For the one run that holds the ledger's lock, from one thread."""

    def __init__(self, engine: Engine, edition: str, secret: str, *, untried_first: bool = True) -> None:
        """With `untried_first` those come last who were tried before: others must not wait for them."""
        self._engine = engine
        self._edition = edition
        self._secret = secret
        self._some_are_erased: bool | None = None
        self._ahead: deque[tuple[str, Recipient]] = deque()
        self._untried = untried_first
        """Whether only those are read who were never tried: until there are none."""
        self.stopping = False
        """Whether a claim found that somebody had the edition stopped."""
        dialect = engine.dialect.name
        elements, field = _KEYED[dialect]
        self._record_all = text(_RECORD.format(elements=elements, state=field.format(0), detail=field.format(1)))
        elements, email = _LISTED[dialect]
        self._claim_all = text(_CLAIM.format(elements=elements, email=email))

    def record_and_claim(
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
            returns, so that a crash can never send to them twice. Of an edition that is `stopping` there are none.
        """
        with transaction(self._engine) as connection:
            self._record(connection, receipts, now)
            for chunk in chunks(person.email for person in released):
                connection.execute(self._move(chunk, "sending", "pending", now))
            claims: list[Claim] = []
            while (room := batches - len(claims)) > 0 and most > 0:
                candidates = self._candidates(connection, room, size, most, now)
                if not candidates:
                    break
                claimed = self._claim(connection, candidates, now)
                claims += claimed
                most -= sum(len(claim.recipients) for claim in claimed)
                if self.stopping:
                    break
            return claims

    def _record(self, connection: Connection, receipts: Sequence[Receipt], now: datetime) -> None:
        if not receipts:
            return
        for start in range(0, len(receipts), _AT_ONCE):
            some = receipts[start : start + _AT_ONCE]
            told = {receipt.recipient.email: (receipt.outcome.value, _printable(receipt.detail)) for receipt in some}
            self._execute(connection, self._record_all, told, now)
        for receipt in receipts:
            if receipt.bounced:
                add_suppression(connection, receipt.recipient.email, "bounced", now)

    def _candidates(self, connection: Connection, batches: int, size: int, most: int, now: datetime) -> list[Claim]:
        """The next pending recipients, in batches; from what was read ahead, which is read anew when it is used up."""
        if not self._ahead:
            self._read_ahead(connection, now)
        if not self._ahead and self._untried:
            self._untried = False
            self._read_ahead(connection, now)
        candidates: list[Claim] = []
        while self._ahead and len(candidates) < batches and most > 0:
            segment = self._ahead[0][0]
            batch: list[Recipient] = []
            while self._ahead and self._ahead[0][0] == segment and len(batch) < min(size, most):
                batch.append(self._ahead.popleft()[1])
            candidates.append(Claim(segment, tuple(batch)))
            most -= len(batch)
        return candidates

    def _read_ahead(self, connection: Connection, now: datetime) -> None:
        rows = connection.execute(
            select(recipients.c.segment, recipients.c.email, recipients.c.message_id, recipients.c.slot_values)
            .where(
                recipients.c.edition == self._edition,
                recipients.c.state == "pending",
                recipients.c.detail == "" if self._untried else true(),
                or_(recipients.c.due_at.is_(None), recipients.c.due_at <= to_text(now)),
            )
            .order_by(recipients.c.segment, recipients.c.position)
            .limit(_AHEAD)
        )
        self._ahead.extend((row.segment, Recipient(row.email, row.message_id, row.slot_values)) for row in rows)

    def _claim(self, connection: Connection, candidates: Sequence[Claim], now: datetime) -> list[Claim]:
        """Put the candidates on disk as `sending`; who was suppressed since the freeze is passed over for good."""
        emails = [person.email for claim in candidates for person in claim.recipients]
        if self._some_are_erased is None:  # asked once: nobody is erased while a run holds the lock
            self._some_are_erased = some_are_erased(connection, self._secret)
        # The statement cannot hash: it knows who is suppressed, and is not told of whoever was erased.
        erased = suppressed_among(connection, emails, self._secret) if self._some_are_erased else {}
        known = [email for email in emails if email not in erased]
        # Only whom this very statement moved: should another run be at work after all, they are not ours as well.
        claimed = set(self._execute(connection, self._claim_all, known, now).scalars())
        if len(claimed) == len(emails):
            return list(candidates)
        self.stopping = is_stopping(connection, self._edition)
        suppressed = suppressed_among(connection, emails, self._secret)
        for email, suppression in suppressed.items():
            passed_over = self._move([email], "pending", "suppressed", now).values(detail=suppression.reason)
            connection.execute(passed_over)
        kept = (
            Claim(claim.segment, tuple(person for person in claim.recipients if person.email in claimed))
            for claim in candidates
        )
        return [claim for claim in kept if claim.recipients]

    def _execute(self, connection: Connection, statement: TextClause, told: object, now: datetime) -> CursorResult[Any]:
        """Run one of the statements on what it is told."""
        return connection.execute(statement, {"told": json.dumps(told), "edition": self._edition, "at": to_text(now)})

    def _move(self, emails: Sequence[str], old: str, new: str, now: datetime) -> Any:
        return (
            update(recipients)
            .where(
                recipients.c.edition == self._edition,
                recipients.c.email.in_(emails),
                recipients.c.state == old,
            )
            .values(state=new, changed_at=to_text(now))
        )


def is_stopping(connection: Connection, edition: str) -> bool:
    """Whether somebody had an open edition stopped, within a transaction."""
    return connection.scalar(select(editions.c.state).where(editions.c.id == edition)) == "stopping"


def _printable(detail: str) -> str:
    """A provider's words, which may hold anything, as every database takes them: PostgreSQL keeps no NUL."""
    return detail if detail.isprintable() else "".join(sign if sign.isprintable() else " " for sign in detail)
