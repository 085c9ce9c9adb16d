"""The state of one reader in every edition is the one that the list of all recipients shows."""

from datetime import timedelta

from digest.models import Outcome
from digest.storage import Database
from tests.storage.editions import NOW, freeze, receipts, take_turn


def test_it_agrees_with_the_list_of_recipients(database: Database) -> None:
    finished, stopped, running = (freeze(database, 12, day=day) for day in (21, 22, 23))
    _, batch = take_turn(database, finished, (), 3)
    take_turn(database, finished, receipts(batch, Outcome.REFUSED), 0)
    while batch := take_turn(database, finished, (), 5)[1]:
        take_turn(database, finished, receipts(batch), 0)
    database.editions.close(finished, NOW)
    take_turn(database, stopped, receipts(take_turn(database, stopped, (), 4)[1]), 0)
    database.editions.close(stopped, NOW, give_up="cancelled")
    take_turn(database, running, receipts(take_turn(database, running, (), 2)[1]), 3)
    for number in range(12):
        email = f"reader{number}@example.com"
        entries = database.history.read(email, "")
        assert [entry.edition for entry in entries] == [running, stopped, finished]
        for entry in entries:
            (row,) = (row for row in database.recipients.stream(entry.edition) if row.email == email)
            assert (entry.state, entry.detail, entry.changed_at) == (row.state, row.detail, row.changed_at)
    seen = {row.state for edition in (finished, stopped, running) for row in database.recipients.stream(edition)}
    assert seen == {"accepted", "refused", "skipped", "sending", "pending"}


def test_who_was_no_recipient_has_no_state(database: Database) -> None:
    edition = freeze(database)
    (entry,) = database.history.read("nobody@example.com", "")
    assert (entry.edition, entry.state, entry.detail, entry.has_segment) == (edition, "", "", True)
    (entry,) = database.history.read("nobody@example.com", "sport")
    assert not entry.has_segment
    assert entry.day == NOW.date()


def test_of_a_pruned_edition_nothing_is_known(database: Database) -> None:
    edition = freeze(database)
    database.editions.close(edition, NOW, give_up="cancelled")
    database.editions.prune("daily", NOW + timedelta(seconds=1))
    (entry,) = database.history.read("reader0@example.com", "")
    assert entry.is_pruned
    assert entry.state == ""
