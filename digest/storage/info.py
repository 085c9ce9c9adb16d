"""What the ledger says of itself: whose it is, and whether it was moved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, delete, select

from digest.errors import StorageError
from digest.storage.engine import describe_engine, dialect_insert, reading, transaction
from digest.storage.tables import ledger_info


class LedgerInfo:
    """Facts about the ledger as a whole."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def check_owner(self, name: str, url: str) -> None:
        """Refuse a ledger of another newsroom; one that has no owner yet belongs to this newsroom from now on.

        A newsroom may change its name or its site: it is another one if both differ.

        Raises:
            StorageError: the ledger belongs to another newsroom.
        """
        owner = f"{name}\n{url}"
        with transaction(self._engine) as connection:
            known = get_info(connection, "newsroom")
            if known is not None and not set(known.split("\n")) & {part for part in (name, url) if part}:
                raise StorageError(
                    f"this ledger belongs to {known.partition(chr(10))[0]}, not to {name}",
                    location=describe_engine(self._engine),
                    hint="check DIGEST_DATABASE_URL: each newsroom needs a ledger of its own; if this one has a new "
                    "name and a new site, change one of them, run `digest ledger upgrade`, then change the other",
                )
            if known != owner:
                set_info(connection, "newsroom", owner)

    def check_usable(self, moving_to: str = "") -> None:
        """Refuse to send from a ledger that was moved elsewhere, or whose copy is not complete.

        `moving_to` is where it is being moved: a move there that was interrupted may go on.

        Raises:
            StorageError: it is one of these.
        """
        with reading(self._engine) as connection:
            copied = get_info(connection, "copying_from")
            if get_info(connection, "moved_to") != (moving_to or None):
                refuse_moved(connection, describe_engine(self._engine))
        if copied:
            raise StorageError(
                f"the copy of {copied} is not complete",
                location=describe_engine(self._engine),
                hint="run `digest ledger copy` again",
            )

    def is_moved(self) -> bool:
        """Return whether the ledger was moved elsewhere."""
        with reading(self._engine) as connection:
            return get_info(connection, "moved_to") is not None

    def mark_moved(self, target: str) -> None:
        """Record where the ledger was moved to, so that nobody sends from this one."""
        with transaction(self._engine) as connection:
            set_info(connection, "moved_to", target)


@contextmanager
def unleased_transaction(engine: Engine) -> Iterator[Connection]:
    """Run a transaction that changes something without holding a lease.

    A move of the ledger, which holds every lease, either copies the change or makes this raise StorageError.
    """
    with transaction(engine) as connection:
        yield connection
        refuse_moved(connection, describe_engine(engine))  # last: on PostgreSQL, the move has locked what is changed


def refuse_moved(connection: Connection, location: str) -> None:
    """Raise StorageError, within a transaction, if the ledger was moved elsewhere."""
    if moved := get_info(connection, "moved_to"):
        raise StorageError(
            f"this ledger was moved to {moved}",
            location=location,
            hint="set DIGEST_DATABASE_URL to that database",
        )


def get_info(connection: Connection, key: str) -> str | None:
    """Return a fact, within a transaction; None if it is not recorded."""
    return connection.scalar(select(ledger_info.c.value).where(ledger_info.c.key == key))


def set_info(connection: Connection, key: str, value: str | None) -> None:
    """Record a fact, within a transaction; None deletes it."""
    if value is None:
        connection.execute(delete(ledger_info).where(ledger_info.c.key == key))
        return
    statement = dialect_insert(connection, ledger_info).values(key=key, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_={"value": value}))
