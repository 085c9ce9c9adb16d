"""Several first runs at the same moment, on a ledger that is not there yet: one gets it, the others leave."""

import multiprocessing
from collections import Counter
from multiprocessing.synchronize import Barrier
from pathlib import Path

from digest.errors import DigestError
from digest.storage import Database

PROCESSES = 4
ROUNDS = 100


def run_each_round(folder: Path, start: Barrier) -> None:
    """Begin a run on each round's new file, at the moment the other processes do, and write down its exit status."""
    statuses = []
    for number in range(ROUNDS):
        start.wait(timeout=60)
        try:
            with Database.open(f"sqlite:///{folder / f'{number}.sqlite3'}") as database, database.lock():
                statuses.append("0")
        except DigestError as error:
            statuses.append(str(error.exit_status))
    (folder / multiprocessing.current_process().name).write_text(" ".join(statuses))


def test_one_of_several_first_runs_gets_the_ledger_and_the_others_exit_75(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(PROCESSES)
    names = [f"process-{number}" for number in range(PROCESSES)]
    processes = [context.Process(target=run_each_round, args=(tmp_path, start), name=name) for name in names]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=120)
    told = [(tmp_path / name).read_text().split() for name in names]
    for number, statuses in enumerate(zip(*told, strict=True)):
        assert set(statuses) <= {"0", "75"}, (number, statuses)
        assert "0" in statuses, number
    assert Counter(status for statuses in told for status in statuses)["75"] > 0, "the runs never met"
