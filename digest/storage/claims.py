"""One edition being sent: its recipients are claimed a few at a time, and their receipts recorded."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from secrets import randbelow
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, delete, insert, or_, select, update

from digest.errors import LockedError
from digest.models import Outcome, Receipt, Recipient
from digest.storage.block_reader import BlockReader, find_places
from digest.storage.blocks import Entry
from digest.storage.engine import retry_transaction, to_text
from digest.storage.exception_rows import add_missing_exceptions, make_exception, write_exceptions
from digest.storage.leases import Lease
from digest.storage.links import RecipientFactory
from digest.storage.pseudonyms import ERASED_PREFIX, check_secret
from digest.storage.reader_choices import ListStatuses, find_withdrawn
from digest.storage.states import is_stopping
from digest.storage.suppressions import add_bounce, find_suppressed
from digest.storage.tables import editions, open_claims, recipient_exceptions, recipient_groups

_ID = re.compile(r"(?<![\w.])(?=\w*\d)[\w-]{8,}(?![\w.])|[^\s<>@]+@[^\s<>@]+")
"""A word of eight or more characters with a digit in it, an address or a Message-ID."""
LOST = "the run stopped while this was on its way; it may have arrived"
"""What is recorded of recipients in doubt."""
_RETRIES_AT_ONCE = 500
"""How many recipients to retry are read at once."""


_Span = tuple[int, int]
"""The number of a group and the start of an open claim in it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Recipients of one segment that are in flight on disk: they must be sent to now, or released."""

    segment: str
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a recipient in flight is frozen; `claim` is the start of the open claim, None for a retry."""

    number: int
    position: int
    claim: int | None


@dataclass
class _Group:
    """A group with recipients who are due; `left` of them were not claimed when it was read."""

    number: int
    segment: str
    left: int


