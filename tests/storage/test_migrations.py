"""A ledger that digest 0.1.0 wrote continues where it stopped, on both databases."""

import logging
import multiprocessing
import os
import signal
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import inspect

from digest.errors import LockedError, StorageError
from digest.models import Outcome, Receipt, Recipient
from digest.storage import Database
from digest.storage.engine import open_engine, parse_url
from digest.storage.pseudonyms import make_pseudonym
from digest.storage.schema import prepare
from digest.storage.tables import VERSION, metadata
from tests.storage.version_1 import FILE, KEY, write_version_1

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
OPEN = "2026-11-22-daily"


def make_recipient(email: str, _: str) -> Recipient:
    raise AssertionError(f"{email} was frozen with a Message-ID and links of its own")


def test_nothing_in_a_version_1_ledger_is_lost(ledger_url: str) -> None:
    write_version_1(ledger_url)
    with Database.open(ledger_url, KEY) as database:
        assert [(item.id, item.state, item.stories, dict(item.counts)) for item in database.editions.list_latest()] == [
            (OPEN, "frozen", 2, {"accepted": 5, "suppressed": 1, "sending": 1, "deferred": 1, "pending": 6}),
            ("2026-11-21-weekly", "sent", 2, {"accepted": 1}),
            ("2026-11-21-daily", "sent", 2, {"accepted": 14, "in_doubt": 1}),
            ("2026-11-20-daily", "sent", 2, {"accepted": 14, "refused": 1}),
        ]
        states = {row.email: (row.state, row.detail) for row in database.recipients.stream("2026-11-20-daily")}
        assert states["reader1@example.com"] == ("refused", "550 5.1.1 no such user")
        assert states["ada@example.com"][0] == "accepted"
        assert states[make_pseudonym("reader12@example.com", KEY)] == ("accepted", "erased")
        assert set(database.suppressions.find(["reader3@example.com", "reader12@example.com"])) == {
            "reader3@example.com",
            "reader12@example.com",
        }
        assert database.sent_editions.find_last_window_end("daily") == datetime(2026, 11, 22, 7, tzinfo=UTC)
        assert set(database.sources.get_states()) == {"feed"}


def test_an_open_edition_continues_with_the_bytes_that_were_frozen(ledger_url: str) -> None:
    write_version_1(ledger_url)
    with closing(sqlite3.connect(FILE)) as original:
        frozen = dict(original.execute("select email, message_id from recipients where edition = ?", [OPEN]))
    with Database.open(ledger_url, KEY) as database, database.hold("daily"):
        assert database.recipients.recover(OPEN, NOW) == 1  # left in flight by version 1
        queue = database.recipients.open_claim_queue(OPEN, make_recipient)
        sent: list[Recipient] = []
        while claims := queue.record_and_claim((), (), batches=1, batch_size=3, limit=99, now=NOW):
            batch = claims[0].recipients
            assert database.editions.get_message(OPEN, claims[0].segment).subject
            receipts = [Receipt(recipient, Outcome.ACCEPTED) for recipient in batch]
            queue.record_and_claim(receipts, (), batches=0, batch_size=1, limit=1, now=NOW)
            sent += batch
        assert {item.email: item.message_id for item in sent} == {item.email: frozen[item.email] for item in sent}
        assert len(sent) == 7
        assert all(item.values["unsubscribe_url"].startswith("https://www.example.com/leave?t=") for item in sent)
        assert database.editions.close(OPEN, NOW) == "sent"
        assert {row.email for row in database.recipients.stream(OPEN) if row.state == "in_doubt"} == {
            "kenji@example.org"
        }


def test_a_migrated_ledger_has_the_tables_of_a_new_one(ledger_url: str, tmp_path: Path) -> None:
    write_version_1(ledger_url)
    Database.open(ledger_url, KEY).close()
    engine = open_engine(parse_url(ledger_url))
    found = inspect(engine)
    for table in metadata.sorted_tables:
        columns = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert columns == {column.name: bool(column.nullable) for column in table.columns}, table.name
        keys = found.get_pk_constraint(table.name)["constrained_columns"]
        assert keys == [column.name for column in table.primary_key], table.name
    assert set(found.get_table_names()) == {*metadata.tables, "alembic_version"}
    engine.dispose()


def test_the_migration_is_reported_and_the_old_file_kept(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    write_version_1(url)
    with caplog.at_level(logging.WARNING, logger="digest"):
        Database.open(url, KEY).close()
        Database.open(url, KEY).close()
    (line,) = [record.getMessage() for record in caplog.records]
    backup = tmp_path / "ledger.sqlite3.v1.bak"
    assert f"migrated from version 1 to {VERSION}" in line
    assert str(backup) in line
    assert backup.stat().st_mode & 0o777 == 0o600
    with closing(sqlite3.connect(backup)) as old:
        assert old.execute("select version from digest_ledger").fetchall() == [(1,)]
        assert old.execute("select count(*) from recipients").fetchall() == [(45,)]


def test_reading_a_version_1_file_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    write_version_1(f"sqlite:///{file}")
    before = file.read_bytes()
    with Database.open_to_read(f"sqlite:///{file}", KEY) as database:
        assert len(database.editions.list_latest()) == 4
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.sqlite3"]


def test_a_ledger_of_a_newer_version_is_refused_and_left_alone(ledger_url: str) -> None:
    Database.open(ledger_url).close()
    engine = open_engine(parse_url(ledger_url))
    with engine.begin() as connection:
        connection.exec_driver_sql("update digest_ledger set version = 99")
    engine.dispose()
    for opening in (Database.open, Database.open_to_read):
        with pytest.raises(StorageError, match=r"version 99.*use the digest that wrote it, or a newer one"):
            opening(ledger_url)
    with Database.open_to_read(ledger_url, any_newer=True) as database:
        assert database.suppressions.list_all() == []


def test_a_ledger_that_a_version_1_run_is_using_is_not_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from filelock import FileLock

    monkeypatch.setattr("digest.storage.lock._PATIENCE", 0.1)
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    write_version_1(url)
    with FileLock(tmp_path / "ledger.sqlite3.lock"), pytest.raises(LockedError):
        Database.open(url)
    assert (tmp_path / "ledger.sqlite3").read_bytes() == FILE.read_bytes()


def _migrate(url: str) -> None:
    prepare(open_engine(parse_url(url)))


def test_a_migration_killed_at_any_moment_is_finished_by_the_next_run(ledger_url: str) -> None:
    """The process is killed later and later, until one gets through."""
    write_version_1(ledger_url)
    context = multiprocessing.get_context("spawn")
    for attempt in range(40):
        process = context.Process(target=_migrate, args=(ledger_url,))
        process.start()
        time.sleep(0.4 + attempt * 0.02)
        if process.is_alive():
            assert process.pid
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        if process.exitcode == 0:
            break
    with Database.open(ledger_url, KEY) as database:
        assert sum(sum(item.counts.values()) for item in database.editions.list_latest()) == 45
