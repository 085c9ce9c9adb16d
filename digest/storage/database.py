"""The ledger, opened: one repository for each concern."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep
from typing import Self

from sqlalchemy import Engine

from digest.config import Config
from digest.errors import LockedError, StorageError
from digest.models import Cadence
from digest.storage import schema
from digest.storage.editions import Editions
from digest.storage.engine import describe_engine, open_engine, parse_url
from digest.storage.history import History
from digest.storage.info import LedgerInfo
from digest.storage.leases import Lease, hold_leases
from digest.storage.newsroom_list import NewsroomList
from digest.storage.reader_choices import ReaderChoices
from digest.storage.recipients import Recipients
from digest.storage.sent_editions import SentEditions
from digest.storage.sources import Sources
from digest.storage.subscribers import Subscribers
from digest.storage.suppressions import Suppressions
from digest.storage.tables import VERSION

_LIST_PATIENCE = 60.0
"""Seconds that an import or an erasure waits for another one."""
_POLL = 0.1

logger = logging.getLogger(__name__)


class Database:
    """The ledger in SQLite or PostgreSQL. A context manager that closes it."""

    def __init__(self, engine: Engine, secret: str = "") -> None:
        self._engine = engine
        self._copy: TemporaryDirectory[str] | None = None
        self._leases: dict[str, Lease] = {}
        self.editions = Editions(engine, self._leases)
        self.sent_editions = SentEditions(engine)
        self.recipients = Recipients(engine, secret, self._leases)
        self.suppressions = Suppressions(engine, secret)
        self.subscribers = Subscribers(engine, secret)
        self.newsroom_list = NewsroomList(engine)
        self.reader_choices = ReaderChoices(engine)
        self.sources = Sources(engine)
        self.history = History(engine, secret)
        self.info = LedgerInfo(engine)

    @classmethod
    def open(cls, url: str, secret: str = "", setting: str = "DIGEST_DATABASE_URL") -> Self:
        """Open the ledger to write; create its tables if there are none, and migrate those of an earlier version.

        The secret recognises erased readers. Without it, sending and looking up suppressions fail once there are any.
        `setting` is where the URL was written, for messages.

        Raises:
            StorageError: the database cannot be reached or written, or a newer digest wrote it.
            LockedError: another process is creating or migrating the tables, or using those to be migrated.
        """
        database = cls(open_engine(parse_url(url, setting)), secret)
        with database._closed_on_error():
            if done := schema.prepare(database._engine):
                logger.warning(done)
        return database

    @classmethod
    def open_for(cls, config: Config, *, moving_to: str = "") -> Self:
        """Open the ledger of a newsroom to write; `moving_to` is where it is being moved.

        Raises:
            StorageError: as for `open`; or it belongs to another newsroom, or a database was configured while the
                newsroom's editions are in the file beside digest.toml.
            LockedError: as for `open`.
        """
        database = cls.open(config.database_url, config.secrets.secret_key)
        with database._closed_on_error():  # noqa: SLF001 - a method of this class
            database.info.check_usable(moving_to)
            if config.secrets.database_url:  # a file beside digest.toml is that newsroom's, whatever its name
                database.info.check_owner(config.publication.name, config.publication.url)
                _refuse_forgotten_file(config, database)
        return database

    @classmethod
    def read_for(cls, config: Config, *, any_newer: bool = False) -> Self:
        """Open the ledger of a newsroom for a command that changes nothing; see `open_to_read`."""
        return cls.open_to_read(config.database_url, config.secrets.secret_key, any_newer=any_newer)

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
        database = cls(open_engine(parsed), secret)
        with database._closed_on_error():
            version = schema.read_version(database._engine)
            if version is None:
                database.close()
                return cls.open("sqlite://")
            if version == VERSION or (version > VERSION and any_newer):
                return database
            schema.check_version(database._engine, version)
            return cls._open_migrated_copy(database._engine, secret)

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
    def engine(self) -> Engine:
        """The connections to the database, for other files of this package."""
        return self._engine

    @property
    def name(self) -> str:
        """The database's URL without its password."""
        return describe_engine(self._engine)

    @contextmanager
    def hold(self, *cadences: Cadence) -> Iterator[None]:
        """Hold the leases of these cadences, under which their editions are composed, frozen, sent and closed.

        Raises:
            LockedError: another run holds one of them (exit 75).
        """
        with hold_leases(self._engine, *(f"send {cadence}" for cadence in cadences)) as leases:
            held = {lease.name.removeprefix("send "): lease for lease in leases}
            self._leases.update(held)
            try:
                yield
            finally:
                for cadence in held:
                    del self._leases[cadence]

    @contextmanager
    def hold_subscribers(self) -> Iterator[None]:
        """Hold the lease on the newsroom's list, in the database or not; wait for another import or erasure.

        It is held from planning an import to applying it, and during an erasure, so that neither undoes the other.

        Raises:
            LockedError: another one holds it for too long (exit 75).
        """
        ends = monotonic() + _LIST_PATIENCE
        with ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(hold_leases(self._engine, "subscribers"))
                    break
                except LockedError:
                    if monotonic() > ends:
                        raise LockedError(
                            "another import or erasure is changing the subscribers",
                            hint="run the command again when it is done",
                        ) from None
                sleep(_POLL)
            yield


def require_ledger(config: Config) -> None:
    """Raise StorageError if a newsroom has no ledger yet, or if it cannot be read. Creates nothing."""
    url = parse_url(config.database_url)
    engine = open_engine(url)
    try:
        is_missing = url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()
        if is_missing or schema.read_version(engine) is None:
            raise StorageError(
                "there is no ledger yet", location=describe_engine(engine), hint="the first `digest send` creates it"
            )
    finally:
        engine.dispose()


def _refuse_forgotten_file(config: Config, database: Database) -> None:
    """Refuse an empty database while the newsroom's editions are in the file beside digest.toml."""
    file = config.ledger_file
    if not database.editions.list_latest(limit=1) and file.is_file():
        with Database.open_to_read(f"sqlite:///{file}", config.secrets.secret_key) as beside:
            if beside.editions.list_latest(limit=1) and not beside.info.is_moved():
                raise StorageError(
                    f"this ledger is empty, and {file.name} beside {config.file.name} holds editions",
                    location=database.name,
                    hint="unset DIGEST_DATABASE_URL and move that ledger with `digest ledger copy --to URL`",
                )
