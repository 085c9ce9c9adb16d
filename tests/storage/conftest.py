"""A ledger in each database it can live in."""

from collections.abc import Iterator

import pytest

from digest.storage import Database


@pytest.fixture
def database(ledger_url: str) -> Iterator[Database]:
    with Database.open(ledger_url) as opened:
        yield opened
