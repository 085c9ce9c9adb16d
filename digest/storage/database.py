"""The ledger, opened: one repository for each concern."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Self

from sqlalchemy import Engine

from digest.storage import schema
from digest.storage.editions import Editions
from digest.storage.engine import describe_engine, enable_wal, open_engine, parse_url
from digest.storage.lock import run_lock
from digest.storage.recipients import Recipients
from digest.storage.sent_editions import SentEditions
from digest.storage.sources import Sources
from digest.storage.subscribers import Subscribers
from digest.storage.suppressions import Suppressions


class Database:
    """The ledger in SQLite or PostgreSQL. A context manager that closes it."""

    def __init__(self, engine: Engine, secret: str = "") -> None:
        self._engine = engine
        self.editions = Editions(engine)
        self.sent_editions = SentEditions(engine)
        self.recipients = Recipients(engine, secret)
        self.suppressions = Suppressions(engine, secret)
        self.subscribers = Subscribers(engine, secret)
        self.sources = Sources(engine)

    @classmethod
    def open(cls, url: str, secret: str = "") -> Self:
        """Open the ledger for a run that sends, and create its tables if there are none.

        The secret recognises erased readers. Without it, sending and looking up suppressions fail once there are any.

        Raises:
            StorageError: the database cannot be reached or written, or has another version.
            LockedError: another run is creating the tables.
        """
        engine = open_engine(parse_url(url))
        database = cls(engine, secret)
        with database._closed_on_error():
            if schema.read_version(engine) is None:
                # Two first runs at once must not both create the tables: the second one gets a LockedError.
                with database.lock():
                    enable_wal(engine)
                    schema.create_tables(engine)
            schema.check_version(engine)
        return database

    @classmethod
    def open_to_read(cls, url: str, secret: str = "") -> Self:
        """Open the ledger for a command that changes nothing; if there is none yet, open an empty one in memory.

        Raises:
            StorageError: the database cannot be reached, or has another version.
        """
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return cls.open("sqlite://")
        database = cls(open_engine(parsed), secret)
        with database._closed_on_error():
            if schema.read_version(database._engine) is not None:
                schema.check_version(database._engine)
                return database
        database.close()
        return cls.open("sqlite://")

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @contextmanager
    def _closed_on_error(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The database's URL without its password."""
        return describe_engine(self._engine)

    def lock(self) -> AbstractContextManager[None]:
        """Hold the ledger for one run: see `digest.storage.lock.run_lock`."""
        return run_lock(self._engine)
