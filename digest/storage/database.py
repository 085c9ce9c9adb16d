"""The ledger, opened: one repository for each concern."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from sqlalchemy import Engine

from digest.errors import StorageError
from digest.models import Cadence
from digest.storage import schema
from digest.storage.editions import Editions
from digest.storage.engine import describe_engine, open_engine, parse_url
from digest.storage.leases import Lease, hold_leases
from digest.storage.recipients import Recipients
from digest.storage.sent_editions import SentEditions
from digest.storage.sources import Sources
from digest.storage.subscribers import Subscribers
from digest.storage.suppressions import Suppressions
from digest.storage.tables import VERSION

logger = logging.getLogger(__name__)


class Database:
    """The ledger in SQLite or PostgreSQL. A context manager that closes it."""

    def __init__(self, engine: Engine, secret: str = "") -> None:
        self._engine = engine
        self._copy: TemporaryDirectory[str] | None = None
        self.editions = Editions(engine)
        self.sent_editions = SentEditions(engine)
        self.recipients = Recipients(engine, secret)
        self.suppressions = Suppressions(engine, secret)
        self.subscribers = Subscribers(engine, secret)
        self.sources = Sources(engine)

    @classmethod
    def open(cls, url: str, secret: str = "") -> Self:
        """Open the ledger to write; create its tables if there are none, and migrate those of an earlier version.

        The secret recognises erased readers. Without it, sending and looking up suppressions fail once there are any.

        Raises:
            StorageError: the database cannot be reached or written, or a newer digest wrote it.
            LockedError: another process is creating or migrating the tables, or using those to be migrated.
        """
        engine = open_engine(parse_url(url))
        if done := schema.prepare(engine):
            logger.warning(done)
        return cls(engine, secret)

    @classmethod
    def open_to_read(cls, url: str, secret: str = "", *, any_newer: bool = False) -> Self:
        """Open the ledger for a command that changes nothing; if there is none yet, open an empty one in memory.

        An SQLite ledger of an earlier version is read through a migrated copy. With `any_newer`, one that a newer
        digest wrote is read as well: for commands that need only the suppressions.

        Raises:
            StorageError: the database cannot be reached or read, or a newer digest wrote it.
        """
        parsed = parse_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists():
            return cls.open("sqlite://")
        engine = open_engine(parsed)
        version = schema.read_version(engine)
        if version is None:
            engine.dispose()
            return cls.open("sqlite://")
        if version > VERSION and any_newer:
            return cls(engine, secret)
        schema.check_version(engine, version)
        if version == VERSION:
            return cls(engine, secret)
        return cls._open_migrated_copy(engine, secret)

    @classmethod
    def _open_migrated_copy(cls, engine: Engine, secret: str) -> Self:
        if engine.dialect.name != "sqlite":
            raise StorageError(
                "this ledger is of an earlier version",
                location=describe_engine(engine),
                hint="`digest ledger upgrade` migrates it, and so does the next send",
            )
        folder = TemporaryDirectory(prefix="digest-")
        copy = Path(folder.name) / "ledger.sqlite3"
        schema.migrate_copy(engine, copy)
        engine.dispose()
        database = cls(open_engine(parse_url(f"sqlite:///{copy}")), secret)
        database._copy = folder
        return database

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()
        if self._copy:
            self._copy.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def name(self) -> str:
        """The database's URL without its password."""
        return describe_engine(self._engine)

    @contextmanager
    def hold(self, *cadences: Cadence) -> Iterator[Lease]:
        """Hold the leases of these cadences, under which their editions are composed, frozen, sent and closed.

        Yields the lease of the first one.

        Raises:
            LockedError: another run holds one of them (exit 75).
        """
        with hold_leases(self._engine, *map(lease_name, cadences)) as leases:
            yield next(lease for lease in leases if lease.name == lease_name(cadences[0]))


def lease_name(cadence: Cadence) -> str:
    """Return the name of the lease of a cadence's editions."""
    return f"send {cadence}"
