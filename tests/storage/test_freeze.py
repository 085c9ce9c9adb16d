"""A freeze of a hundred thousand readers keeps no other writer waiting for long."""

import multiprocessing
import time
from collections.abc import Iterator
from typing import Any

from digest.storage import Database, FrozenRecipient
from tests.storage.editions import LINKS, MESSAGE, NOW, edition

READERS = 100_000
SEGMENTS = 24


def _suppress_all_the_time(url: str, ready: Any, stop: Any, waits: Any) -> None:
    """Suppress one address after the other, as `digest suppress` does, and report how long each took."""
    taken: list[float] = []
    with Database.open(url) as database:
        database.suppressions.add("first@example.com", "unsubscribed", NOW)
        ready.set()
        while not stop.is_set():
            started = time.monotonic()
            database.suppressions.add(f"leaving{len(taken)}@example.com", "unsubscribed", NOW)
            taken.append(time.monotonic() - started)
            time.sleep(0.005)
    waits.put(taken)


def _readers() -> Iterator[FrozenRecipient]:
    for number in range(READERS):
        yield FrozenRecipient(f"reader{number}@example.com", f"Reader {number}", f"segment {number % SEGMENTS}")


def test_suppressions_are_made_while_an_edition_is_frozen(database: Database, ledger_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    ready, stop, waits = context.Event(), context.Event(), context.Queue()
    process = context.Process(target=_suppress_all_the_time, args=(ledger_url, ready, stop, waits))
    process.start()
    assert ready.wait(60)
    with database.hold("daily"):
        count = database.editions.freeze(edition(), "The ferry", _readers(), lambda _: MESSAGE, [], [], LINKS, NOW)
    stop.set()
    taken = waits.get(timeout=60)
    process.join()
    assert count == READERS
    # Seconds would say something about the machine: that many got in between says that none waits for the whole freeze.
    assert len(taken) > 10
    assert len(database.suppressions.list_all()) == len(taken) + 1
