"""Readers who asked to be forgotten: gone from the ledger, and never mailed again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigError
from digest.models import Article, Edition, Message, Outcome, Receipt, Recipient, Window
from digest.storage import Database, FrozenLinks, FrozenRecipient
from digest.storage.pseudonyms import ERASED_PREFIX, make_pseudonym

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
KEY = "for tests only"
ADA, KENJI, ZOE = "ada@example.com", "kenji@example.org", "zoe@example.net"


def freeze(database: Database, *emails: str, day: int = 23) -> str:
    end = NOW.replace(day=day)
    edition = Edition(
        id=f"2026-11-{day}-daily",
        cadence="daily",
        date=date(2026, 11, day),
        window=Window(end - timedelta(days=1), end),
        lead=Article(url="", headline="The ferry returns", source="feed"),
        lead_section="City",
        sections=(),
    )
    readers = [FrozenRecipient(email, "A Name", "") for email in emails]
    message = Message(subject="s", html="h", text="t")
    assert database.editions.freeze(
        edition, "s", readers, lambda _: message, [], [], FrozenLinks("example.com"), NOW
    ) == len(emails)
    return edition.id


def make_recipient(email: str, name: str) -> Recipient:
    return Recipient(email, f"id-of-{email}", {"name": name})


def record(database: Database, edition: str, receipts: list[Receipt]) -> None:
    with database.hold("daily"):
        database.recipients.open_claim_queue(edition, make_recipient).record_and_claim(
            receipts, (), batches=0, batch_size=1, limit=1, now=NOW
        )


def claimed(database: Database, edition: str, given: tuple[Receipt, ...] = (), size: int = 9) -> list[Recipient]:
    with database.hold("daily"):
        claims = database.recipients.open_claim_queue(edition, make_recipient).record_and_claim(
            given, (), batches=1, batch_size=size, limit=99, now=LATER
        )
    return [person for claim in claims for person in claim.recipients]


def states(database: Database, edition: str) -> dict[str, str]:
    return {row.email: row.state for row in database.recipients.stream(edition)}


@pytest.fixture
def database(ledger_url: str) -> Iterator[Database]:
    with Database.open(ledger_url, KEY) as opened:
        yield opened


def test_a_pseudonym_replaces_the_address_and_the_outcome_of_the_mail_stays(database: Database) -> None:
    edition = freeze(database, ADA, KENJI)
    batch = claimed(database, edition)
    detail = f"250 taken for <{ADA}>"
    record(database, edition, [Receipt(person, Outcome.ACCEPTED, detail) for person in batch])
    database.suppressions.add(ADA, "complained", NOW)
    assert database.subscribers.erase(ADA, LATER) == 1
    name = make_pseudonym(ADA, KEY)
    assert name.startswith(ERASED_PREFIX)
    rows = {row.email: row for row in database.recipients.stream(edition)}
    assert set(rows) == {name, KENJI}
    assert (rows[name].state, rows[name].detail) == ("accepted", "erased")
    assert [(item.email, item.reason, item.since) for item in database.suppressions.list_all()] == [
        (name, "complained", NOW)
    ]


def test_an_erased_reader_is_not_mailed_even_if_the_list_has_them_again(database: Database) -> None:
    assert database.subscribers.erase(ADA, NOW) == 0
    edition = freeze(database, ADA, KENJI, ZOE)
    database.suppressions.add(ZOE, "bounced", NOW)
    assert [person.email for person in claimed(database, edition)] == [KENJI]
    rows = {row.email: (row.state, row.detail) for row in database.recipients.stream(edition)}
    assert rows[ADA] == ("suppressed", "unsubscribed")
    assert rows[ZOE] == ("suppressed", "bounced")


def test_more_erased_readers_than_a_batch_holds_are_left_out(database: Database) -> None:
    for email in (ADA, KENJI):
        database.subscribers.erase(email, NOW)
    edition = freeze(database, ADA, KENJI, ZOE)
    assert [person.email for person in claimed(database, edition, size=1)] == [ZOE]


def test_an_open_edition_is_settled_first(database: Database) -> None:
    edition = freeze(database, ADA, KENJI, ZOE)
    first = claimed(database, edition, size=1)
    claimed(database, edition, (Receipt(first[0], Outcome.DEFERRED, "later"),), size=1)  # the process dies here
    assert states(database, edition) == {ADA: "deferred", KENJI: "sending", ZOE: "pending"}
    for email in (ADA, KENJI, ZOE):
        assert database.subscribers.erase(email, LATER) == 1
    assert list(states(database, edition).values()) == ["suppressed", "in_doubt", "suppressed"]
    # Even if a person resends to those in doubt, there is nobody to send to.
    assert database.recipients.resolve_in_doubt(edition, LATER, send=True) == 1
    assert claimed(database, edition) == []
    assert list(states(database, edition).values()) == ["suppressed"] * 3
    assert database.editions.close(edition, LATER) == "cancelled"


def test_suppressions_are_also_found_by_the_pseudonym(database: Database) -> None:
    database.subscribers.erase(ADA, NOW)
    found = database.suppressions.find([ADA, KENJI])
    assert {email: item.email for email, item in found.items()} == {ADA: make_pseudonym(ADA, KEY)}
    assert not database.suppressions.add(ADA, "unsubscribed", NOW)
    assert database.suppressions.add_all([(ADA, "bounced"), (KENJI, "bounced"), (KENJI, "bounced")], NOW) == 1
    assert database.suppressions.remove(ADA)
    assert set(database.suppressions.find([ADA, KENJI])) == {KENJI}


def test_erasing_twice_is_the_same_as_erasing_once(database: Database) -> None:
    edition = freeze(database, ADA)
    assert database.subscribers.erase(ADA, NOW) == 1
    assert database.subscribers.erase(ADA, LATER) == 0
    assert len(database.suppressions.list_all()) == 1
    assert list(states(database, edition)) == [make_pseudonym(ADA, KEY)]


def test_without_a_secret_nobody_is_erased(ledger_url: str) -> None:
    with Database.open(ledger_url) as database, pytest.raises(ConfigError, match="DIGEST_SECRET_KEY"):
        database.subscribers.erase(ADA, NOW)


@pytest.mark.parametrize(("secret", "words"), [("", "with no DIGEST_SECRET_KEY"), ("another", "with this")])
def test_nobody_is_mailed_while_erased_readers_cannot_be_recognised(ledger_url: str, secret: str, words: str) -> None:
    with Database.open(ledger_url, KEY) as database:
        database.subscribers.erase(ADA, NOW)
        edition = freeze(database, ADA, KENJI)
    with Database.open(ledger_url, secret) as database:
        with pytest.raises(ConfigError, match=words):
            claimed(database, edition)
        with pytest.raises(ConfigError, match=words):
            database.suppressions.find([KENJI])
        assert set(states(database, edition).values()) == {"pending"}
        assert database.suppressions.remove(make_pseudonym(ADA, KEY))  # the key is lost: unsuppressed by her pseudonym
        assert len(claimed(database, edition)) == 2


def test_nothing_of_the_reader_is_left_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    with Database.open(f"sqlite:///{file}", KEY) as database:
        edition = freeze(database, *(f"reader{number}@example.com" for number in range(300)), ADA)
        batch = claimed(database, edition, size=400)
        given = [Receipt(person, Outcome.REFUSED, f"550 5.1.1 <{person.email}>") for person in batch]
        record(database, edition, given)
        database.subscribers.erase(ADA, LATER)
        # While the ledger is open: what is left would be in the file or in the log beside it.
        written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"reader7@example.com" in written
    assert b"ada@" not in written


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_a_pseudonym_belongs_to_one_address_and_one_key(email: str, other: str, secret: str) -> None:
    secret = secret.encode(errors="replace").decode()
    email, other = (text.encode(errors="replace").decode() for text in (email, other))
    assert (make_pseudonym(email, secret) == make_pseudonym(other, secret)) == (email == other)
    assert make_pseudonym(email, secret) != make_pseudonym(email, f"{secret}x")
