"""A ledger in each database it can live in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.storage import Database


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
def database(ledger_url: str) -> Iterator[Database]:
    with Database.open(ledger_url) as opened:
        yield opened
