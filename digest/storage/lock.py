"""The schema lock: one process at a time creates or migrates the tables. It dies with its process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic, sleep

from sqlalchemy import Engine, text

from digest.errors import LockedError, StorageError
from digest.storage.engine import is_in_memory, reading

_ADVISORY_KEY = 0x646967657374  # "digest": PostgreSQL's advisory locks are numbers, one set of them per database
_PATIENCE = 10.0
"""Seconds to wait for another process that is creating the tables, which takes moments."""


@contextmanager
def schema_lock(engine: Engine) -> Iterator[None]:
    """Hold the lock that version 1 held for a whole run, so that no such run is active either.

    Raises:
        LockedError: another process has held it for too long (exit 75).
        StorageError: the lock file cannot be created.
    """
    if is_in_memory(engine):
        yield  # one user
    elif engine.dialect.name == "sqlite":
        # One lock, even if several links lead to the file.
        with _file_lock(f"{os.path.realpath(str(engine.url.database))}.lock"):
            yield
    else:
        with _advisory_lock(engine):
            yield


def _refused() -> LockedError:
    return LockedError("another digest run is using this ledger", hint="run the command again when it is done")


@contextmanager
def _file_lock(path: str) -> Iterator[None]:
    # The operating system drops the lock when the process dies, however it dies: no stale lock can block a cron.
    from filelock import FileLock, Timeout

    lock = FileLock(path, timeout=_PATIENCE, mode=0o600)
    try:
        lock.acquire()
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
    # A transaction's lock (PostgreSQL 13.3.5) works behind a pooler that shares connections between transactions; it
    # excludes the session lock with the same key that runs of version 1 hold.
    ends = monotonic() + _PATIENCE
    with reading(engine) as connection:
        # The migration, in a connection of its own, may take longer than the server lets this one wait.
        connection.execute(text("set local idle_in_transaction_session_timeout = 0"))
        while not connection.scalar(text("select pg_try_advisory_xact_lock(:key)"), {"key": _ADVISORY_KEY}):
            if monotonic() > ends:
                raise _refused()
            sleep(0.1)
        yield
