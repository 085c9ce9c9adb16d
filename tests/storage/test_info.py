"""Which newsroom a ledger belongs to, and whether it may send."""

import pytest

from digest.errors import StorageError
from digest.storage import Database
from tests.newsroom_folder import NewsroomFolder
from tests.storage.editions import freeze


def test_a_ledger_belongs_to_the_newsroom_that_used_it_first(database: Database) -> None:
    database.info.check_owner("The Gazette", "https://www.example.com")
    database.info.check_owner("The Gazette", "https://www.example.com")
    with pytest.raises(StorageError, match="belongs to The Gazette, not to The Herald"):
        database.info.check_owner("The Herald", "https://www.example.org")


def test_a_newsroom_may_change_its_name_or_its_site(database: Database) -> None:
    database.info.check_owner("The Gazette", "https://www.example.com")
    database.info.check_owner("The Harbour Gazette", "https://www.example.com")
    database.info.check_owner("The Harbour Gazette", "https://www.example.org")
    with pytest.raises(StorageError, match="belongs to The Harbour Gazette"):
        database.info.check_owner("The Gazette", "https://www.example.com")


def test_a_moved_ledger_refuses_to_send(database: Database) -> None:
    database.info.check_usable()
    assert not database.info.is_moved()
    database.info.mark_moved("postgresql://digest@db.example.com/digest")
    assert database.info.is_moved()
    with pytest.raises(StorageError, match=r"was moved to postgresql://digest@db\.example\.com/digest"):
        database.info.check_usable()


def test_an_empty_database_is_refused_while_the_file_beside_digest_toml_has_editions(
    newsroom: NewsroomFolder, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.send()
    monkeypatch.setenv("DIGEST_DATABASE_URL", postgres_url)
    with pytest.raises(StorageError, match=r"is empty, and ledger\.sqlite3 beside digest\.toml holds editions"):
        newsroom.send()
    monkeypatch.delenv("DIGEST_DATABASE_URL")
    with Database.open_for(newsroom.run()[0].config) as database:
        database.info.mark_moved("elsewhere")
    monkeypatch.setenv("DIGEST_DATABASE_URL", postgres_url)
    assert "2 accepted" in str(newsroom.send())


def test_a_database_of_another_newsroom_is_refused(
    newsroom: NewsroomFolder, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Database.open(postgres_url) as database:
        database.info.check_owner("The Herald", "https://www.example.org")
        freeze(database)
    monkeypatch.setenv("DIGEST_DATABASE_URL", postgres_url)
    with pytest.raises(StorageError, match="belongs to The Herald, not to The Gazette"):
        newsroom.send()
