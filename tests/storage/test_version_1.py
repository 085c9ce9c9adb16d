"""A ledger that the first version of digest wrote is read and continued as if nothing had changed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from digest.models import FirstSeen, InlineImage, MergeField, Message, Outcome, Receipt, Recipient, StoredDocument
from digest.storage import Database, EditionSource, SourceState
from digest.storage.stored_message import decode_message, encode_message
from tests.storage.editions import open_queue

WRITTEN = Path(__file__).with_name("version_1.sql")
"""One edition that was sent and one whose run died with one recipient in flight, as digest wrote them before anything was renamed."""
SECRET = "for tests only"

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
DAY = timedelta(days=1)
MESSAGE = Message(
    subject="The ferry returns",
    html="<p>Dear xtok0123456789x</p>",
    text="Dear xtokabcdef0123x",
    merge_fields=(MergeField("name", "xtok0123456789x", "html"), MergeField("name", "xtokabcdef0123x", "text")),
    images=(InlineImage("a@digest", "a.png", "image/png", b"\x89PNG\x00\xff"),),
    headers=(("List-Id", "<digest.example.com>"),),
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(WRITTEN.read_text(encoding="utf-8"))
    return path


@pytest.fixture
def database(file: Path) -> Iterator[Database]:
    with Database.open(f"sqlite:///{file}", SECRET) as opened:
        yield opened


def test_a_message_is_stored_under_the_names_of_version_1() -> None:
    stored = {
        "subject": "The ferry returns",
        "html": "<p>Dear xtok0123456789x</p>",
        "text": "Dear xtokabcdef0123x",
        "slots": [
            {"name": "name", "token": "xtok0123456789x", "form": "html"},
            {"name": "name", "token": "xtokabcdef0123x", "form": "text"},
        ],
        "images": [
            {"cid": "a@digest", "filename": "a.png", "media_type": "image/png", "data": b"\x89PNG\x00\xff"},
        ],
        "headers": [["List-Id", "<digest.example.com>"]],
    }
    body = msgspec.msgpack.encode(stored)
    assert encode_message(MESSAGE) == body
    assert decode_message(body) == MESSAGE


def test_a_run_that_died_is_continued(database: Database) -> None:
    (record,) = database.editions.list_open("daily")
    assert (record.id, record.counts) == ("2026-11-23-daily", {"sending": 1, "pending": 1})
    assert database.editions.get_message(record.id, "") == MESSAGE
    assert database.recipients.recover(record.id, NOW) == 1
    zoe = Recipient("zoe@example.com", "zoe.23@example.com", {"name": "Zoe", "email": "zoe@example.com"})
    with database.hold("daily"):
        queue = open_queue(database, record.id)
        (claim,) = queue.record_and_claim((), (), batches=1, batch_size=9, limit=9, now=NOW)
        assert claim.recipients == (zoe,)
        queue.record_and_claim([Receipt(zoe, Outcome.ACCEPTED)], (), batches=0, batch_size=1, limit=1, now=NOW)
    assert database.editions.close(record.id, NOW) == "sent"
    assert [row.state for row in database.recipients.stream(record.id)] == ["in_doubt", "accepted"]


def test_sent_editions_are_known(database: Database) -> None:
    found = database.sent_editions.find_articles("daily", ["id-22", "id-23", "id-copy", "id-24"])
    assert found == {"id-22": "2026-11-22-daily", "id-copy": "2026-11-22-daily"}
    assert database.sent_editions.find_last_window_end("daily") == NOW - DAY
    assert database.sent_editions.find_last_sources("daily") == {
        "feed": EditionSource("feed", failed=False, next_start=NOW - DAY)
    }
    record = database.editions.get("2026-11-22-daily")
    assert record
    assert (record.state, record.reached, record.stories) == ("sent", 1, 1)


def test_suppressed_and_erased_readers_are_known(database: Database) -> None:
    found = database.suppressions.find(["ada@example.com", "kenji@example.com", "gone@example.com"])
    assert {email: item.reason for email, item in found.items()} == {
        "kenji@example.com": "bounced",
        "gone@example.com": "unsubscribed",
    }


def test_sources_are_known(database: Database) -> None:
    assert database.sources.get_states() == {
        "feed": SourceState("feed", NOW, NOW - DAY, None, ""),
        "other": SourceState("other", None, None, NOW, "404"),
    }
    assert database.sources.find_first_seen(["id-22", "id-23"]) == {"id-22": FirstSeen(NOW - DAY, late=False)}
    document = StoredDocument("https://www.example.com/feed", '"abc"', "", "text/xml", b"<rss/>\x00\xff")
    assert database.sources.get_document(document.url) == document
