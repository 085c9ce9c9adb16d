"""The database opened, and the repositories in it: one for each concern."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

from sqlalchemy import Connection, Engine, insert, inspect, select

from digest.errors import StorageError
from digest.storage.editions import Editions
from digest.storage.engine import enable_wal, name_of, open_engine, parse_url, transaction
from digest.storage.erasure import Erasure
from digest.storage.lock import run_lock
from digest.storage.recipients import Recipients
from digest.storage.sent_articles import SentArticles
from digest.storage.sources import Sources
from digest.storage.suppressions import Suppressions
from digest.storage.tables import VERSION, ledger_version, metadata


class Database:
    """The ledger in SQLite or PostgreSQL. A context manager that closes it."""

    def __init__(self, engine: Engine, secret: str = "") -> None:
        self._engine = engine
        self.editions = Editions(engine)
        self.sent_articles = SentArticles(engine)
        self.recipients = Recipients(engine, secret)
        self.suppressions = Suppressions(engine, secret)
        self.sources = Sources(engine)
        self.erasure = Erasure(engine, secret)

    # --- opening ------------------------------------------------------------------------------------------------------

    @classmethod
    def open(cls, url: str, secret: str = "") -> Self:
        """Open the ledger for a run that sends, making its tables where there are none.

        The secret is what erased readers are known again by: sending and looking up suppressions fail without it where
        there are some.

        Raises:
            StorageError: the database cannot be reached or written, or is of another version.
            LockedError: another run is just making the tables.
        """
        database = cls(open_engine(parse_url(url)), secret)
        if database._version() is None:
            # Two first runs at once must not both make the tables: the second one gets a LockedError.
            with database.lock():
                enable_wal(database._engine)
                database._make_tables()
        database._check_version()
        return database

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
            StorageError: the database cannot be reached, or is of another version.
        """
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return cls.open("sqlite://")
        database = cls(open_engine(parsed), secret)
        if database._version() is not None:
            database._check_version()
            return database
        database.close()
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

    # --- the database -------------------------------------------------------------------------------------------------

    def _transaction(self) -> AbstractContextManager[Connection]:
        return transaction(self._engine)

    def _check_version(self) -> None:
        version = self._version()
        if version != VERSION:
            raise StorageError(
                f"this ledger is of version {version}, this digest reads version {VERSION}",
                location=self.name,
                hint="use the digest that wrote it, or move it away and begin a new one",
            )
