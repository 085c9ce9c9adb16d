"""The connection to SQLite or PostgreSQL, its transactions, and its errors explained."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from pathlib import Path
from time import monotonic, sleep
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import StaticPool

from digest.core.text import one_line
from digest.errors import StorageError

T = TypeVar("T")

RECONNECT_PATIENCE = 120.0
"""Seconds that a send waits for a database that restarts."""

logger = logging.getLogger(__name__)

_PASSING = ("08", "25P03", "40", "53", "55P03", "57")
"""How PostgreSQL's codes of errors begin that may not occur again (Appendix A): the connection failed, the session or
transaction was idle for too long or ended for the sake of another, resources or a lock were not free, an operator or
the server ended it."""
_CHUNK = 500
"""Rows in one statement: below every database's limit on parameters."""


def parse_url(url: str, setting: str = "DIGEST_DATABASE_URL") -> URL:
    """Parse a database URL; PostgreSQL's gets its driver. `setting` is where it was written, for messages.

    Raises:
        StorageError: it is not valid or not supported.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a port that is not a number; the message may contain the password
        raise StorageError(
            f"{setting} is not a valid database URL",
            hint="write it as postgresql://user@host/database or sqlite:///file; "
            "write characters such as @, : and / in a password as %40, %3A and %2F",
        ) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database not in (None, "", ":memory:"):
        return parsed.set(database=str(Path(parsed.database).absolute()))
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("postgresql", "sqlite"):
        raise StorageError(
            f"{setting} names {parsed.get_backend_name()}, but the ledger needs SQLite or PostgreSQL",
            hint="write it as postgresql://user@host/database or sqlite:///file",
        )
    return parsed


def open_engine(url: URL) -> Engine:
    """Return an engine for the URL, not connected yet. Raises StorageError if its driver is not installed."""
    try:
        if url.get_backend_name() == "sqlite":
            # A database in memory is its one connection, shared by all threads; a file gets a connection per thread.
            in_memory = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
            engine = create_engine(url, **({} if url.database else in_memory))
            event.listen(engine, "connect", _set_up_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        # A connection that a restart or `idle_session_timeout` ended is found out before it is used.
        return create_engine(url, pool_pre_ping=True, connect_args={"prepare_threshold": None})
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StorageError(
            f"no driver for {url.drivername}: {error}",
            hint="install it with `pip install 'news-digest[postgres]'`",
        ) from None


def is_in_memory(engine: Engine) -> bool:
    """Return whether the database is an SQLite database in memory."""
    return engine.dialect.name == "sqlite" and engine.url.database in (None, "", ":memory:")


def _begin_sqlite(connection: Connection) -> None:
    # Python's sqlite3 would begin a transaction only before the first change, and not before statements that create
    # tables. A writer begins as one: one that begins by reading fails at once, without waiting, if another has written.
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN")


def _set_up_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # transactions begin where this module begins them
    # The timeout comes first: whatever follows may find the file locked. FULL puts each commit on the disk before the
    # mail goes out.
    for pragma in ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def enable_wal(engine: Engine) -> None:
    """Switch an SQLite file to write-ahead logging for good, so that `digest status` can read during a send.

    Only the holder of the schema lock may call this: of two connections that switch a file at once, SQLite fails one
    with "database is locked" without waiting for the timeout.
    """
    if engine.dialect.name == "sqlite":
        with autocommit(engine) as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """Run a transaction that writes; an error of the database is raised as StorageError."""
    with _reported(engine), engine.execution_options(writes=True).begin() as connection:
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Run a transaction that only reads, which waits for no writer; an error is raised as StorageError.

    All its statements see the ledger at one moment, whatever a run commits meanwhile.
    """
    with _reported(engine), _for_reading(engine).begin() as connection:
        yield connection


def _for_reading(engine: Engine) -> Engine:
    # SQLite's transactions see one moment anyway; in PostgreSQL each statement sees a later one by default.
    snapshot = {"isolation_level": "REPEATABLE READ"}
    return engine.execution_options(**snapshot) if engine.dialect.name == "postgresql" else engine


@contextmanager
def autocommit(engine: Engine) -> Iterator[Connection]:
    """Open a connection for statements that cannot be in a transaction; an error is raised as StorageError."""
    with _reported(engine), engine.connect() as connection:
        yield connection.execution_options(isolation_level="AUTOCOMMIT")


