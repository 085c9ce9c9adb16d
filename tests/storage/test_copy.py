"""A ledger is moved whole, to the other database and back, and at no moment can both be sent from."""

import multiprocessing
import os
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select

from digest.config import Config
from digest.errors import LockedError, StorageError, UsageError
from digest.storage import Consent, Database, copy, move_ledger
from digest.storage.engine import open_engine, parse_url, reading, transaction
from digest.storage.info import set_info
from digest.storage.tables import leases, ledger_version, metadata
from tests.newsroom_folder import NOW, NewsroomFolder
from tests.storage.editions import freeze
from tests.storage.version_1 import KEY, write_version_1

ADA = "ada@example.com"


def config_of(newsroom: NewsroomFolder, url: str) -> Config:
    """The newsroom, with its ledger at a URL."""
    config = newsroom.run()[0].config
    return replace(config, secrets=replace(config.secrets, secret_key=KEY, database_url=url))


def read_all(url: str) -> dict[str, set[tuple[Any, ...]]]:
    """Every row that a move takes along, by table."""
    engine = open_engine(parse_url(url))
    with reading(engine) as connection:
        found = {
            table.name: {tuple(map(repr, row)) for row in connection.execute(select(table))}
            for table in metadata.sorted_tables
            if table not in (leases, ledger_version)
        }
    engine.dispose()
    found["ledger_info"] = {row for row in found["ledger_info"] if row[0] not in ("'moved_to'", "'newsroom'")}
    return found


