"""Creates the ledger's tables and checks which version they have."""

from __future__ import annotations

from sqlalchemy import Engine, insert, inspect, select

from digest.errors import StorageError
from digest.storage.engine import describe_engine, transaction
from digest.storage.tables import VERSION, ledger_version, metadata


def read_version(engine: Engine) -> int | None:
    """Return the version of the tables, None if there are none, or not all of them yet."""
    with transaction(engine) as connection:
        if not inspect(connection).has_table(ledger_version.name):
            return None
        return connection.scalar(select(ledger_version.c.version))


def create_tables(engine: Engine) -> None:
    """Create the tables that do not exist yet. Only the holder of the run lock may call this."""
    with transaction(engine) as connection:
        metadata.create_all(connection)
        # The version comes last: SQLite shows each table to others as it is made, and a run may die between two.
        if connection.scalar(select(ledger_version.c.version)) is None:
            connection.execute(insert(ledger_version).values(version=VERSION))


def check_version(engine: Engine) -> None:
    """Raise StorageError if the tables have another version than this code reads."""
    version = read_version(engine)
    if version != VERSION:
        raise StorageError(
            f"this ledger has version {version}, and this digest reads version {VERSION}",
            location=describe_engine(engine),
            hint="use the digest that wrote it, or move it away and start a new one",
        )
