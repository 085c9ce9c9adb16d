"""What the ledger remembers of sources, on both databases."""

from datetime import UTC, datetime, timedelta

from digest.models import FirstSeen, StoredDocument
from digest.storage import Database, FetchRecord

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
DAY = timedelta(days=1)
DOCUMENT = StoredDocument(
    "https://www.example.com/feed", '"abc"', "Mon, 23 Nov 2026 06:00:00 GMT", "text/xml", b"<rss/>\x00\xff"
)


def test_an_article_is_first_seen_once(database: Database) -> None:
    database.sources.save([FetchRecord("feed", "", None, {"a": FirstSeen(NOW, late=False)})], [], NOW)
    again = {"a": FirstSeen(NOW + DAY, late=True), "b": FirstSeen(NOW + DAY, late=True)}
    database.sources.save([FetchRecord("feed", "", None, again)], [], NOW + DAY)
    assert database.sources.find_first_seen({"a", "b", "c"}) == {
        "a": FirstSeen(NOW, late=False),
        "b": FirstSeen(NOW + DAY, late=True),
    }


def test_a_source_is_failing_from_its_first_failure_until_it_is_read(database: Database) -> None:
    database.sources.save([FetchRecord("feed", "", NOW - DAY, {})], [], NOW)
    for days in (1, 2):
        database.sources.save([FetchRecord("feed", f"404 on day {days}", None, {})], [], NOW + days * DAY)
    failing = database.sources.get_states()["feed"]
    assert (failing.read_at, failing.oldest_seen) == (NOW, NOW - DAY)
    assert (failing.failing_since, failing.failure) == (NOW + DAY, "404 on day 2")
    database.sources.save([FetchRecord("feed", "", NOW, {})], [], NOW + 3 * DAY)
    healthy = database.sources.get_states()["feed"]
    assert (healthy.read_at, healthy.failing_since, healthy.failure) == (NOW + 3 * DAY, None, "")


def test_the_latest_fetch_of_a_document_is_kept(database: Database) -> None:
    assert database.sources.get_document(DOCUMENT.url) is None
    database.sources.save([], [StoredDocument(DOCUMENT.url, "", "", "", b"old")], NOW)
    database.sources.save([], [DOCUMENT], NOW)
    assert database.sources.get_document(DOCUMENT.url) == DOCUMENT
