"""Recipients after a crash, a deferral, or a provider that refused everyone."""

from digest.models import Outcome, Receipt
from digest.storage import Database
from tests.storage.editions import NOW, freeze, receipts, take_turn


def test_what_a_crash_left_in_flight_is_in_doubt_and_not_sent_again(ledger_url: str) -> None:
    with Database.open(ledger_url) as database:
        frozen = freeze(database, 5)
        take_turn(database, frozen, (), 2)  # the process dies here
    with Database.open(ledger_url) as database:
        assert database.recipients.recover(frozen, NOW) == 2
        _, batch = take_turn(database, frozen, (), 10)
        assert [recipient.email for recipient in batch] == [f"reader{number}@example.com" for number in (2, 3, 4)]
        take_turn(database, frozen, receipts(batch), 0)
        assert database.editions.close(frozen, NOW) == "sent"
        states = [row.state for row in database.recipients.stream(frozen)]
        assert states == ["in_doubt", "in_doubt", "accepted", "accepted", "accepted"]


def test_deferred_recipients_keep_the_edition_open_and_are_retried(database: Database) -> None:
    frozen = freeze(database, 2)
    _, batch = take_turn(database, frozen, (), 2)
    take_turn(database, frozen, [*receipts(batch[:1]), *receipts(batch[1:], Outcome.DEFERRED)], 0)
    assert database.editions.close(frozen, NOW) == "frozen"
    assert [record.id for record in database.editions.list_open("daily")] == [frozen]
    assert database.recipients.recover(frozen, NOW) == 0
    _, again = take_turn(database, frozen, (), 2)
    assert again == batch[1:]


def test_refusals_of_a_provider_that_refuses_everyone_are_reverted(database: Database) -> None:
    frozen = freeze(database, 3)
    _, batch = take_turn(database, frozen, (), 3)
    take_turn(database, frozen, [*receipts(batch[:2], Outcome.REFUSED), *receipts(batch[2:])], 0)
    assert database.recipients.revert_refusals(frozen, [person.email for person in batch], [], NOW) == 2
    assert take_turn(database, frozen, (), 9)[1] == batch[:2]


def test_bounces_of_a_provider_that_bounces_everyone_suppress_nobody(database: Database) -> None:
    frozen = freeze(database, 3)
    database.suppressions.add("reader2@example.com", "unsubscribed", NOW)
    _, batch = take_turn(database, frozen, (), 3)
    take_turn(database, frozen, [Receipt(person, Outcome.REFUSED, "550 5.1.1 no such user") for person in batch], 0)
    assert len(database.suppressions.list_all()) == 3
    everyone = [f"reader{number}@example.com" for number in range(3)]
    assert database.recipients.revert_refusals(frozen, everyone, everyone, NOW) == 2
    assert [(item.email, item.reason) for item in database.suppressions.list_all()] == [
        ("reader2@example.com", "unsubscribed")
    ]
