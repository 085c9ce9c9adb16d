"""A hundred readers, and what the ledger knows about them."""

from collections import Counter
from datetime import UTC, datetime

from digest.storage import Database, EditionRecord
from tests.newsroom_folder import NewsroomFolder

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
READERS = [f"reader{number}@example.com,Reader {number}" for number in range(100)]
ADDRESSES = [row.partition(",")[0] for row in READERS]


def count_states(newsroom: NewsroomFolder) -> Counter[str]:
    """The recipients of the edition of 23 November, by state."""
    with Database.open_to_read(newsroom.run()[0].config.database_url) as database:
        return Counter(person.state for person in database.recipients.stream("2026-11-23-daily"))


def list_editions(newsroom: NewsroomFolder) -> list[EditionRecord]:
    """The editions in the ledger, newest first."""
    with Database.open_to_read(newsroom.run()[0].config.database_url) as database:
        return list(database.editions.list_latest())
