"""What readers chose, and whether it or the newsroom's list wins, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.models import Subscriber
from digest.storage import Consent, Database, ListStatuses, ReaderChoice, apply_choice, combine_status
from tests.storage.editions import freeze, make_recipient

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LATER = NOW + timedelta(days=7)
KEY = "for tests only"
ADA, KENJI, ZOE = "ada@example.com", "kenji@example.org", "zoe@example.net"


@pytest.mark.parametrize(
    ("listed", "chosen", "expected"),
    [
        ("active", None, "active"),
        ("active", "active", "active"),
        ("active", "unsubscribed", "unsubscribed"),
        ("active", "pending", "active"),  # somebody typed their address into a form
        ("pending", "active", "active"),  # they confirmed
        ("pending", None, "pending"),
        ("unsubscribed", "active", "unsubscribed"),
        ("bounced", "active", "bounced"),
        ("complained", "unsubscribed", "complained"),
        ("", "active", "active"),
        ("", "pending", "pending"),
        ("", None, ""),
        ("unknown", None, "unknown"),
    ],
)
def test_either_may_stop_the_mail_and_either_may_confirm_it(listed: str, chosen: str | None, expected: str) -> None:
    assert combine_status(listed, ReaderChoice(ADA, status=chosen), NOW) == expected


def test_a_pause_lasts_until_its_end_and_confirms_nothing() -> None:
    pause = ReaderChoice(ADA, paused_until=LATER)
    assert combine_status("active", pause, NOW) == "paused"
    assert combine_status("active", pause, LATER) == "active"
    assert combine_status("bounced", pause, NOW) == "bounced"
    assert combine_status("", pause, NOW) == ""


def test_a_choice_wins_field_by_field() -> None:
    listed = Subscriber(ADA, "Ada", ("City",), "daily", "Asia/Tokyo", "de")
    chosen = ReaderChoice(ADA, categories=(), cadence="weekly", language="")
    assert apply_choice(listed, chosen, NOW) == Subscriber(ADA, "Ada", (), "weekly", "Asia/Tokyo", "")


def test_choices_are_kept_field_by_field(database: Database) -> None:
    choices = database.reader_choices
    assert choices.find([ADA]) == {}
    choices.choose(ADA, NOW, cadence="weekly", categories=("City", "Science"))
    choices.choose(ADA, NOW, paused_until=LATER, categories=None)
    choices.choose(ZOE, NOW, status="unsubscribed")
    assert choices.find([ADA, KENJI]) == {ADA: ReaderChoice(ADA, cadence="weekly", paused_until=LATER)}
    assert [choice.email for choice in choices.stream()] == [ADA, ZOE]
    database.newsroom_list.merge([(ADA, "active", {})], NOW)
    assert [choice.email for choice in choices.stream(unlisted=True)] == [ZOE]


def test_the_revision_changes_with_each_choice(database: Database) -> None:
    seen = {database.reader_choices.revision()}
    for cadence in ("weekly", "daily"):
        database.reader_choices.choose(ADA, NOW, cadence=cadence)
        seen.add(database.reader_choices.revision())
    assert len(seen) == 3


def test_evidence_is_kept_once_and_in_order(database: Database) -> None:
    subscribed = Consent(
        ADA, "subscribed", LATER, "https://www.example.com/subscribe", "Send me the Gazette every day."
    )
    imported = Consent(ADA, "imported", NOW, "all.csv")
    database.reader_choices.choose(ADA, LATER, subscribed, status="pending")
    database.reader_choices.add_consents([imported, imported])
    assert database.reader_choices.find_consents([ADA, ZOE]) == {ADA: [imported, subscribed]}


def test_an_erased_reader_leaves_no_row_no_choice_and_no_evidence(ledger_url: str) -> None:
    with Database.open(ledger_url, KEY) as database:
        for email in (ADA, ZOE):
            database.newsroom_list.merge([(email, "active", {})], NOW)
            database.reader_choices.choose(email, NOW, Consent(email, "confirmed", NOW, "page"), cadence="weekly")
        database.subscribers.erase(ADA, NOW)
        assert database.newsroom_list.find(ADA) is None
        assert list(database.reader_choices.find([ADA, ZOE])) == [ZOE]
        assert list(database.reader_choices.find_consents([ADA, ZOE])) == [ZOE]


def claim(database: Database, edition: str, newsroom_list: ListStatuses) -> list[str]:
    with database.hold("daily"):
        queue = database.recipients.open_claim_queue(edition, make_recipient, newsroom_list=newsroom_list)
        claims = queue.record_and_claim((), (), batches=1, batch_size=9, limit=9, now=NOW)
    return [recipient.email for claim in claims for recipient in claim.recipients]


def test_a_claim_honours_what_readers_chose_and_the_list_says_by_then(database: Database) -> None:
    edition = freeze(database, 5)
    names = [f"reader{number}@example.com" for number in range(5)]
    database.reader_choices.choose(names[0], NOW, status="unsubscribed")
    database.reader_choices.choose(names[1], NOW, paused_until=LATER)
    listed = {names[0]: "active", names[1]: "active", names[2]: "bounced", names[4]: "active"}
    assert claim(database, edition, ListStatuses("subscribers.csv", lambda _: listed)) == [names[4]]
    states = {row.email: (row.state, row.detail) for row in database.recipients.stream(edition)}
    assert states[names[0]] == ("suppressed", "unsubscribed by the reader")
    assert states[names[1]] == ("suppressed", "paused by the reader")
    assert states[names[2]] == ("suppressed", "bounced in subscribers.csv")
    assert states[names[3]] == ("suppressed", "no longer in subscribers.csv")
    assert states[names[4]][0] == "sending"


def test_a_claim_looks_into_the_list_in_the_database(database: Database) -> None:
    edition = freeze(database, 3)
    names = [f"reader{number}@example.com" for number in range(3)]
    database.newsroom_list.merge([(names[0], "active", {}), (names[1], "unsubscribed", {})], NOW)
    assert claim(database, edition, ListStatuses("the database")) == [names[0]]
    details = {row.email: row.detail for row in database.recipients.stream(edition)}
    assert details[names[1]] == "unsubscribed in the database"
    assert details[names[2]] == "no longer in the database"
