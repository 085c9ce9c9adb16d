"""The newsroom's list in the database, on both databases."""

from datetime import UTC, datetime

import pytest

from digest.models import Subscriber
from digest.storage import Database
from digest.storage.newsroom_list import _PAGE

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
ADA, KENJI, ZOE = "ada@example.com", "kenji@example.org", "zoe@example.net"


def test_readers_are_added_and_streamed_in_the_order_of_their_addresses(database: Database) -> None:
    values = {"name": "Zoë", "categories": "City|Arts, Culture", "cadence": "weekly", "timezone": "Asia/Tokyo"}
    readers = [(ZOE, "active", values), (ADA, "pending", {}), ("Ä@example.com", "active", {"language": "de"})]
    assert database.newsroom_list.merge(readers, NOW) == (3, 0, 0)
    assert list(database.newsroom_list.stream()) == [
        Subscriber(ADA, status="pending"),
        Subscriber(ZOE, "Zoë", ("City", "Arts, Culture"), "weekly", "Asia/Tokyo"),
        Subscriber("Ä@example.com", language="de"),
    ]
    assert database.newsroom_list.find(ADA) == Subscriber(ADA, status="pending")
    assert database.newsroom_list.find(KENJI) is None
    assert database.newsroom_list.find_statuses([ADA, ZOE, KENJI]) == {ADA: "pending", ZOE: "active"}


def test_a_second_import_fills_empty_fields_only(database: Database) -> None:
    database.newsroom_list.merge([(ADA, "active", {"name": "Ada"}), (ZOE, "active", {"name": "Zoë"})], NOW)
    again = [(ADA, "active", {"name": "Other", "cadence": "weekly"}), (ZOE, "active", {"name": "Z"})]
    assert database.newsroom_list.merge(again, NOW, write=False) == (0, 1, 1)
    assert database.newsroom_list.find(ADA) == Subscriber(ADA, "Ada")
    assert database.newsroom_list.merge(again, NOW) == (0, 1, 1)
    assert database.newsroom_list.find(ADA) == Subscriber(ADA, "Ada", cadence="weekly")


def test_the_revision_changes_with_each_change_and_only_then(database: Database) -> None:
    seen = [database.newsroom_list.revision()]
    database.newsroom_list.merge([(ADA, "active", {})], NOW)
    seen.append(database.newsroom_list.revision())
    database.newsroom_list.merge([(ADA, "active", {})], NOW)
    assert database.newsroom_list.revision() == seen[-1]
    assert database.newsroom_list.set_statuses({ADA: "bounced", ZOE: "bounced"}, NOW) == 1
    seen.append(database.newsroom_list.revision())
    assert database.newsroom_list.erase(ADA) == 1
    seen.append(database.newsroom_list.revision())
    assert database.newsroom_list.erase(ADA) == 0
    assert len(set(seen)) == 4
    assert seen[0] == ""


@pytest.mark.parametrize("count", [_PAGE - 1, _PAGE, _PAGE + 1])
def test_every_page_is_streamed_once(database: Database, count: int) -> None:
    emails = [f"reader{number:05}@example.com" for number in range(count)]
    database.newsroom_list.merge(((email, "active", {}) for email in reversed(emails)), NOW)
    assert [reader.email for reader in database.newsroom_list.stream()] == emails
