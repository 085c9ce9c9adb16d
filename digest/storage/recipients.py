"""The recipients of editions and their states, and changes to many of them at once."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Update, delete, func, or_, select, update

from digest.storage.block_reader import find_places
from digest.storage.blocks import decode_block
from digest.storage.claims import LOST, ClaimQueue, put_in_doubt
from digest.storage.engine import batched, reading, retry_reading, retry_transaction, to_moment, to_text, transaction
from digest.storage.leases import Lease
from digest.storage.links import RecipientFactory
from digest.storage.pseudonyms import ERASED_PREFIX
from digest.storage.reader_choices import ListStatuses
from digest.storage.tables import (
    editions,
    leases,
    open_claims,
    recipient_blocks,
    recipient_exceptions,
    recipient_groups,
    suppressions,
)


@dataclass(frozen=True, slots=True)
class RecipientRecord:
    """One recipient of an edition: its state, since when, and what the provider or digest said of it.

    Of an accepted recipient the ledger keeps no row of its own: `changed_at` is then when the edition was closed, or
    frozen, and `detail` the server's usual reply.
    """

    email: str
    segment: str
    state: str
    detail: str
    changed_at: datetime


class Recipients:
    """The recipients of every edition."""

    def __init__(self, engine: Engine, secret: str, leases: Mapping[str, Lease]) -> None:
        """`leases` are those that this process holds, by cadence."""
        self._engine = engine
        self._secret = secret
        self._leases = leases

    def stream(self, edition: str) -> Iterator[RecipientRecord]:
        """Yield every recipient of an edition, group by group, in the order they were frozen."""
        with reading(self._engine) as connection:
            row = connection.execute(select(editions).where(editions.c.id == edition)).one_or_none()
            if row is None:
                return
            at = to_moment(row.finished_at or row.frozen_at)
            groups = recipient_groups.c
            for group in connection.execute(
                select(recipient_groups).where(groups.edition == edition).order_by(groups.number)
            ).all():
                yield from _stream_group(connection, group, at, row.reply or "")

    def recover(self, edition: str, now: datetime) -> int:
        """Pick up where an earlier run stopped: what was in flight is in doubt, what was deferred is pending again.

        Only claims whose holder has no lease any more are touched. Returns how many became in doubt.
        """
        columns = open_claims.c
        # The caller holds the lease of this edition's cadence: any other holder of claims is gone.
        dead = (columns.edition == edition) & columns.holder.not_in(select(leases.c.holder))

        def take_over(connection: Connection, **_: bool) -> int:
            lost = put_in_doubt(connection, dead, now)
            retried = _move(edition, "sending", "in_doubt", now).values(detail=LOST)
            lost += connection.execute(retried).rowcount
            connection.execute(_move(edition, "deferred", "pending", now))
            return lost

        return retry_transaction(self._engine, take_over)

    def open_claim_queue(
        self,
        edition: str,
        make_recipient: RecipientFactory,
        *,
        untried_first: bool = True,
        newsroom_list: ListStatuses | None = None,
    ) -> ClaimQueue:
        """Return the claims and receipts of an edition; see `ClaimQueue`. The lease of its cadence must be held."""
        lease = self._leases[edition.rpartition("-")[2]]
        return ClaimQueue(
            self._engine,
            edition,
            self._secret,
            lease,
            make_recipient,
            untried_first=untried_first,
            newsroom_list=newsroom_list,
        )

    def count_due(self, edition: str, now: datetime) -> int:
        """Return how many are pending and due, so that a run would send to them now."""
        groups, exceptions = recipient_groups.c, recipient_exceptions.c
        due = or_(groups.due_at.is_(None), groups.due_at <= to_text(now))
        left = select(func.sum(groups.size - groups.claimed)).where(
            groups.edition == edition, groups.skipped.is_(None), due
        )
        again = select(func.count()).where(exceptions.edition == edition, exceptions.state == "pending")

        def count(connection: Connection) -> int:
            return int(connection.scalar(left) or 0) + (connection.scalar(again) or 0)

        return retry_reading(self._engine, count)

    def skip_overdue(self, edition: str, before: datetime, now: datetime) -> int:
        """Skip those who were due before a moment and have not been sent to; return how many they are."""
        reason = "too late: max_lateness"
        groups, exceptions = recipient_groups.c, recipient_exceptions.c
        overdue = (groups.edition == edition) & (groups.due_at < to_text(before))
        open_groups = overdue & groups.skipped.is_(None) & (groups.claimed < groups.size)
        with transaction(self._engine) as connection:
            left = connection.scalar(select(func.sum(groups.size - groups.claimed)).where(open_groups)) or 0
            connection.execute(update(recipient_groups).where(open_groups).values(skipped=reason))
            late = (
                update(recipient_exceptions)
                .where(
                    exceptions.edition == edition,
                    exceptions.state.in_(("pending", "deferred")),
                    exceptions.number.in_(select(groups.number).where(overdue)),
                )
                .values(state="skipped", detail=reason, changed_at=to_text(now))
            )
            return int(left) + connection.execute(late).rowcount

    def retry_deferred(self, edition: str, now: datetime) -> int:
        """Make deferred recipients pending again; return how many they are."""
        move = _move(edition, "deferred", "pending", now)

        def retry(connection: Connection, **_: bool) -> int:
            return connection.execute(move).rowcount

        return retry_transaction(self._engine, retry)

    def revert_refusals(self, edition: str, emails: Collection[str], bounced: Collection[str], now: datetime) -> int:
        """Make these pending again, as the provider turned out to refuse everyone; return how many they are.

        Those of them in `bounced`, who were suppressed for it, are not suppressed any more.
        """
        moved = 0
        columns = recipient_exceptions.c
        with transaction(self._engine) as connection:
            for email in emails:
                for place in find_places(connection, email, edition):
                    this = (columns.number == place.number) & (columns.position == place.position)
                    moved += connection.execute(_move(edition, "refused", "pending", now).where(this)).rowcount
            for chunk in batched(bounced):
                theirs = suppressions.c.email.in_(chunk) & (suppressions.c.reason == "bounced")
                connection.execute(delete(suppressions).where(theirs))
        return moved

    def resolve_in_doubt(self, edition: str, now: datetime, *, send: bool) -> int:
        """Carry out a person's decision about an edition's recipients in doubt; return how many they are.

        With `send` they are pending, and the edition is open again; without, they are skipped.
        """
        with transaction(self._engine) as connection:
            move = _move(edition, "in_doubt", "pending" if send else "skipped", now)
            moved = connection.execute(move).rowcount
            if send and moved:
                reopen = update(editions).where(editions.c.id == edition)
                connection.execute(reopen.values(state="frozen", finished_at=None))
            return moved


def skip_pending(connection: Connection, edition: str, reason: str, now: datetime) -> None:
    """Skip every recipient of an edition who is not settled."""
    groups, exceptions = recipient_groups.c, recipient_exceptions.c
    left = (groups.edition == edition) & groups.skipped.is_(None) & (groups.claimed < groups.size)
    connection.execute(update(recipient_groups).where(left).values(skipped=reason))
    connection.execute(
        update(recipient_exceptions)
        .where(exceptions.edition == edition, exceptions.state.in_(("pending", "sending", "deferred")))
        .values(state="skipped", detail=reason, changed_at=to_text(now))
    )


def _move(edition: str, old: str, new: str, now: datetime) -> Update:
    columns = recipient_exceptions.c
    return (
        update(recipient_exceptions)
        .where(columns.edition == edition, columns.state == old)
        .values(state=new, changed_at=to_text(now))
    )


def _stream_group(connection: Connection, group: Any, at: datetime, reply: str) -> Iterator[RecipientRecord]:
    blocks, exceptions, claims = recipient_blocks.c, recipient_exceptions.c, open_claims.c
    theirs = (exceptions.edition == group.edition) & (exceptions.number == group.number)
    rows = connection.execute(select(recipient_exceptions).where(theirs)).all()
    special = {row.position: (row.state, row.detail, to_moment(row.changed_at)) for row in rows}
    in_flight = {
        claim.start + offset
        for claim in connection.execute(
            select(claims.start, claims.span).where(claims.edition == group.edition, claims.number == group.number)
        )
        for offset in range(claim.span)
    }
    left = ("pending", "", at) if group.skipped is None else ("skipped", group.skipped, at)
    query = select(blocks.start, blocks.body).where(blocks.edition == group.edition, blocks.number == group.number)
    for block in connection.execute(query.order_by(blocks.start)).all():
        for position, entry in enumerate(decode_block(block.body), block.start):
            state, detail, moment = special.get(position) or (
                ("suppressed", "erased", at)
                if position >= group.claimed and entry.email.startswith(ERASED_PREFIX)
                else left
                if position >= group.claimed
                else ("sending", "", at)
                if position in in_flight
                else ("accepted", reply, at)
            )
            is_erased = entry.email.startswith(ERASED_PREFIX)
            yield RecipientRecord(entry.email, group.segment, state, "erased" if is_erased else detail, moment)
