"""A ledger copied to another database, row by row, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, delete, func, insert, select

from digest.errors import StorageError
from digest.storage.engine import describe_engine, reading, transaction
from digest.storage.info import get_info, set_info
from digest.storage.tables import editions, leases, ledger_info, ledger_version, metadata

_NOT_COPIED = (ledger_version, leases, ledger_info)
_ROWS_AT_ONCE = 200


def copy_ledger(source: Engine, target: Engine) -> dict[str, int]:
    """Copy every row to a database that holds no edition yet, and compare the two; return the rows by table.

    Nobody may be using the source. A copy that is interrupted is begun again; until it is complete, nobody can send
    from the target.

    Raises:
        StorageError: the target has editions already, or the copy differs from the source.
    """
    with transaction(target) as connection:
        _prepare(connection, target, describe_engine(source))
    counts = {}
    with reading(source) as rows:
        for table in _tables():
            counts[table.name] = _copy_table(rows, target, table)
        with reading(target) as copied:
            for table in _tables():
                if _fingerprint(rows, table) != _fingerprint(copied, table):
                    raise StorageError(
                        f"the copy of `{table.name}` differs from the original",
                        location=describe_engine(target),
                        hint="run the command again; the original is unchanged",
                    )
        owner = get_info(rows, "newsroom")
    with transaction(target) as connection:
        set_info(connection, "newsroom", owner)
        set_info(connection, "copying_from", None)
    return counts


def _prepare(connection: Connection, target: Engine, source: str) -> None:
    is_unfinished = get_info(connection, "copying_from") is not None
    if not is_unfinished and connection.scalar(select(func.count()).select_from(editions)):
        raise StorageError(
            "this ledger holds editions already",
            location=describe_engine(target),
            hint="copy to an empty database",
        )
    for table in reversed(_tables()):
        connection.execute(delete(table))
    set_info(connection, "copying_from", source)


def _tables() -> list[Table]:
    """The tables to copy, each after those it refers to."""
    return [table for table in metadata.sorted_tables if table not in _NOT_COPIED]


def _copy_table(rows: Connection, target: Engine, table: Table) -> int:
    count = 0
    for chunk in _chunks(_stream(rows, table)):
        with transaction(target) as connection:
            connection.execute(insert(table), [dict(row._mapping) for row in chunk])  # noqa: SLF001 - SQLAlchemy's own
        count += len(chunk)
    return count


def _fingerprint(connection: Connection, table: Table) -> tuple[int, str]:
    """The number of rows and a hash of them all, in the order of the primary key."""
    total = sha256()
    count = 0
    for row in _stream(connection, table):
        total.update(msgspec.msgpack.encode(tuple(row)))
        count += 1
    return count, total.hexdigest()


def _stream(connection: Connection, table: Table) -> Iterator[Any]:
    # Databases sort text by rules of their own: by its bytes it is in the same order everywhere.
    query = select(table).order_by(*(_in_byte_order(connection, column) for column in table.primary_key))
    return iter(connection.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)))


def _in_byte_order(connection: Connection, column: Any) -> Any:
    if connection.dialect.name == "postgresql" and isinstance(column.type.python_type(), str):
        return column.collate("C")
    return column


def _chunks(rows: Iterator[Any]) -> Iterator[list[Any]]:
    while chunk := list(islice(rows, _ROWS_AT_ONCE)):
        yield chunk
