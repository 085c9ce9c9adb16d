"""Why the last run of an edition failed, kept in the ledger for `digest status`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from digest.core.text import describe_error
from digest.errors import StorageError
from digest.storage import Database


@contextmanager
def remember_failure(database: Database, edition: str) -> Iterator[None]:
    """Record the error that ends the work on a frozen edition; work that ends without one clears it."""
    try:
        yield
    except Exception as error:
        with suppress(StorageError):  # the ledger itself may be what failed
            database.editions.set_failure(edition, describe_error(error))
        raise
    database.editions.set_failure(edition, "")
