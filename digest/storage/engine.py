"""The connection to SQLite or PostgreSQL, and its failures in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import import_module
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.pool import StaticPool

from digest.core.text import one_line
from digest.errors import StorageError

T = TypeVar("T")

_CHUNK = 500
"""Rows in one statement: below every database's limit on parameters."""


def parse_url(url: str) -> URL:
    """A database URL, PostgreSQL's with its driver. Raises StorageError for what is none, or of another database."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StorageError(
            "DIGEST_DATABASE_URL is no database URL", hint="write it as postgresql://user@host/database"
        ) from None
    if parsed.drivername in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() not in ("postgresql", "sqlite"):
        raise StorageError(
            f"DIGEST_DATABASE_URL names {parsed.get_backend_name()}, and the ledger is kept in SQLite or PostgreSQL",
            hint="write it as postgresql://user@host/database, or leave it unset for a file of its own",
        )
    return parsed


def open_engine(url: URL) -> Engine:
    """An engine for the URL; nothing is connected yet. Raises StorageError where there is no driver."""
    try:
        if url.get_backend_name() == "sqlite":
            # One in memory is its one connection, whichever thread asks; a file gets a connection for each thread.
            in_memory = {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
            engine = create_engine(url, **({} if url.database else in_memory))
            event.listen(engine, "connect", _set_up_sqlite)
            return engine
        return create_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise StorageError(
            f"no driver for {url.drivername}: {error}",
            hint="install it with `pip install 'news-digest[postgres]'`",
        ) from None


def _set_up_sqlite(connection: Any, _: object) -> None:
    # The timeout comes first: whatever follows may find the file locked. FULL puts each commit on the disk before the
    # mail goes out.
    for pragma in ("busy_timeout=10000", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def enable_wal(engine: Engine) -> None:
    """Switch an SQLite file to write-ahead logging for good, so that `digest status` can read during a send.

    Only the holder of the run lock may call this: of two connections that switch a file at once, SQLite fails one with
    "database is locked" without waiting for the timeout.
    """
    if engine.dialect.name == "sqlite":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """A transaction; what the database says against it is raised as StorageError."""
    try:
        with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        what = one_line(str(error.orig))
        raise StorageError(f"the ledger fails: {what}", location=name_of(engine), hint=_remedy(what)) from error


def name_of(engine: Engine) -> str:
    """Where the database is, without a password."""
    return engine.url.render_as_string(hide_password=True)


def _remedy(what: str) -> str:
    remedies = {
        "readonly": "make the file and its folder writable for this user",
        "unable to open": "make its folder writable for this user",
        "locked": "another run is writing; run the same command again in a minute",
        "disk is full": "make room on the disk, then run the same command again",
        "not a database": "move the file away or name the right one",
        "connection": "check DIGEST_DATABASE_URL and that the server is up",
    }
    return next((remedy for sign, remedy in remedies.items() if sign in what.lower()), "")


def insert_or(connection: Connection, table: Table) -> Any:
    """The dialect's own insert, which knows `on conflict`."""
    # The module of the dialect in use is loaded already.
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def chunks(items: Iterable[T]) -> Iterator[list[T]]:
    """Items in lists that fit in one statement."""
    iterator = iter(items)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk


def to_text(moment: datetime) -> str:
    """A moment as the tables hold it: sorted as text, it is sorted in time."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def to_moment(text: str) -> datetime:
    """A moment as the tables hold it, aware."""
    return datetime.fromisoformat(text)
