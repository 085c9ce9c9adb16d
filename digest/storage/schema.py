"""Creates the ledger's tables, and migrates those of earlier versions."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp

from sqlalchemy import Connection, Engine, insert, inspect, select, text, update

from digest.errors import LockedError, StorageError
from digest.storage.engine import (
    autocommit,
    describe_engine,
    enable_wal,
    is_in_memory,
    open_engine,
    parse_url,
    reading,
    transaction,
)
from digest.storage.leases import count_held
from digest.storage.lock import schema_lock
from digest.storage.tables import VERSION, ledger_version, metadata


def read_version(engine: Engine) -> int | None:
    """Return the version of the tables, None if there are none, or not all of them yet.

    Raises:
        StorageError: the database cannot be read, or holds tables that are not a ledger's.
    """
    with reading(engine) as connection:
        if not inspect(connection).has_table(ledger_version.name):
            return None
        return connection.scalar(select(ledger_version.c.version))


def prepare(engine: Engine) -> str:
    """Create the tables, or migrate those of an earlier version; return what was done, empty if nothing.

    Of two processes that do so at once, the second waits for the first.

    Raises:
        StorageError: the database cannot be written, or a newer digest wrote it.
        LockedError: a run is using the ledger that is to be migrated.
    """
    _create_private_file(engine)
    version = read_version(engine)
    if version == VERSION:
        return ""
    with schema_lock(engine):
        version = read_version(engine)  # another process may have been first
        if version is None:
            enable_wal(engine)
            _create_tables(engine)
            return ""
        if version == VERSION:
            return ""
        check_version(engine, version)
        backup = _back_up(engine, version)
        _migrate(engine)
    kept = f"; the ledger as it was is kept as {backup}" if backup else ""
    return f"{describe_engine(engine)}: ledger migrated from version {version} to {VERSION}{kept}"


def check_version(engine: Engine, version: int | None) -> None:
    """Raise StorageError if a newer digest wrote the ledger."""
    if version is None or not 1 <= version <= VERSION:
        newer = version is not None and version > VERSION
        raise StorageError(
            f"this ledger has version {version}, and this digest knows versions 1 to {VERSION}",
            location=describe_engine(engine),
            hint="use the digest that wrote it, or a newer one" if newer else "restore the ledger from a backup",
        )


def migrate_copy(engine: Engine, file: Path) -> None:
    """Write a copy of an SQLite ledger of an earlier version to a file, and migrate that. The ledger stays as it is."""
    copy_sqlite(engine, file)
    copy = open_engine(parse_url(f"sqlite:///{file}"))
    try:
        _migrate(copy)
    finally:
        copy.dispose()


def _create_private_file(engine: Engine) -> None:
    """Create an SQLite file, if there is none, that only its owner can read, and so are those SQLite puts beside it."""
    if engine.dialect.name == "sqlite" and not is_in_memory(engine):
        with suppress(OSError):  # it exists, or SQLite says why it cannot be created
            os.close(os.open(str(engine.url.database), os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _create_tables(engine: Engine) -> None:
    with transaction(engine) as connection:
        metadata.create_all(connection)
        connection.execute(text("create table if not exists alembic_version (version_num varchar(32) primary key)"))
        connection.execute(text("delete from alembic_version"))
        connection.execute(text("insert into alembic_version values (:version)"), {"version": f"{VERSION:04}"})
        connection.execute(insert(ledger_version).values(version=VERSION))


def _migrate(engine: Engine) -> None:
    """Run the migrations in one transaction: a run that is killed leaves the ledger as it was."""
    # Only here: importing Alembic takes longer than most commands.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    if engine.dialect.name == "sqlite":
        enable_wal(engine)
    with transaction(engine) as connection:
        _refuse_during_a_run(connection)
        if not inspect(connection).has_table("alembic_version"):  # version 1 knew nothing of Alembic
            connection.execute(text("create table alembic_version (version_num varchar(32) primary key)"))
            connection.execute(text("insert into alembic_version values ('0001')"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.execute(update(ledger_version).values(version=VERSION))


def _refuse_during_a_run(connection: Connection) -> None:
    if inspect(connection).has_table("leases") and count_held(connection):
        raise LockedError("another digest run is using this ledger", hint="run the command again when it is done")


def _back_up(engine: Engine, version: int) -> Path | None:
    """Copy an SQLite ledger beside itself; return the copy. PostgreSQL has its own tools."""
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    file = Path(engine.url.database)
    backup = file.with_name(f"{file.name}.v{version}.bak")
    copy_sqlite(engine, backup)
    return backup


def copy_sqlite(engine: Engine, file: Path) -> None:
    """Copy an SQLite database to a file that only its owner can read, also during a send, and put it in place whole.

    Raises:
        StorageError: the file cannot be written, or the database cannot be read.
    """
    try:
        handle, name = mkstemp(prefix=f".{file.name}.", dir=file.parent)  # with mode 0600
    except OSError as error:
        raise _cannot_write(file, error) from None
    os.close(handle)
    part = Path(name)
    try:
        with autocommit(engine) as connection:
            connection.execute(text("vacuum into :file"), {"file": str(part)})
        with part.open("rb") as written:
            os.fsync(written.fileno())
        part.replace(file)
    except StorageError as error:
        if "full" in error.message:  # the disk that the copy is on
            raise StorageError(f"the copy of {error.message}", location=str(file), hint=error.hint) from None
        raise
    except OSError as error:
        raise _cannot_write(file, error) from None
    finally:
        part.unlink(missing_ok=True)


def _cannot_write(file: Path, error: OSError) -> StorageError:
    return StorageError(
        f"cannot be written: {error.strerror}",
        location=str(file),
        hint="check that its folder exists and that this user may write to it",
    )
