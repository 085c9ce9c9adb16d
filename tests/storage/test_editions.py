"""Editions as they are frozen, looked up and closed."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from digest.errors import StorageError
from digest.models import Outcome
from digest.storage import Database, FrozenRecipient
from digest.storage.engine import open_engine, parse_url, reading
from digest.storage.tables import recipient_groups
from tests.storage.editions import LINKS, MESSAGE, NOW, edition, freeze, make_recipient, readers, receipts, take_turn


def test_what_was_frozen_is_read_back_unchanged(database: Database) -> None:
    frozen = freeze(database)
    assert database.editions.get_message(frozen, "") == MESSAGE
    segment, batch = take_turn(database, frozen, (), 10)
    assert segment == ""
    assert batch[0] == make_recipient("reader0@example.com", "Zoë")
    with pytest.raises(StorageError, match="no message"):
        database.editions.get_message(frozen, "science")


def test_a_freeze_without_recipients_leaves_no_trace(database: Database) -> None:
    assert database.editions.freeze(edition(), "s", [], lambda _: MESSAGE, [], [], LINKS, NOW) == 0
    assert database.editions.get(edition().id) is None
    assert database.editions.list_latest() == []


def test_a_failure_while_freezing_leaves_no_trace(database: Database) -> None:
    def broken() -> Iterator[FrozenRecipient]:
        yield from readers(700)
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.editions.freeze(edition(), "s", broken(), lambda _: MESSAGE, [], [], LINKS, NOW)
    assert database.editions.get(edition().id) is None


def test_an_edition_refused_for_everyone_does_not_count_as_sent(database: Database) -> None:
    frozen = freeze(database, 2)
    _, batch = take_turn(database, frozen, (), 2)
    take_turn(database, frozen, receipts(batch, Outcome.REFUSED), 0)
    assert database.editions.close(frozen, NOW) == "cancelled"
    assert database.sent_editions.find_articles("daily", {"id-a"}) == {}


def test_giving_up_after_some_received_it_stops_the_edition(database: Database) -> None:
    frozen = freeze(database, 3)
    _, batch = take_turn(database, frozen, (), 1)
    take_turn(database, frozen, receipts(batch), 0)
    assert database.editions.close(frozen, NOW, give_up="too late") == "stopped"
    assert database.sent_editions.find_articles("daily", {"id-a"}) == {"id-a": frozen}
    assert database.editions.list_open("daily") == []


def test_what_a_run_that_died_wrote_of_another_day_is_deleted(database: Database, ledger_url: str) -> None:
    def die() -> Iterator[FrozenRecipient]:
        yield from readers(600)
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError):
        database.editions.freeze(edition(22), "s", die(), lambda _: MESSAGE, [], [], LINKS, NOW)
    freeze(database, 3)
    engine = open_engine(parse_url(ledger_url))
    with reading(engine) as connection:
        assert list(connection.scalars(select(recipient_groups.c.edition))) == [edition().id]
    engine.dispose()


def test_an_edition_that_a_run_has_just_stopped_stays_stopped(database: Database) -> None:
    """Whoever requested the stop closes the edition too, unless the run was faster."""
    frozen = freeze(database, 5)
    _, batch = take_turn(database, frozen, (), 2)
    take_turn(database, frozen, receipts(batch), 0)
    assert database.editions.request_stop(frozen)
    assert database.editions.close(frozen, NOW) == "stopped"
    assert database.editions.close(frozen, NOW, give_up="cancelled") == "stopped"
    record = database.editions.get(frozen)
    assert record
    assert (record.state, record.counts) == ("stopped", {"accepted": 2, "skipped": 3})
