"""Moves a ledger to another database: copies it row by row, compares the two, and closes the original."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, delete, insert, select, text

from digest.config import Config
from digest.errors import StorageError, UsageError
from digest.storage.database import Database, require_ledger
from digest.storage.engine import describe_engine, reading, transaction
from digest.storage.info import get_info, set_info
from digest.storage.leases import Lease, hold_leases
from digest.storage.tables import (
    edition_articles,
    edition_sources,
    editions,
    leases,
    ledger_info,
    ledger_version,
    messages,
    metadata,
    open_claims,
    recipient_blocks,
    recipient_exceptions,
    recipient_groups,
)

_NOT_COPIED = (ledger_version, leases, ledger_info)
_WRITTEN_UNDER_LEASES = (
    messages,
    recipient_groups,
    recipient_blocks,
    open_claims,
    recipient_exceptions,
    edition_articles,
    edition_sources,
)
"""What nobody else changes while the copy holds every lease. Everything else is compared with all writers waiting."""
_ROWS_AT_ONCE = 200


def move_ledger(config: Config, to: str) -> str:
    """Copy a newsroom's ledger to another database, and close the original for good; return where it is now.

    A move that was interrupted is finished by the next call. At every moment at most one of the two can be sent from.

    Raises:
        StorageError: there is no ledger; the target is not empty; one of the two cannot be read or written.
        LockedError: somebody is sending, or moving this ledger.
        UsageError: the target is this ledger.
    """
    require_ledger(config)
    with (
        Database.open(to, setting="--to") as target,
        Database.open_for(config, moving_to=target.name) as source,
        source.hold("daily", "weekly"),
    ):
        copy_ledger(source.engine, target.engine)
        return target.name


def copy_ledger(source: Engine, target: Engine) -> None:
    """Copy every row to an empty database, compare the two, and mark the source as moved.

    The caller holds every lease of the source. A copy that was interrupted begins again; until it is complete, nobody
    can use the target.

    Raises:
        StorageError: the target is not empty, or the copy differs from the source.
        LockedError: another copy to this target is under way.
    """
    with hold_leases(target, "copy") as (lease,):
        if _is_already_moved(source, target):
            return
        with transaction(target) as connection:
            _prepare(connection, source, target, lease)
        _copy_what_is_settled(source, target)
        _copy_the_rest_and_close(source, target)
        with transaction(target) as connection:
            set_info(connection, "copying_from", None)


def _is_already_moved(source: Engine, target: Engine) -> bool:
    with reading(source) as connection:
        moved_to = get_info(connection, "moved_to")
    with reading(target) as connection:
        return moved_to == describe_engine(target) and get_info(connection, "copying_from") is None


def _prepare(connection: Connection, source: Engine, target: Engine, lease: Lease) -> None:
    """Empty a target that an interrupted copy left; refuse one with anything else in it."""
    with reading(source) as rows:  # two names may lead to one database
        if rows.scalar(select(leases.c.holder).where(leases.c.holder == lease.holder)):
            raise UsageError("--to names the ledger itself", location=describe_engine(target))
    is_unfinished = get_info(connection, "copying_from") is not None
    if not is_unfinished and any(connection.execute(select(table).limit(1)).first() for table in _tables()):
        raise StorageError(
            "this database holds a ledger already",
            location=describe_engine(target),
            hint="name an empty database or a new file",
        )
    for table in reversed(_tables()):
        connection.execute(delete(table))
    set_info(connection, "copying_from", describe_engine(source))


def _copy_what_is_settled(source: Engine, target: Engine) -> None:
    """Copy everything, and compare what nobody else changes meanwhile. Other writers do not wait for this."""
    with reading(source) as rows:
        for table in _tables():
            _copy_table(rows, target, table)
        with reading(target) as copied:
            for table in _WRITTEN_UNDER_LEASES:
                if _fingerprint(rows, table) != _fingerprint(copied, table):
                    raise _differs(target, table)


def _copy_the_rest_and_close(source: Engine, target: Engine) -> None:
    """Compare what others may have changed meanwhile, copy it again if they did, and mark the source as moved.

    Every other writer waits for this one transaction, and finds the ledger moved after it.
    """
    others = [table for table in _tables() if table not in _WRITTEN_UNDER_LEASES]
    with transaction(source) as rows:
        _lock_tables(rows, others)
        for table in others:
            if _is_equal(rows, target, table):
                continue
            if table is editions:  # everything else refers to it
                raise _differs(target, table)
            with transaction(target) as connection:
                connection.execute(delete(table))
            _copy_table(rows, target, table)
            if not _is_equal(rows, target, table):
                raise _differs(target, table)
        _copy_info(rows, target)
        set_info(rows, "moved_to", describe_engine(target))


def _copy_info(rows: Connection, target: Engine) -> None:
    of_the_copy = ledger_info.c.key.in_(("moved_to", "copying_from"))
    facts = [dict(row) for row in rows.execute(select(ledger_info).where(~of_the_copy)).mappings()]
    with transaction(target) as connection:
        connection.execute(delete(ledger_info).where(~of_the_copy))
        if facts:
            connection.execute(insert(ledger_info), facts)


def _lock_tables(connection: Connection, tables: Sequence[Table]) -> None:
    """Make other writers of these tables wait; on SQLite, a transaction that writes does so anyway."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in tables)
        connection.execute(text(f"lock table {names} in share mode"))


def _differs(target: Engine, table: Table) -> StorageError:
    return StorageError(
        f"the copy of `{table.name}` differs from the original",
        location=describe_engine(target),
        hint="run the command again; the original is unchanged",
    )


def _tables() -> list[Table]:
    """Return the tables to copy, each after those it refers to."""
    return [table for table in metadata.sorted_tables if table not in _NOT_COPIED]


def _copy_table(rows: Connection, target: Engine, table: Table) -> None:
    for chunk in _chunks(_stream(rows, table)):
        with transaction(target) as connection:
            connection.execute(insert(table), [dict(row) for row in chunk])


def _is_equal(rows: Connection, target: Engine, table: Table) -> bool:
    with reading(target) as copied:
        return _fingerprint(rows, table) == _fingerprint(copied, table)


def _fingerprint(connection: Connection, table: Table) -> tuple[int, str]:
    """Return the number of rows and a hash of them all, in the order of the primary key."""
    total = sha256()
    count = 0
    for row in _stream(connection, table):
        total.update(msgspec.msgpack.encode(tuple(row.values())))
        count += 1
    return count, total.hexdigest()


def _stream(connection: Connection, table: Table) -> Iterator[Any]:
    # Databases sort text by rules of their own: by its bytes it is in the same order everywhere.
    query = select(table).order_by(*(_in_byte_order(connection, column) for column in table.primary_key))
    return iter(connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)).mappings())


def _in_byte_order(connection: Connection, column: Any) -> Any:
    if connection.dialect.name == "postgresql" and column.type.python_type is str:
        return column.collate("C")
    return column


def _chunks(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        yield chunk
