"""One edition being sent: its recipients are claimed a few at a time, and their receipts recorded."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Engine, TextClause, Update, or_, select, text, true

from digest.models import Receipt, Recipient
from digest.storage.engine import batched, to_text, transaction
from digest.storage.pseudonyms import check_secret
from digest.storage.states import is_stopping, move_recipients
from digest.storage.suppressions import add_bounce, find_suppressed
from digest.storage.tables import recipients

_AHEAD = 2000
"""Pending recipients read at once. Only the run that holds the lock claims, so they stay pending until it does so."""

# Each is one statement for any number of recipients: SQLite releases Python's global lock at every step of a statement,
# and with a step for each recipient this thread and the connections' threads would keep waiting for each other.
_KEYED = {
    "sqlite": ("json_each(:rows)", "json_extract(value, '$[{0}]')"),
    "postgresql": ("json_each(cast(:rows as json))", "value ->> {0}"),
}
_LISTED = {
    "sqlite": ("json_each(:rows)", "value"),
    "postgresql": ("json_array_elements(cast(:rows as json))", "value #>> '{}'"),
}
# With a pair of edition and address, rather than two conditions, SQLite looks each row up by its primary key.
# The first word must be `update`: Python's sqlite3 begins no transaction for a `with`, so it would be committed alone.
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
_RECEIPTS_AT_ONCE = 64
"""Receipts in one statement: each row searches them for its own."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Recipients of one segment that are `sending` on disk: they must be sent to now, or released."""

    segment: str
    recipients: tuple[Recipient, ...]


class ClaimQueue:
    """The claims and receipts of one edition, for the one run that holds the ledger's lock, in one thread."""

    def __init__(self, engine: Engine, edition: str, secret: str, *, untried_first: bool = True) -> None:
        """With `untried_first`, recipients who were tried before come last, so that others need not wait for them."""
        self._engine = engine
        self._edition = edition
        self._secret = secret
        self._some_are_erased: bool | None = None
        self._ahead: deque[tuple[str, Recipient]] = deque()
        self._untried = untried_first
        """Whether only those who were never tried are read, as long as there are any."""
        self.stopping = False
        """Whether a claim found that somebody had requested that the edition stop."""
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
        batch_size: int,
        limit: int,
        now: datetime,
    ) -> list[Claim]:
        """Record the outcome for some recipients and claim the next ones, in one transaction.

        An address that bounced for good is suppressed. One that is suppressed, even a second ago, is not claimed.

        Args:
            receipts: The outcomes for recipients that were claimed before.
            released: Recipients that were claimed and provably not sent to; they become pending again.
            batches: How many batches to claim.
            batch_size: The most recipients in one batch.
            limit: The most recipients in all batches together.
            now: The time to write into the rows. Recipients who are due later are not claimed.

        Returns:
            The batches, each of one segment; none if nobody is pending or the edition is `stopping`. They are `sending`
            on disk before this returns, so that no crash can make a run send to them twice.
        """
        with transaction(self._engine) as connection:
            self._record(connection, receipts, now)
            for chunk in batched(person.email for person in released):
                connection.execute(self._move(chunk, "sending", "pending", now))
            claims: list[Claim] = []
            while (room := batches - len(claims)) > 0 and limit > 0:
                candidates = self._candidates(connection, room, batch_size, limit, now)
                if not candidates:
                    break
                claimed = self._claim(connection, candidates, now)
                claims += claimed
                limit -= sum(len(claim.recipients) for claim in claimed)
                if self.stopping:
                    break
            return claims

    def _record(self, connection: Connection, receipts: Sequence[Receipt], now: datetime) -> None:
        if not receipts:
            return
        for start in range(0, len(receipts), _RECEIPTS_AT_ONCE):
            some = receipts[start : start + _RECEIPTS_AT_ONCE]
            rows = {item.recipient.email: (item.outcome.value, _make_printable(item.detail)) for item in some}
            self._execute(connection, self._record_all, rows, now)
        for receipt in receipts:
            if receipt.bounced:
                add_bounce(connection, receipt.recipient.email, now)

    def _candidates(
        self, connection: Connection, batches: int, batch_size: int, limit: int, now: datetime
    ) -> list[Claim]:
        """Return the next pending recipients in batches, from those read ahead; read more when these are used up."""
        if not self._ahead:
            self._read_ahead(connection, now)
        if not self._ahead and self._untried:
            self._untried = False
            self._read_ahead(connection, now)
        candidates: list[Claim] = []
        while self._ahead and len(candidates) < batches and limit > 0:
            segment = self._ahead[0][0]
            batch: list[Recipient] = []
            while self._ahead and self._ahead[0][0] == segment and len(batch) < min(batch_size, limit):
                batch.append(self._ahead.popleft()[1])
            candidates.append(Claim(segment, tuple(batch)))
            limit -= len(batch)
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
        """Write the candidates to disk as `sending`; those suppressed since the freeze are passed over for good."""
        emails = [person.email for claim in candidates for person in claim.recipients]
        if self._some_are_erased is None:  # looked up once: nobody is erased while a run holds the lock
            self._some_are_erased = check_secret(connection, self._secret)
        # The statement cannot hash: it leaves out suppressed addresses by itself, but erased ones must not reach it.
        erased = find_suppressed(connection, emails, self._secret) if self._some_are_erased else {}
        known = [email for email in emails if email not in erased]
        # Only those that this very statement moved: if another run is at work after all, its recipients are not ours.
        claimed = set(self._execute(connection, self._claim_all, known, now).scalars())
        if len(claimed) == len(emails):
            return list(candidates)
        self.stopping = is_stopping(connection, self._edition)
        suppressed = find_suppressed(connection, emails, self._secret)
        for email, suppression in suppressed.items():
            passed_over = self._move([email], "pending", "suppressed", now).values(detail=suppression.reason)
            connection.execute(passed_over)
        kept = (
            Claim(claim.segment, tuple(person for person in claim.recipients if person.email in claimed))
            for claim in candidates
        )
        return [claim for claim in kept if claim.recipients]

    def _execute(self, connection: Connection, statement: TextClause, rows: object, now: datetime) -> CursorResult[Any]:
        return connection.execute(statement, {"rows": json.dumps(rows), "edition": self._edition, "at": to_text(now)})

    def _move(self, emails: Sequence[str], old: str, new: str, now: datetime) -> Update:
        return move_recipients(self._edition, old, new, now).where(recipients.c.email.in_(emails))


def _make_printable(detail: str) -> str:
    """Return a provider's words, which may hold anything, as every database accepts them: PostgreSQL rejects NUL."""
    return detail if detail.isprintable() else "".join(sign if sign.isprintable() else " " for sign in detail)
