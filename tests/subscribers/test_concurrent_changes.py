"""Imports and erasures of the same list by several processes at once: none loses what another wrote."""

import multiprocessing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest import config as configuration
from digest.errors import LockedError
from digest.models import Subscriber
from digest.storage import Database
from digest.subscribers import erase_subscriber, import_subscribers, open_store
from tests.newsroom_folder import NewsroomFolder

_ROUNDS = 12


def _import(folder: str, name: str) -> None:
    config = configuration.load(Path(folder) / "digest.toml")
    for number in range(_ROUNDS):
        file = Path(folder) / f"{name}{number}.csv"
        file.write_text(f"email,name\n{name}{number}@example.com,{name}\nleft{number}@example.com,Back\n")
        import_subscribers(config, file, datetime.now(UTC), lambda _: None)


def _erase(folder: str) -> None:
    config = configuration.load(Path(folder) / "digest.toml")
    for number in range(_ROUNDS):
        while True:
            try:
                erase_subscriber(config, f"left{number}@example.com", datetime.now(UTC))
                break
            except LockedError:
                continue


@pytest.mark.parametrize("kind", ["csv", "database"])
def test_two_imports_and_an_erasure_at_once_lose_nothing(newsroom: NewsroomFolder, kind: str) -> None:
    left = [f"left{number}@example.com" for number in range(_ROUNDS)]
    newsroom.subscribe("# since 2019", *(f"{email},Left" for email in left), "ada@example.com,Ada")
    if kind == "database":
        newsroom.configure(("[audience]\n", '[audience]\nsubscribers = "database"\n'))
        config = configuration.load(newsroom.path / "digest.toml")
        import_subscribers(config, newsroom.path / "subscribers.csv", datetime.now(UTC), lambda _: None)
    config = configuration.load(newsroom.path / "digest.toml")
    Database.open_for(config).close()
    context = multiprocessing.get_context("spawn")
    folder = str(newsroom.path)
    workers = [context.Process(target=_import, args=(folder, name)) for name in ("first", "second")]
    workers.append(context.Process(target=_erase, args=(folder,)))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
        assert worker.exitcode == 0
    with Database.read_for(config) as database:
        rows = list(open_store(config, database, datetime.now(UTC)).read())
        names = {row.email for row in rows if isinstance(row, Subscriber)}
        assert len(rows) == len(names)
        imported = {f"{name}{number}@example.com" for name in ("first", "second") for number in range(_ROUNDS)}
        assert names == {"ada@example.com", *imported}, "an erased reader is back, or an imported one is gone"
        assert set(database.suppressions.find(left)) == set(left)
        assert set(database.reader_choices.find_consents([*imported, *left])) == imported
    if kind == "csv":
        assert "# since 2019\n" in (newsroom.path / "subscribers.csv").read_text()