def retry_transaction(engine: Engine, work: Callable[..., T]) -> T:
    """Run a transaction again for up to `RECONNECT_PATIENCE` seconds if the database is lost or busy.

    `work(connection, again=...)` is called with `again` set if the last attempt may have been committed.
    """
    return _retry(engine, engine.execution_options(writes=True), work)


def retry_reading(engine: Engine, work: Callable[[Connection], T]) -> T:
    """Run a transaction that only reads as `retry_transaction` does, for what a send looks up on its way."""
    return _retry(engine, _for_reading(engine), lambda connection, **_: work(connection))


def _retry(engine: Engine, beginning: Engine, work: Callable[..., T]) -> T:
    ends = monotonic() + RECONNECT_PATIENCE
    pause = 0.1
    again = False
    while True:
        try:
            with beginning.begin() as connection:
                return work(connection, again=again)
        except DBAPIError as error:
            if not _may_pass(error) or monotonic() + pause > ends:
                raise _explained(engine, error) from error
            # A pooler may leave a connection in a state that its driver does not notice.
            engine.dispose()
            logger.warning("the ledger is not available, retrying: %s", one_line(str(error.orig)))
        again = True
        sleep(pause)
        pause = min(2 * pause, 2.0)


def _may_pass(error: DBAPIError) -> bool:
    """Return whether the database went away or is busy, rather than objecting to a statement."""
    if error.connection_invalidated:
        return True
    if code := getattr(error.orig, "sqlstate", None):
        return str(code).startswith(_PASSING)
    # No code: not PostgreSQL's server, but its driver, about the connection; or SQLite.
    is_sqlite = isinstance(error.orig, sqlite3.Error)
    return isinstance(error, OperationalError) and (not is_sqlite or "locked" in str(error.orig))


@contextmanager
def _reported(engine: Engine) -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _explained(engine, error) from error


def _explained(engine: Engine, error: DBAPIError) -> StorageError:
    message, hint = one_line(str(error.orig)), ""
    if engine.dialect.name == "sqlite" and engine.url.database and Path(engine.url.database).is_dir():
        message, hint = "it is a folder", "the ledger is a file: name it in DIGEST_DATABASE_URL, or rename the folder"
    hint = hint or next((hint for words, hint in _HINTS.items() if words in message.lower()), "")
    return StorageError(f"the ledger failed: {message}", location=describe_engine(engine), hint=hint)


def describe_engine(engine: Engine) -> str:
    """Return the database's URL without its password, as DIGEST_DATABASE_URL takes it."""
    url = engine.url
    if url.get_backend_name() == "postgresql":
        # libpq takes parameters in the URL as well (PostgreSQL 34.1.2), among them passwords.
        hidden = {name: "hidden" for name in url.query if "password" in name}
        url = url.set(drivername="postgresql").update_query_dict(hidden)
    return url.render_as_string(hide_password=True)


_HINTS = {
    "readonly": "make the file and its folder writable for this user",
    "unable to open": "check that its folder exists, and that this user may read and write the file and the folder",
    "locked": "another run is writing; run the command again in a minute",
    "disk is full": "free some space, then run the command again; nothing is lost",
    "disk i/o": "check the disk and its free space, then run the command again",
    "not a database": "restore the ledger from a backup, or name the right file in DIGEST_DATABASE_URL",
    "malformed": "the file is damaged: restore the ledger from a backup",
    "connection": "check DIGEST_DATABASE_URL or --to, and that the server is up",
}
"""What to do about a database's errors, by words in them. No hint may advise giving a ledger up."""


def dialect_insert(connection: Connection, table: Table) -> Any:
    """Return the insert of this dialect, which supports `on conflict`."""
    # The module of the dialect in use has been loaded already.
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def batched(items: Iterable[T], size: int = _CHUNK) -> Iterator[list[T]]:
    """Yield the items in lists of this size; by default, lists that fit in one statement."""
    iterator = iter(items)
    while chunk := list(islice(iterator, size)):
        yield chunk


def to_text(moment: datetime) -> str:
    """Return a time as the tables hold it: its order as text is its order in time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def to_moment(text: str) -> datetime:
    """Return the aware time that the tables hold as text."""
    return datetime.fromisoformat(text)
