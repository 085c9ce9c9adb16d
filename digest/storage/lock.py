"""The run lock: one run at a time, by a file beside an SQLite ledger or by PostgreSQL; it dies with its process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from digest.errors import LockedError, StorageError

_ADVISORY_KEY = 0x646967657374  # "digest": PostgreSQL's advisory locks are numbers, one set of them per database


@contextmanager
def run_lock(engine: Engine) -> Iterator[None]:
    """Hold the ledger's lock for a whole run. Never waits for it.

    Raises:
        LockedError: another run holds it (exit 75).
        StorageError: the lock file cannot be created.
    """
    database = engine.url.database
    if engine.dialect.name == "sqlite" and database and database != ":memory:":
        with _file_lock(f"{os.path.realpath(database)}.lock"):  # one lock, even if several links lead to the file
            yield
    elif engine.dialect.name == "postgresql":
        with _advisory_lock(engine):
            yield
    else:
        yield  # a ledger in memory has one user


def _refused() -> LockedError:
    return LockedError(
        "another digest run is using this ledger", hint="let it finish; `digest status` shows how far it is"
    )


@contextmanager
def _file_lock(path: str) -> Iterator[None]:
    # The operating system drops the lock when the process dies, however it dies: no stale lock can block a cron.
    from filelock import FileLock, Timeout

    lock = FileLock(path)
    try:
        lock.acquire(blocking=False)
    except Timeout:
        raise _refused() from None
    except OSError as error:
        raise StorageError(f"the lock file cannot be created: {error.strerror}", location=path) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _advisory_lock(engine: Engine) -> Iterator[None]:
    # A session lock (PostgreSQL 13.3.5): released when this connection ends, so it stays open for the whole run.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if not connection.scalar(text("select pg_try_advisory_lock(:key)"), {"key": _ADVISORY_KEY}):
            raise _refused()
        try:
            yield
        finally:
            with suppress(DBAPIError):  # a lost connection has released it
                connection.execute(text("select pg_advisory_unlock(:key)"), {"key": _ADVISORY_KEY})
