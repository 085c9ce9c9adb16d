"""What an operator does to a whole ledger: upgrade it, prune it, back it up."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from digest.config import Config
from digest.errors import UsageError
from digest.storage import schema
from digest.storage.database import Database, require_ledger
from digest.storage.engine import open_engine, parse_url
from digest.storage.tables import VERSION


def upgrade_ledger(config: Config) -> str:
    """Migrate a newsroom's ledger to the newest version; return a line that says what was done.

    Raises:
        StorageError: there is no ledger, it cannot be written, or a newer digest wrote it.
        LockedError: a run is using it.
    """
    require_ledger(config)
    engine = open_engine(parse_url(config.database_url))
    try:
        done = schema.prepare(engine)
    finally:
        engine.dispose()
    with Database.open_for(config) as database:
        return done or f"{database.name}: already at version {VERSION}"


def prune_ledger(config: Config, now: datetime) -> list[str]:
    """Reduce the recipients of editions closed more than `[ledger] keep` ago to counts; return the editions' ids.

    Raises:
        StorageError: there is no ledger, or it cannot be written.
        LockedError: a run is sending.
    """
    require_ledger(config)
    with Database.open_for(config) as database, database.hold("daily", "weekly"):
        before = now - config.ledger.keep
        return [*database.editions.prune("daily", before), *database.editions.prune("weekly", before)]


def back_up_ledger(config: Config, file: Path) -> None:
    """Copy a newsroom's SQLite ledger to a new file that only its owner can read, also during a send.

    Raises:
        UsageError: the ledger is in PostgreSQL, or there is such a file already.
        StorageError: there is no ledger, or the file cannot be written.
    """
    url = parse_url(config.database_url)
    if url.get_backend_name() != "sqlite":
        raise UsageError(
            "`digest ledger backup` copies SQLite files, and this ledger is in PostgreSQL",
            hint='back it up with `pg_dump --format=custom --file=FILE "$DIGEST_DATABASE_URL"`',
        )
    if file.exists():
        raise UsageError("exists already", location=str(file), hint="name a new file")
    require_ledger(config)
    engine = open_engine(url)
    try:
        schema.copy_sqlite(engine, file)
    finally:
        engine.dispose()
