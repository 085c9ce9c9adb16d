"""Transactions: what they see, and how they outlive a database that goes away for a moment."""

import sqlite3

import psycopg
import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import OperationalError

from digest.errors import StorageError
from digest.storage import Database
from digest.storage.engine import open_engine, parse_url, reading, retry_reading, transaction
from digest.storage.tables import ledger_info


def test_all_statements_of_a_reader_see_the_same_moment(ledger_url: str) -> None:
    """Counts come from several tables: read at several moments, they would report more people than there are."""
    Database.open(ledger_url).close()
    engine = open_engine(parse_url(ledger_url))
    keys = select(ledger_info.c.key)
    with reading(engine) as reader:
        before = list(reader.scalars(keys))
        with transaction(engine) as writer:
            writer.execute(insert(ledger_info).values(key="new", value=""))
        assert list(reader.scalars(keys)) == before
    with reading(engine) as reader:
        assert list(reader.scalars(keys)) == [*before, "new"]
    engine.dispose()


@pytest.mark.parametrize(
    "fault",
    [
        psycopg.OperationalError("connection refused"),
        psycopg.OperationalError("sending query failed: cannot exit pipeline mode while busy"),  # behind PgBouncer
        psycopg.errors.DeadlockDetected("deadlock detected"),
        sqlite3.OperationalError("database is locked"),
    ],
)
def test_what_a_send_looks_up_is_looked_up_again_once_the_database_is_back(fault: Exception) -> None:
    engine = open_engine(parse_url("sqlite://"))
    attempts = 0

    def look_up(connection: Connection) -> int | None:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise OperationalError("select 1", {}, fault)
        return connection.scalar(select(1))

    assert retry_reading(engine, look_up) == 1


@pytest.mark.parametrize("fault", [psycopg.errors.UndefinedTable("no such"), sqlite3.OperationalError("no such")])
def test_a_statement_that_is_wrong_is_not_repeated(fault: Exception) -> None:
    def look_up(_: Connection) -> None:
        raise OperationalError("select", {}, fault)

    with pytest.raises(StorageError, match="no such"):
        retry_reading(open_engine(parse_url("sqlite://")), look_up)
