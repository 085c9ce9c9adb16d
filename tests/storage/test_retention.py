"""Old editions are reduced to counts; what later editions need stays."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from digest.models import Outcome
from digest.storage import Database
from digest.storage.engine import reading
from digest.storage.tables import recipient_blocks, recipient_exceptions, recipient_groups
from tests.storage.editions import NOW, freeze, receipts, take_turn


def send_all(database: Database, edition: str) -> None:
    """Send to everyone; the first batch is refused."""
    _, batch = take_turn(database, edition, (), 2)
    given = receipts(batch, Outcome.REFUSED)
    while batch:
        _, batch = take_turn(database, edition, given, 500)
        given = receipts(batch)
    assert database.editions.close(edition, NOW) == "sent"


def test_an_old_edition_is_reduced_to_its_counts(database: Database) -> None:
    old, recent = freeze(database, 1200, day=21), freeze(database, 5, day=22)
    send_all(database, old)
    before = database.editions.get(old)
    assert before is not None
    assert dict(before.counts) == {"refused": 2, "accepted": 1198}
    database.editions.close(recent, NOW + timedelta(days=1), give_up="cancelled")
    assert database.editions.prune("daily", NOW) == []
    assert database.editions.prune("weekly", NOW + timedelta(seconds=1)) == []
    assert database.editions.prune("daily", NOW + timedelta(seconds=1)) == [old]
    after = database.editions.get(old)
    assert after is not None
    assert after.is_pruned
    assert after.counts == before.counts
    assert (after.recipients, after.stories, after.reached) == (1200, 1, 1198)
    assert list(database.recipients.stream(old)) == []
    assert len(list(database.recipients.stream(recent))) == 5
    assert database.sent_editions.find_articles("daily", ["id-a"]) == {"id-a": old}
    with reading(database.engine) as connection:
        for table in (recipient_groups, recipient_blocks, recipient_exceptions):
            assert connection.scalar(select(func.count()).where(table.c.edition == old)) == 0
    assert database.editions.prune("daily", NOW + timedelta(seconds=1)) == []


def test_an_edition_that_is_open_is_never_pruned(database: Database) -> None:
    edition = freeze(database)
    take_turn(database, edition, (), 1)
    assert database.editions.prune("daily", NOW + timedelta(days=9999)) == []
    record = database.editions.get(edition)
    assert record is not None
    assert not record.is_pruned
    assert record.recipients == 3


@pytest.mark.parametrize("send", [True, False])
def test_a_decision_about_a_pruned_edition_changes_nothing(database: Database, *, send: bool) -> None:
    edition = freeze(database)
    send_all(database, edition)
    database.editions.prune("daily", NOW + timedelta(seconds=1))
    assert database.recipients.resolve_in_doubt(edition, NOW, send=send) == 0
    record = database.editions.get(edition)
    assert record is not None
    assert record.state == "sent"