@pytest.fixture
def urls(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[str, str]:
    """An SQLite file and a PostgreSQL database, both empty."""
    return f"sqlite:///{tmp_path / 'copied.sqlite3'}", request.getfixturevalue("postgres_url")


@pytest.fixture
def moving(newsroom: NewsroomFolder, tmp_path: Path) -> tuple[Config, str]:
    """A newsroom whose ledger digest 0.1.0 began, and the URL of an SQLite file to move it to."""
    source = f"sqlite:///{tmp_path / 'source.sqlite3'}"
    write_version_1(source)
    Database.open(source, KEY).close()
    return config_of(newsroom, source), f"sqlite:///{tmp_path / 'target.sqlite3'}"


def is_usable(config: Config, url: str) -> bool:
    try:
        config = replace(config, secrets=replace(config.secrets, database_url=url))
        with Database.open_for(config) as database:
            return bool(database.editions.list_latest())
    except StorageError:
        return False


@pytest.mark.parametrize("from_sqlite", [True, False])
def test_everything_arrives_in_the_other_database_and_back(
    newsroom: NewsroomFolder, urls: tuple[str, str], tmp_path: Path, *, from_sqlite: bool
) -> None:
    source, target = urls if from_sqlite else urls[::-1]
    write_version_1(source)
    with Database.open(source, KEY) as database:
        freeze(database, 1200, day=25)
        database.reader_choices.choose(ADA, NOW, Consent(ADA, "confirmed", NOW, "/subscribe"), categories=("City",))
        database.newsroom_list.merge([("zoë@example.com", "active", {"name": "Zoë"})], NOW)
    before = read_all(source)
    assert len(before["recipient_blocks"]) > 3
    move_ledger(config_of(newsroom, source), target)
    assert read_all(target) == before == read_all(source)
    back = f"sqlite:///{tmp_path / 'back.sqlite3'}"
    move_ledger(config_of(newsroom, target), back)
    assert read_all(back) == before
    assert [is_usable(config_of(newsroom, url), url) for url in (source, target, back)] == [False, False, True]
    with Database.open_for(config_of(newsroom, back)) as database, database.hold("daily"):
        assert database.editions.prune("daily", NOW) == ["2026-11-20-daily", "2026-11-21-daily"]


def test_the_moved_ledger_names_the_new_place_without_its_password(
    newsroom: NewsroomFolder, urls: tuple[str, str]
) -> None:
    source, target = urls
    Database.open(source).close()
    place = move_ledger(config_of(newsroom, source), target.replace("postgres@", "postgres:hush@"))
    assert place == target.replace("postgres@", "postgres:***@")
    with pytest.raises(StorageError, match="was moved to postgresql://postgres") as caught:
        Database.open_for(config_of(newsroom, source))
    assert "hush" not in str(caught.value)
    assert "set DIGEST_DATABASE_URL" in caught.value.hint


def test_a_ledger_that_is_not_there_is_not_moved(newsroom: NewsroomFolder, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="there is no ledger yet"):
        move_ledger(
            config_of(newsroom, f"sqlite:///{tmp_path / 'none.sqlite3'}"), f"sqlite:///{tmp_path / 'a.sqlite3'}"
        )
    assert not list(tmp_path.glob("*.sqlite3"))


@pytest.mark.parametrize("what", ["an edition", "a suppression"])
def test_a_target_that_holds_anything_is_refused(moving: tuple[Config, str], what: str) -> None:
    config, target = moving
    with Database.open(target) as database:
        if what == "an edition":
            freeze(database)
        else:
            database.suppressions.add(ADA, "unsubscribed", NOW)
    with pytest.raises(StorageError, match="holds a ledger already"):
        move_ledger(config, target)
    with Database.open_for(config), Database.open(target) as database:
        assert len(database.editions.list_latest()) + len(database.suppressions.list_all()) == 1


def test_a_ledger_is_not_copied_onto_itself(moving: tuple[Config, str], tmp_path: Path) -> None:
    config, _ = moving
    (tmp_path / "link.sqlite3").symlink_to(tmp_path / "source.sqlite3")
    for name in ("source.sqlite3", "link.sqlite3"):
        with pytest.raises(UsageError, match="names the ledger itself"):
            move_ledger(config, f"sqlite:///{tmp_path / name}")
    with Database.open_for(config) as database:
        assert len(database.editions.list_latest()) == 4


def test_a_ledger_that_is_being_sent_from_is_not_moved(moving: tuple[Config, str]) -> None:
    config, target = moving
    with Database.open_for(config) as database, database.hold("weekly"), pytest.raises(LockedError):
        move_ledger(config, target)
    assert is_usable(config, config.database_url)


def test_moving_it_again_changes_nothing(moving: tuple[Config, str], tmp_path: Path) -> None:
    config, target = moving
    move_ledger(config, target)
    with Database.open(target) as database:
        database.suppressions.add("later@example.com", "unsubscribed", NOW)
    move_ledger(config, target)
    with Database.open(target) as database:
        assert "later@example.com" in {item.email for item in database.suppressions.list_all()}
    with pytest.raises(StorageError, match="was moved to"):
        move_ledger(config, f"sqlite:///{tmp_path / 'third.sqlite3'}")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_reader_who_leaves_during_the_copy_stays_out(
    kind: str, newsroom: NewsroomFolder, urls: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = urls if kind == "sqlite" else urls[::-1]
    write_version_1(source)
    config = config_of(newsroom, source)
    last_part = copy._copy_the_rest_and_close

    def leave(from_: Engine, to: Engine) -> None:
        with Database.open(source, KEY) as database:
            database.suppressions.add("leaving@example.com", "unsubscribed", NOW)
        last_part(from_, to)

    monkeypatch.setattr(copy, "_copy_the_rest_and_close", leave)
    move_ledger(config, target)
    with Database.open(target, KEY) as database:
        assert "leaving@example.com" in {item.email for item in database.suppressions.list_all()}


def test_a_command_that_opened_the_ledger_before_the_move_cannot_change_it_after(moving: tuple[Config, str]) -> None:
    config, target = moving
    with Database.open_for(config) as database:
        move_ledger(config, target)
        with pytest.raises(StorageError, match="was moved to"):
            database.suppressions.add("leaving@example.com", "unsubscribed", NOW)
        with pytest.raises(StorageError, match="was moved to"):
            database.suppressions.remove(ADA)
        with pytest.raises(StorageError, match="was moved to"):
            database.reader_choices.choose(ADA, NOW, status="unsubscribed")
        with pytest.raises(StorageError, match="was moved to"):
            database.newsroom_list.set_statuses({ADA: "unsubscribed"}, NOW)
        with pytest.raises(StorageError, match="was moved to"):
            database.editions.request_stop("2026-11-22-daily")
        assert "leaving@example.com" not in {item.email for item in database.suppressions.list_all()}
        assert not database.editions.is_stopping("2026-11-22-daily")


def test_a_copy_that_differs_is_not_used(moving: tuple[Config, str], monkeypatch: pytest.MonkeyPatch) -> None:
    config, target = moving
    copy_table = copy._copy_table

    def lose_one(rows: Any, to: Engine, table: Any) -> None:
        copy_table(rows, to, table)
        if table.name == "recipient_exceptions":
            with transaction(to) as connection:
                connection.execute(delete(table).where(table.c.state == "in_doubt"))

    monkeypatch.setattr(copy, "_copy_table", lose_one)
    with pytest.raises(StorageError, match=r"copy of `recipient_exceptions` differs.*the original is unchanged"):
        move_ledger(config, target)
    assert is_usable(config, config.database_url)
    assert not is_usable(config, target)


def test_an_edition_cancelled_during_the_copy_makes_it_fail(
    moving: tuple[Config, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, target = moving
    last_part = copy._copy_the_rest_and_close

    def cancel(from_: Engine, to: Engine) -> None:
        with Database.open(config.database_url, KEY) as database:
            database.editions.request_stop("2026-11-22-daily")
        last_part(from_, to)

    with monkeypatch.context() as patch:
        patch.setattr(copy, "_copy_the_rest_and_close", cancel)
        with pytest.raises(StorageError, match="copy of `editions` differs"):
            move_ledger(config, target)
    move_ledger(config, target)
    with Database.open(target) as database:
        assert database.editions.is_stopping("2026-11-22-daily")


def test_a_move_cut_off_before_its_last_step_is_finished(
    moving: tuple[Config, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    config, target = moving

    def die(connection: Any, key: str, value: str | None) -> None:
        if (key, value) == ("copying_from", None):
            raise KeyboardInterrupt
        set_info(connection, key, value)

    with monkeypatch.context() as patch:
        patch.setattr(copy, "set_info", die)
        with pytest.raises(KeyboardInterrupt):
            move_ledger(config, target)
    assert not is_usable(config, config.database_url)
    assert not is_usable(config, target)
    with pytest.raises(StorageError, match=r"copy of .* is not complete.*`digest ledger copy` again"):
        Database.open_for(replace(config, secrets=replace(config.secrets, database_url=target)))
    move_ledger(config, target)
    assert is_usable(config, target)
    assert read_all(target) == read_all(config.database_url)


def _move(config: Config, target: str) -> None:
    move_ledger(config, target)


def test_a_move_killed_at_any_moment_is_finished_by_the_next_one(
    newsroom: NewsroomFolder, urls: tuple[str, str]
) -> None:
    """The process is killed later and later, until one gets through; never can both ledgers be sent from."""
    source, target = urls
    write_version_1(source)
    with Database.open(source, KEY) as database:
        freeze(database, 20_000, day=25)
    before = read_all(source)
    config = config_of(newsroom, source)
    context = multiprocessing.get_context("spawn")
    for attempt in range(40):
        process = context.Process(target=_move, args=(config, target))
        process.start()
        time.sleep(0.5 + attempt * 0.05)
        if process.is_alive():
            assert process.pid
            os.kill(process.pid, signal.SIGKILL)
        process.join()
        assert not (is_usable(config, source) and is_usable(config, target))
        if process.exitcode == 0:
            break
    move_ledger(config, target)
    assert read_all(target) == before
    assert is_usable(config, target)
    assert not is_usable(config, source)