class ClaimQueue:
    """The claims and receipts of one edition, for the holder of its lease, in one thread."""

    def __init__(
        self,
        engine: Engine,
        edition: str,
        secret: str,
        lease: Lease,
        make_recipient: RecipientFactory,
        *,
        untried_first: bool = True,
        newsroom_list: ListStatuses | None = None,
    ) -> None:
        """With `untried_first`, recipients who were tried before come last, so that others need not wait for them.

        With `newsroom_list`, recipients who are not active readers any more are treated as suppressed.
        """
        self._engine = engine
        self._edition = edition
        self._secret = secret
        self._lease = lease
        self._make_recipient = make_recipient
        self._untried_first = untried_first
        self._newsroom_list = newsroom_list
        self._some_are_erased: bool | None = None
        self._reader = BlockReader(edition)
        self._in_flight: dict[str, _Place] = {}
        """The recipients that were claimed and not recorded yet, by address."""
        self._groups: list[_Group] = []
        self._may_have_retries = True
        self._usual_reply: str | None = None
        self._reusable: list[_Span] = []
        """The open claims that this transaction has settled and not deleted yet."""
        self.lost_lease: LockedError | None = None
        """The error to raise once everything in flight is recorded, if another run took the lease over."""
        self.stopping = False
        """Whether a claim found that somebody had requested that the edition stop."""

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

        An address that bounced for good is suppressed. One that is suppressed, even a second ago, is not claimed. If
        the database goes away, this waits until it is back, so that no receipt is lost.

        Args:
            receipts: The outcomes for recipients that were claimed before.
            released: Recipients that were claimed and provably not sent to; they become pending again.
            batches: How many batches to claim.
            batch_size: The most recipients in one batch.
            limit: The most recipients in all batches together.
            now: The time to write into the rows. Recipients who are due later are not claimed.

        Returns:
            The batches, each of one segment; none if nobody is pending or the edition is `stopping`. They are in flight
            on disk before this returns, so that no crash can make a run send to them twice.

        Once another run has taken the lease over, nobody is claimed, and `lost_lease` is set.

        Raises:
            StorageError: the database failed, or stayed away for too long.
        """
        before = dict(self._in_flight)

        def attempt(connection: Connection, *, again: bool) -> list[Claim]:
            self._in_flight = dict(before)
            is_held = self._lease.is_held(connection)
            if again:
                self._groups, self._usual_reply = [], None
            if again and is_held:
                # The last attempt may have been committed without our knowing: what it claimed was not sent.
                self._release_unknown_claims(connection, now)
            if not is_held:
                self.lost_lease = self._lease.make_lost_error()
                self._record_late(connection, receipts, released, now)
                return []
            closed = self._record(connection, receipts, released, now)
            if again:  # the last attempt may have written over these rows already
                self._delete_claims(connection, closed)
                closed = []
            self._reusable = closed
            claims = self._claim(connection, batches, batch_size, limit, now) if batches > 0 and limit > 0 else []
            self._delete_claims(connection, self._reusable)
            return claims

        return retry_transaction(self._engine, attempt)

    # --- receipts -----------------------------------------------------------------------------------------------------

    def _record(
        self, connection: Connection, receipts: Sequence[Receipt], released: Sequence[Recipient], now: datetime
    ) -> list[_Span]:
        """Record outcomes; return the open claims that are settled by them, whose rows are to be deleted."""
        outcomes = [(item.recipient.email, item.outcome.value, _make_printable(item.detail)) for item in receipts]
        outcomes += [(recipient.email, "pending", "") for recipient in released]
        is_usual = self._compare_with_usual_reply(connection, outcomes)
        accepted_retries, exceptions = [], []
        settled: dict[tuple[int, int], list[tuple[_Place, str, str]]] = {}
        for email, state, detail in outcomes:
            place = self._in_flight.pop(email, None) or self._find_place(connection, email)
            if place.claim is not None:
                settled.setdefault((place.number, place.claim), []).append((place, state, detail))
            elif state == Outcome.ACCEPTED and is_usual(detail):
                accepted_retries.append(place)
            else:
                exceptions.append((place, state, detail))
        still_open = {(place.number, place.claim) for place in self._in_flight.values()} if settled else set()
        closed = []
        for claim, places in settled.items():
            if claim in still_open:
                self._shrink_claim(connection, claim, len(places))
                exceptions += places  # those accepted too: the rest of the claim is in flight
            else:
                closed.append(claim)
                exceptions += [item for item in places if item[1] != Outcome.ACCEPTED or not is_usual(item[2])]
        self._delete_exceptions(connection, accepted_retries)
        self._write_exceptions(connection, exceptions, now)
        self._may_have_retries = self._may_have_retries or bool(released)
        for receipt in receipts:
            if receipt.bounced:
                add_bounce(connection, receipt.recipient.email, now)
        return closed

    def _record_late(
        self, connection: Connection, receipts: Sequence[Receipt], released: Sequence[Recipient], now: datetime
    ) -> None:
        """Record outcomes although another run took the lease over, for those whom it put in doubt.

        About the others it, or a person, has decided since.
        """
        columns = open_claims.c
        put_in_doubt(connection, (columns.edition == self._edition) & (columns.holder == self._lease.holder), now)
        exceptions = recipient_exceptions.c
        in_doubt = set()
        for email in [*(item.recipient.email for item in receipts), *(recipient.email for recipient in released)]:
            place = self._in_flight.pop(email, None) or self._find_place(connection, email)
            this = (exceptions.number == place.number) & (exceptions.position == place.position)
            state = connection.scalar(select(exceptions.state).where(exceptions.edition == self._edition, this))
            if state == "in_doubt":
                in_doubt.add(email)
                self._in_flight[email] = replace(place, claim=None)
        self._record(
            connection,
            [receipt for receipt in receipts if receipt.recipient.email in in_doubt],
            [recipient for recipient in released if recipient.email in in_doubt],
            now,
        )

    def _compare_with_usual_reply(
        self, connection: Connection, outcomes: Sequence[tuple[str, str, str]]
    ) -> Callable[[str], bool]:
        """Return a function that says whether a reply is the usual one of an accepted mail, and needs no row."""
        this = editions.c.id == self._edition
        if self._usual_reply is None:
            self._usual_reply = connection.scalar(select(editions.c.reply).where(this))
        if self._usual_reply is None:
            first = next((detail for _, state, detail in outcomes if state == Outcome.ACCEPTED), None)
            if first is not None:
                self._usual_reply = without_ids(first)
                connection.execute(update(editions).where(this).values(reply=self._usual_reply))
        return lambda detail: without_ids(detail) == self._usual_reply

    def _find_place(self, connection: Connection, email: str) -> _Place:
        """Find a recipient who was claimed through another queue of this edition."""
        columns = open_claims.c
        place = next(find_places(connection, email, self._edition))
        claim = connection.scalar(
            select(columns.start).where(
                columns.edition == self._edition,
                columns.number == place.number,
                columns.start <= place.position,
                columns.start + columns.span > place.position,
            )
        )
        return _Place(place.number, place.position, claim)

    def _shrink_claim(self, connection: Connection, claim: tuple[int, int], count: int) -> None:
        columns = open_claims.c
        this = (columns.edition == self._edition) & (columns.number == claim[0]) & (columns.start == claim[1])
        connection.execute(update(open_claims).where(this).values(sending=columns.sending - count))

    def _delete_claims(self, connection: Connection, claims: Sequence[tuple[int, int]]) -> None:
        if claims:
            columns = open_claims.c
            statement = delete(open_claims).where(
                columns.edition == self._edition, columns.number == bindparam("n"), columns.start == bindparam("s")
            )
            connection.execute(statement, [{"n": number, "s": start} for number, start in claims])

    def _delete_exceptions(self, connection: Connection, places: Sequence[_Place]) -> None:
        if places:
            columns = recipient_exceptions.c
            statement = delete(recipient_exceptions).where(
                columns.edition == self._edition, columns.number == bindparam("n"), columns.position == bindparam("p")
            )
            connection.execute(statement, [{"n": place.number, "p": place.position} for place in places])

    def _write_exceptions(
        self, connection: Connection, exceptions: Iterable[tuple[_Place, str, str]], now: datetime
    ) -> None:
        rows = [
            make_exception(self._edition, place.number, place.position, state, detail, now)
            for place, state, detail in exceptions
        ]
        if rows:
            write_exceptions(connection, rows)

    def _release_unknown_claims(self, connection: Connection, now: datetime) -> None:
        known = {(place.number, place.claim) for place in self._in_flight.values() if place.claim is not None}
        columns = open_claims.c
        ours = select(columns.number, columns.start, columns.span).where(
            columns.edition == self._edition, columns.holder == self._lease.holder
        )
        unknown = [row for row in connection.execute(ours).all() if (row.number, row.start) not in known]
        for row in unknown:
            positions = range(row.start, row.start + row.span)
            add_missing_exceptions(
                connection,
                [make_exception(self._edition, row.number, position, "pending", "", now) for position in positions],
            )
        self._delete_claims(connection, [(row.number, row.start) for row in unknown])
        retried = {(place.number, place.position) for place in self._in_flight.values() if place.claim is None}
        exceptions = recipient_exceptions.c
        sending = select(exceptions.number, exceptions.position, exceptions.detail).where(
            exceptions.edition == self._edition, exceptions.state == "sending"
        )
        lost = [row for row in connection.execute(sending).all() if (row.number, row.position) not in retried]
        places_lost = [(_Place(row.number, row.position, None), "pending", row.detail) for row in lost]
        self._write_exceptions(connection, places_lost, now)
        self._may_have_retries = True

    # --- claims -------------------------------------------------------------------------------------------------------

    def _claim(self, connection: Connection, batches: int, batch_size: int, limit: int, now: datetime) -> list[Claim]:
        self.stopping = is_stopping(connection, self._edition)
        if self.stopping:
            return []
        if self._some_are_erased is None:  # looked up once: nobody is erased while a run holds the lease
            self._some_are_erased = check_secret(connection, self._secret)
        retries = partial(self._claim_retries, connection, now=now)
        groups = partial(self._claim_from_groups, connection, now=now)
        order: list[Callable[[int, int, int], list[Claim] | None]] = [retries, groups]
        if self._untried_first:
            order.reverse()
        claims: list[Claim] = []
        for take in order:
            while (room := batches - len(claims)) > 0 and limit > 0:
                claimed = take(room, batch_size, limit)
                if claimed is None:
                    break
                claims += claimed
                limit -= sum(len(claim.recipients) for claim in claimed)
        return claims

    def _claim_from_groups(
        self, connection: Connection, room: int, batch_size: int, limit: int, *, now: datetime
    ) -> list[Claim] | None:
        """Claim from the next group with recipients who are due; None if there is none."""
        if not self._groups:
            self._groups = self._read_groups(connection, now)
        while self._groups:
            group = self._groups[0]
            count = min(room * batch_size, limit, group.left)
            columns = recipient_groups.c
            this = (columns.edition == self._edition) & (columns.number == group.number) & columns.skipped.is_(None)
            row = connection.execute(
                update(recipient_groups)
                .where(this, columns.claimed + count <= columns.size)
                .values(claimed=columns.claimed + count)
                .returning(columns.claimed, columns.size)
            ).one_or_none()
            if row is None:  # skipped, or another worker claimed some meanwhile
                self._groups = self._read_groups(connection, now)
                continue
            group.left = row.size - row.claimed
            if not group.left:
                self._groups.pop(0)
            start = row.claimed - count
            entries = self._reader.read(connection, group.number, start, count)
            return self._open_claims(connection, group, start, entries, batch_size, now)
        return None

    def _read_groups(self, connection: Connection, now: datetime) -> list[_Group]:
        columns = recipient_groups.c
        query = select(columns.number, columns.segment, (columns.size - columns.claimed).label("left")).where(
            columns.edition == self._edition,
            columns.claimed < columns.size,
            columns.skipped.is_(None),
            or_(columns.due_at.is_(None), columns.due_at <= to_text(now)),
        )
        return [_Group(*row) for row in connection.execute(query.order_by(columns.segment, columns.number))]

    def _open_claims(
        self,
        connection: Connection,
        group: _Group,
        start: int,
        entries: Sequence[Entry],
        batch_size: int,
        now: datetime,
    ) -> list[Claim]:
        """Write open claims for entries of a group, a batch each; those suppressed meanwhile become exceptions."""
        suppressed = self._find_suppressed(connection, [entry.email for entry in entries], now)
        rows: list[dict[str, Any]] = []
        passed_over: list[tuple[_Place, str, str]] = []
        claims = []
        for first in range(0, len(entries), batch_size):
            batch: list[Recipient] = []
            span = entries[first : first + batch_size]
            for offset, entry in enumerate(span):
                place = _Place(group.number, start + first + offset, start + first)
                if reason := suppressed.get(entry.email):
                    passed_over.append((place, "suppressed", reason))
                else:
                    batch.append(self._make(entry))
                    self._in_flight[entry.email] = place
            if batch:
                claims.append(Claim(group.segment, tuple(batch)))
                this = {"edition": self._edition, "number": group.number, "start": start + first, "span": len(span)}
                rows.append({**this, "sending": len(batch), "holder": self._lease.holder})
        self._write_claims(connection, rows)
        self._write_exceptions(connection, passed_over, now)
        return claims

    def _write_claims(self, connection: Connection, rows: list[dict[str, Any]]) -> None:
        """Write open claims, over the rows of those just settled as long as there are some."""
        written_over = rows[: len(self._reusable)]
        if written_over:
            settled = [{"n": number, "s": start} for number, start in self._reusable[: len(written_over)]]
            columns = open_claims.c
            statement = update(open_claims).where(
                columns.edition == self._edition, columns.number == bindparam("n"), columns.start == bindparam("s")
            )
            changes = [{**old, **new} for old, new in zip(settled, written_over, strict=True)]
            new_values: dict[str, Any] = {
                name: bindparam(name) for name in ("number", "start", "span", "sending", "holder")
            }
            if connection.execute(statement.values(new_values), changes).rowcount != len(changes):
                # Another run has taken over at this moment; whom it put in doubt is not sent to.
                raise self._lease.make_lost_error()
            self._reusable = self._reusable[len(written_over) :]
        if new := rows[len(written_over) :]:
            connection.execute(insert(open_claims), [{**row, "id": randbelow(2**31)} for row in new])

    def _claim_retries(
        self,
        connection: Connection,
        room: int,
        batch_size: int,
        limit: int,
        *,
        now: datetime,
    ) -> list[Claim] | None:
        """Claim recipients who are pending again, all of one segment; None if there are none."""
        if not self._may_have_retries:
            return None
        columns, groups = recipient_exceptions.c, recipient_groups.c
        query = (
            select(columns.number, columns.position, columns.detail, groups.segment)
            .join(recipient_groups, (groups.edition == columns.edition) & (groups.number == columns.number))
            .where(columns.edition == self._edition, columns.state == "pending")
            .order_by(groups.segment, columns.number, columns.position)
            .limit(min(room * batch_size, limit, _RETRIES_AT_ONCE))
            .with_for_update(of=recipient_exceptions)  # so that nobody else can claim them at this moment
        )
        rows = connection.execute(query).all()
        if not rows:
            self._may_have_retries = False
            return None
        rows = [row for row in rows if row.segment == rows[0].segment]
        entries = [self._reader.read(connection, row.number, row.position, 1)[0] for row in rows]
        suppressed = self._find_suppressed(connection, [entry.email for entry in entries], now)
        exceptions: list[tuple[_Place, str, str]] = []
        recipients: list[Recipient] = []
        for row, entry in zip(rows, entries, strict=True):
            place = _Place(row.number, row.position, None)
            if reason := suppressed.get(entry.email):
                exceptions.append((place, "suppressed", reason))
            else:
                exceptions.append((place, "sending", row.detail))
                recipients.append(self._make(entry))
                self._in_flight[entry.email] = place
        self._write_exceptions(connection, exceptions, now)
        batches = [tuple(recipients[first : first + batch_size]) for first in range(0, len(recipients), batch_size)]
        return [Claim(rows[0].segment, batch) for batch in batches]

    def _find_suppressed(self, connection: Connection, emails: Sequence[str], now: datetime) -> dict[str, str]:
        """Return why some of these addresses must not be mailed."""
        found = find_suppressed(connection, emails, self._secret if self._some_are_erased else "")
        reasons = find_withdrawn(connection, emails, self._newsroom_list, now) if self._newsroom_list else {}
        reasons.update((email, suppression.reason) for email, suppression in found.items())
        reasons.update({email: "erased" for email in emails if email.startswith(ERASED_PREFIX)})
        return reasons

    def _make(self, entry: Entry) -> Recipient:
        if entry.own:
            return Recipient(entry.email, entry.own.message_id, entry.own.values)
        return self._make_recipient(entry.email, entry.name)


def put_in_doubt(connection: Connection, claims: ColumnElement[bool], now: datetime) -> int:
    """Put the recipients of some open claims in doubt and close these; return how many recipients."""
    lost = 0
    # Deleted first: a holder that is alive after all either has recorded its receipts, or finds its claims gone.
    for claim in connection.execute(delete(open_claims).where(claims).returning(open_claims)).all():
        positions = range(claim.start, claim.start + claim.span)
        rows = [make_exception(claim.edition, claim.number, position, "in_doubt", LOST, now) for position in positions]
        lost += add_missing_exceptions(connection, rows)
    return lost


def without_ids(reply: str) -> str:
    """Return a server's reply with its ids, as those of its queue, replaced by `*`."""
    return _ID.sub("*", reply)


def _make_printable(detail: str) -> str:
    """Return a provider's words, which may hold anything, as every database accepts them: PostgreSQL rejects NUL."""
    return detail if detail.isprintable() else "".join(sign if sign.isprintable() else " " for sign in detail)
