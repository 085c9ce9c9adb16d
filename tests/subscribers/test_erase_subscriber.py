"""A reader erased from the list and the ledger, and the copies that are left."""

import pytest

from digest.subscribers import erase_subscriber
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import NOW
from tests.storage.version_1 import KEY, write_version_1


def test_an_old_copy_of_the_ledger_that_contains_the_address_is_reported(
    newsroom: NewsroomFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The very erasure may migrate the ledger, and leave the copy."""
    monkeypatch.setenv("DIGEST_SECRET_KEY", KEY)
    config = newsroom.run()[0].config
    write_version_1(config.database_url)
    backup = config.folder / "ledger.sqlite3.v1.bak"
    first = erase_subscriber(config, "ada@example.com", NOW)
    assert [problem.location for problem in first.problems] == [str(backup)]
    assert "still contains ada@example.com" in first.problems[0].message
    assert erase_subscriber(config, "nobody@example.com", NOW).problems == []
    backup.unlink()
    assert erase_subscriber(config, "kenji@example.org", NOW).problems == []
