"""Several first runs at the same moment, on a ledger that is not there yet: one gets it, the others exit."""

import multiprocessing
import sqlite3
from collections import Counter
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from digest.errors import DigestError, LockedError
from digest.storage import Database
from digest.storage.engine import open_engine, parse_url
from digest.storage.lock import schema_lock

PROCESSES = 3
ROUNDS = 60


def run_each_round(folder: Path, start: Barrier) -> None:
    """Begin a run on each round's new file, at the moment the other processes do, and write down its exit status."""
    statuses = []
    for number in range(ROUNDS):
        start.wait(timeout=60)
        try:
            with Database.open(f"sqlite:///{folder / f'{number}.sqlite3'}") as database, database.hold("daily"):
                statuses.append("0")
        except DigestError as error:
            statuses.append(str(error.exit_status))
    (folder / multiprocessing.current_process().name).write_text(" ".join(statuses))


def test_a_run_that_waits_too_long_for_the_tables_gives_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    with (
        schema_lock(open_engine(parse_url(url))),
        closing(sqlite3.connect(tmp_path / "ledger.sqlite3", isolation_level=None)) as first,
    ):
        monkeypatch.setattr("digest.storage.lock._PATIENCE", 0.1)
        first.execute("begin immediate")
        with pytest.raises(LockedError, match="another digest run is using this ledger"):
            Database.open(url)


def test_one_of_several_first_runs_gets_the_ledger_and_the_others_exit_75(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES)
    names = [f"process-{number}" for number in range(PROCESSES)]
    processes = [context.Process(target=run_each_round, args=(tmp_path, start), name=name) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    written = [(tmp_path / name).read_text().split() for name in names]
    for number, statuses in enumerate(zip(*written, strict=True)):
        assert set(statuses) <= {"0", "75"}, (number, statuses)
        assert "0" in statuses, number
    assert Counter(status for statuses in written for status in statuses)["75"] > 0, "the runs never met"
