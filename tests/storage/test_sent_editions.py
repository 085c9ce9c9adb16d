"""Which articles count as sent."""

from digest.storage import Database
from tests.storage.editions import NOW, freeze, receipts, take_turn


def test_articles_count_as_sent_only_when_somebody_received_the_edition(database: Database) -> None:
    frozen = freeze(database, 1, day=22)
    assert database.sent_editions.find_articles("daily", {"id-a", "id-b"}) == {}
    assert database.sent_editions.find_last_window_end("daily") is None
    assert database.editions.close(frozen, NOW, give_up="too late") == "cancelled"
    assert [(row.state, row.detail) for row in database.recipients.stream(frozen)] == [("skipped", "too late")]
    assert database.sent_editions.find_articles("daily", {"id-a"}) == {}

    frozen = freeze(database, 1)
    _, batch = take_turn(database, frozen, (), 1)
    take_turn(database, frozen, receipts(batch), 0)
    database.editions.close(frozen, NOW)
    assert database.sent_editions.find_articles("daily", {"id-a", "id-b"}) == {"id-a": frozen}
    assert database.sent_editions.find_articles("weekly", {"id-a"}) == {}
    assert database.sent_editions.find_last_window_end("daily") == NOW
    assert database.sent_editions.find_last_sources("daily")["feed"].next_start == NOW
