"""The ledger, opened: what moves editions and recipients, beside the parts that freeze, remember and look back."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import msgspec
from sqlalchemy import Connection, Engine, delete, func, insert, inspect, or_, select, update

from digest.errors import LedgerError
from digest.storage.engine import chunks, name_of, open_engine, parse_url, to_text, transaction
from digest.storage.erasure import Erasure
from digest.storage.editions import Freezing
from digest.storage.history import History, counts_of
from digest.storage.lock import run_lock
from digest.storage.sources import Memory
from digest.storage.tables import (
    OPEN,
    REACHED,
    UNSENT,
    VERSION,
    editions,
    ledger_version,
    messages,
    metadata,
    recipients,
    suppressions,
)
from digest.storage.recipients import Sending, is_stopping
from digest.storage.suppressions import Suppressions
from digest.models import Message


class Ledger(Freezing, History, Memory, Suppressions, Erasure):
    """The memory of sends, in SQLite or PostgreSQL. A context manager that closes the database."""

    def __init__(self, engine: Engine, secret: str = "") -> None:
        self._engine = engine
        self._secret = secret

    # --- opening ------------------------------------------------------------------------------------------------------

    @classmethod
    def open(cls, url: str, secret: str = "") -> Self:
        """Open the ledger for a run that sends, making its tables where there are none.

        The secret is what erased readers are known again by: sending and looking up suppressions fail without it where
        there are some.

        Raises:
            LedgerError: the database cannot be reached or written, or is of another version.
            LockedError: another run is just making the tables.
        """
        ledger = cls(open_engine(parse_url(url)), secret)
        if ledger._version() is None:
            # Two first runs at once must not both make the tables.
            with ledger.lock():
                ledger._make_tables()
        ledger._check_version()
        return ledger

    def _version(self) -> int | None:
        """The version of the tables, None where there are none, or not all of them yet."""
        with self._transaction() as connection:
            if not inspect(connection).has_table(ledger_version.name):
                return None
            return connection.scalar(select(ledger_version.c.version))

    def _make_tables(self) -> None:
        with self._transaction() as connection:
            metadata.create_all(connection)
            # Last: SQLite shows each table to others as it is made, and a run may die between two.
            if connection.scalar(select(ledger_version.c.version)) is None:
                connection.execute(insert(ledger_version).values(version=VERSION))

    @classmethod
    def open_to_read(cls, url: str, secret: str = "") -> Self:
        """Open the ledger for a command that changes nothing: where there is none yet, an empty one in memory.

        Raises:
            LedgerError: the database cannot be reached, or is of another version.
        """
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return cls.open("sqlite://")
        ledger = cls(open_engine(parsed), secret)
        if ledger._version() is not None:
            ledger._check_version()
            return ledger
        ledger.close()
        return cls.open("sqlite://")

    def close(self) -> None:
        """Close the database."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """Where the ledger is, without a password."""
        return name_of(self._engine)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the ledger for one run: see `digest.storage.lock.run_lock`."""
        return run_lock(self._engine)

    # --- sending ------------------------------------------------------------------------------------------------------

    def recover(self, edition: str, now: datetime) -> int:
        """Begin or go on: what an earlier run left in flight is in doubt, what it left deferred is tried again.

        Only the holder of the lock may call this. Returns how many came to be in doubt.
        """
        with self._transaction() as connection:
            lost = connection.execute(
                self._move(edition, "sending", "in_doubt", now).values(
                    detail="the run stopped while this was on its way; it may have arrived"
                )
            )
            connection.execute(self._move(edition, "deferred", "pending", now))
            return lost.rowcount

    def sending(self, edition: str, *, untried_first: bool = True) -> Sending:
        """The claims and receipts of an edition, for the holder of the lock; see `Sending`."""
        return Sending(self._engine, edition, self._secret, untried_first=untried_first)

    def waiting(self, edition: str, now: datetime) -> int:
        """How many are pending and due: a run would send to them now."""
        due = or_(recipients.c.due_at.is_(None), recipients.c.due_at <= to_text(now))
        query = select(func.count()).where(recipients.c.edition == edition, recipients.c.state == "pending", due)
        with self._transaction() as connection:
            return connection.scalar(query) or 0

    def pass_over(self, edition: str, before: datetime, now: datetime) -> int:
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
        with self._transaction() as connection:
            return connection.execute(late).rowcount

    def retry(self, edition: str, now: datetime) -> int:
        """Those who were deferred are pending again; how many they are."""
        with self._transaction() as connection:
            return connection.execute(self._move(edition, "deferred", "pending", now)).rowcount

    def reopen(self, edition: str, emails: Collection[str], bounced: Collection[str], now: datetime) -> int:
        """Refusals that turned out to be the provider's of everyone: pending again; how many they are.

        Those of them that bounced, and are suppressed since, are not suppressed any more.
        """
        moved = 0
        with self._transaction() as connection:
            for chunk in chunks(emails):
                move = self._move(edition, "refused", "pending", now).where(recipients.c.email.in_(chunk))
                moved += connection.execute(move).rowcount
            for chunk in chunks(bounced):
                theirs = suppressions.c.email.in_(chunk) & (suppressions.c.reason == "bounced")
                connection.execute(delete(suppressions).where(theirs))
        return moved

    def decide(self, edition: str, now: datetime, *, send: bool) -> int:
        """What a person says of an edition's recipients in doubt: send to them again, or leave them. How many they are.

        An edition that is to be sent to somebody again is open again.
        """
        with self._transaction() as connection:
            moved = connection.execute(self._move(edition, "in_doubt", "pending" if send else "skipped", now)).rowcount
            if send and moved:
                reopen = update(editions).where(editions.c.id == edition)
                connection.execute(reopen.values(state="frozen", finished_at=None))
            return moved

    def stop(self, edition: str) -> bool:
        """Have the run that holds the lock claim nobody more of an open edition and close it; False if it is closed."""
        stopping = update(editions).where(editions.c.id == edition, editions.c.state.in_(OPEN)).values(state="stopping")
        with self._transaction() as connection:
            return connection.execute(stopping).rowcount > 0

    def stopping(self, edition: str) -> bool:
        """Whether somebody had it stopped, and it is not closed yet."""
        with self._transaction() as connection:
            return is_stopping(connection, edition)

    def settle(self, edition: str, now: datetime, *, give_up: str = "") -> str:
        """Close an edition whose recipients are all settled, or any with the reason to `give_up`; return its state.

        One that is `stopping` is given up, too: whoever is left is skipped then. It is `sent` if nobody was left and
        `stopped` if somebody was; if nobody got it, it is `cancelled`, and its articles count as not sent.
        """
        if not give_up and self.stopping(edition):
            give_up = "cancelled"
        with self._transaction() as connection:
            counts = counts_of(connection, edition)
            left = [state for state in UNSENT if counts.get(state)]
            if left and not give_up:
                return "frozen"
            for state in left:
                connection.execute(self._move(edition, state, "skipped", now).values(detail=give_up))
            reached = any(counts.get(state) for state in REACHED)
            state = ("stopped" if left else "sent") if reached else "cancelled"
            connection.execute(
                update(editions).where(editions.c.id == edition).values(state=state, finished_at=to_text(now))
            )
            return state

    @staticmethod
    def _move(edition: str, old: str, new: str, now: datetime) -> Any:
        return (
            update(recipients)
            .where(recipients.c.edition == edition, recipients.c.state == old)
            .values(state=new, changed_at=to_text(now))
        )

    def message(self, edition: str, segment: str) -> Message:
        """The frozen Message of a segment. Raises LedgerError when there is none."""
        with self._transaction() as connection:
            body = connection.scalar(
                select(messages.c.body).where(messages.c.edition == edition, messages.c.segment == segment)
            )
        if body is None:
            raise LedgerError(f"edition {edition} has no message for {segment}", where=self.name)
        return msgspec.msgpack.decode(body, type=Message)

    # --- the database -------------------------------------------------------------------------------------------------

    def _transaction(self) -> AbstractContextManager[Connection]:
        return transaction(self._engine)

    def _check_version(self) -> None:
        version = self._version()
        if version != VERSION:
            raise LedgerError(
                f"this ledger is of version {version}, this digest reads version {VERSION}",
                where=self.name,
                next_step="use the digest that wrote it, or move it away and begin a new one",
            )
