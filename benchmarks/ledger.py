"""Recipients frozen, claimed and recorded in the ledger, and how memory grows with their number."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from uuid import uuid4

from benchmarks.measure import Row, measured
from benchmarks.sample import LINKS, NOW, edition, message, readers
from digest.editions.recipients import create_recipient_factory
from digest.models import Outcome, Receipt
from digest.storage import Database

_POSTGRES = os.environ.get("DIGEST_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")


def rows(scale: float) -> Iterator[Row]:
    """A million subscribers at full scale, beside a hundredth of them, on each database there is."""
    many = int(1_000_000 * scale)
    for name, url in _databases():
        few = many // 100
        small, large = (measured(_frozen_and_claimed, url(), count) for count in (few, many))
        grown = f"peak {large.peak / small.peak:.2f} times that of {few:,}"
        beside = f"{few:,} of them"
        rate, other = many / large.seconds, few / small.seconds
        yield Row(f"freeze and settle {many:,} on {name}", rate, "readers/s", beside, other, large.peak, grown)


def _databases() -> Iterator[tuple[str, Callable[[], str]]]:
    yield "SQLite", lambda: f"sqlite:///{tempfile.mkdtemp()}/ledger.sqlite3"
    try:
        import psycopg

        psycopg.connect(f"{_POSTGRES}/postgres", connect_timeout=2).close()
    except (ImportError, OSError, psycopg.OperationalError):
        return
    yield "PostgreSQL", _fresh_postgres


def _fresh_postgres() -> str:
    import psycopg

    name = f"bench_{uuid4().hex}"
    with psycopg.connect(f"{_POSTGRES}/postgres", autocommit=True) as server:
        server.execute(f'create database "{name}"')
    return f"{_POSTGRES}/{name}"


def _frozen_and_claimed(url: str, count: int, begin: Callable[[], None]) -> int:
    issue, newsletter = edition(12), message()
    with Database.open(url) as database, database.hold("daily"):
        begin()
        database.editions.freeze(issue, "The ferry is back", readers(count), lambda _: newsletter, (), (), LINKS, NOW)
        sending = database.recipients.open_claim_queue(issue.id, create_recipient_factory(LINKS, issue.id, ""))
        receipts: list[Receipt] = []
        settled = 0
        while True:
            claims = sending.record_and_claim(receipts, (), batches=4, batch_size=1000, limit=count, now=NOW)
            if not claims:
                break
            people = [person for claim in claims for person in claim.recipients]
            receipts = [Receipt(person, Outcome.ACCEPTED, "202") for person in people]
            settled += len(receipts)
        database.editions.close(issue.id, NOW)
    assert settled == count
    return settled
