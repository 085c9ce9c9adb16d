"""Opening a ledger: a new one, a broken one, and none."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digest.errors import LockedError, StorageError
from digest.storage import Database
from tests.storage.editions import freeze


def test_reading_without_a_ledger_creates_none(ledger_url: str, tmp_path: Path) -> None:
    with Database.open_to_read(ledger_url) as database:
        assert database.editions.list_latest() == []
    assert list(tmp_path.iterdir()) == []
    with Database.open_to_read(ledger_url) as database, database.hold("daily"):
        assert database.name.startswith("sqlite://")


def test_nobody_else_on_the_machine_can_read_the_ledger(tmp_path: Path) -> None:
    with Database.open(f"sqlite:///{tmp_path / 'ledger.sqlite3'}") as database:
        freeze(database)
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
        assert modes == dict.fromkeys(modes, 0o600)
        assert "ledger.sqlite3-wal" in modes


def test_reading_sees_what_a_run_wrote(database: Database, ledger_url: str) -> None:
    frozen = freeze(database)
    with Database.open_to_read(ledger_url) as reader:
        assert [record.id for record in reader.editions.list_latest("daily")] == [frozen]
        assert reader.editions.get("2020-01-01-daily") is None


def test_a_ledger_of_another_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    Database.open(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("update digest_ledger set version = 99")
    for opening in (Database.open, Database.open_to_read):
        with pytest.raises(StorageError, match="version 99"):
            opening(f"sqlite:///{file}")


def test_a_file_that_is_not_a_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    file.write_text("not a database, not at all" * 100)
    with pytest.raises(StorageError, match="restore the ledger from a backup, or name the right file"):
        Database.open(f"sqlite:///{file}")


def test_an_unreachable_server_is_named_without_its_password() -> None:
    with pytest.raises(StorageError, match="DIGEST_DATABASE_URL") as caught:
        Database.open("postgresql://digest:hush@127.0.0.1:1/digest")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "oracle9i://x/y", "mysql://root@localhost/digest"])
def test_a_url_that_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(StorageError):
        Database.open(url)


def test_an_incomplete_ledger_is_completed(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    Database.open(f"sqlite:///{file}").close()
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("delete from digest_ledger")
        connection.execute("drop table suppressions")
    with Database.open_to_read(f"sqlite:///{file}") as reader:
        assert reader.name == "sqlite://"
    with Database.open(f"sqlite:///{file}") as database:
        freeze(database)
        assert database.suppressions.list_all() == []


def test_an_import_waits_for_another_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.storage.database._LIST_PATIENCE", 0.2)
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    with Database.open(url) as one, Database.open(url) as other:
        with (
            one.hold_subscribers(),
            one.hold("daily"),
            pytest.raises(LockedError, match="another import or erasure"),
            other.hold_subscribers(),
        ):
            pass
        with other.hold_subscribers(), one.hold("daily"):
            pass
