"""Readers who asked to be forgotten: gone from the ledger, and never mailed again."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigError
from digest.storage import FrozenRecipient, Ledger
from digest.storage.erasure import ERASED, pseudonym
from digest.models import Article, Edition, Message, Outcome, Receipt, Recipient, Window

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
KEY = "for tests only"
ADA, KENJI, ZOE = "ada@example.com", "kenji@example.org", "zoe@example.net"


def freeze(ledger: Ledger, *emails: str, day: int = 23) -> str:
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
    readers = [
        FrozenRecipient(
            Recipient(email, f"id-of-{email}", {"name": "A Name", "unsubscribe_url": f"https://x.example/{email}"}), ""
        )
        for email in emails
    ]
    message = Message(subject="s", html="h", text="t")
    assert ledger.freeze(edition, "s", readers, lambda _: message, [], [], NOW) == len(emails)
    return edition.id


def claimed(ledger: Ledger, edition: str, told: tuple[Receipt, ...] = (), size: int = 9) -> list[Recipient]:
    claims = ledger.sending(edition).turn(told, (), batches=1, size=size, most=99, now=LATER)
    return [person for claim in claims for person in claim.recipients]


def states(ledger: Ledger, edition: str) -> dict[str, str]:
    return {row.email: row.state for row in ledger.recipients(edition)}


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    with Ledger.open(ledger_url, KEY) as opened:
        yield opened


def test_a_pseudonym_takes_the_address_s_place_and_what_became_of_the_mail_stays(ledger: Ledger) -> None:
    edition = freeze(ledger, ADA, KENJI)
    batch = claimed(ledger, edition)
    detail = f"250 taken for <{ADA}>"
    ledger.sending(edition).turn(
        [Receipt(person, Outcome.ACCEPTED, detail) for person in batch], (), batches=0, size=1, most=1, now=NOW
    )
    ledger.suppress(ADA, "complained", NOW)
    assert ledger.erase(ADA, LATER) == 1
    name = pseudonym(ADA, KEY)
    assert name.startswith(ERASED)
    rows = {row.email: row for row in ledger.recipients(edition)}
    assert set(rows) == {name, KENJI}
    assert (rows[name].state, rows[name].detail) == ("accepted", "erased")
    assert [(item.email, item.reason, item.since) for item in ledger.suppressions()] == [(name, "complained", NOW)]


def test_who_is_erased_is_not_mailed_though_the_list_has_them_again(ledger: Ledger) -> None:
    assert ledger.erase(ADA, NOW) == 0
    edition = freeze(ledger, ADA, KENJI, ZOE)
    ledger.suppress(ZOE, "bounced", NOW)
    assert [person.email for person in claimed(ledger, edition)] == [KENJI]
    rows = {row.email: (row.state, row.detail) for row in ledger.recipients(edition)}
    assert rows[ADA] == ("suppressed", "unsubscribed")
    assert rows[ZOE] == ("suppressed", "bounced")


def test_more_erased_readers_than_a_batch_holds_are_passed_over(ledger: Ledger) -> None:
    for email in (ADA, KENJI):
        ledger.erase(email, NOW)
    edition = freeze(ledger, ADA, KENJI, ZOE)
    assert [person.email for person in claimed(ledger, edition, size=1)] == [ZOE]


def test_an_open_edition_is_settled_first(ledger: Ledger) -> None:
    edition = freeze(ledger, ADA, KENJI, ZOE)
    first = claimed(ledger, edition, size=1)
    claimed(ledger, edition, (Receipt(first[0], Outcome.DEFERRED, "later"),), size=1)  # and here the process dies
    assert states(ledger, edition) == {ADA: "deferred", KENJI: "sending", ZOE: "pending"}
    for email in (ADA, KENJI, ZOE):
        assert ledger.erase(email, LATER) == 1
    assert list(states(ledger, edition).values()) == ["suppressed", "in_doubt", "suppressed"]
    # Though a person says to send again to whoever is in doubt, there is nobody to send to.
    assert ledger.decide(edition, LATER, send=True) == 1
    assert claimed(ledger, edition) == []
    assert list(states(ledger, edition).values()) == ["suppressed"] * 3
    assert ledger.settle(edition, LATER) == "cancelled"


def test_suppressions_are_looked_up_by_the_pseudonym_too(ledger: Ledger) -> None:
    ledger.erase(ADA, NOW)
    found = ledger.suppressed([ADA, KENJI])
    assert {email: item.email for email, item in found.items()} == {ADA: pseudonym(ADA, KEY)}
    assert not ledger.suppress(ADA, "unsubscribed", NOW)
    assert ledger.suppress_all([(ADA, "bounced"), (KENJI, "bounced"), (KENJI, "bounced")], NOW) == 1
    assert ledger.unsuppress(ADA)
    assert set(ledger.suppressed([ADA, KENJI])) == {KENJI}


def test_erasing_twice_is_erasing_once(ledger: Ledger) -> None:
    edition = freeze(ledger, ADA)
    assert ledger.erase(ADA, NOW) == 1
    assert ledger.erase(ADA, LATER) == 0
    assert len(ledger.suppressions()) == 1
    assert list(states(ledger, edition)) == [pseudonym(ADA, KEY)]


def test_without_a_secret_nobody_is_erased(ledger_url: str) -> None:
    with Ledger.open(ledger_url) as ledger, pytest.raises(ConfigError, match="DIGEST_SECRET_KEY"):
        ledger.erase(ADA, NOW)


@pytest.mark.parametrize(("secret", "words"), [("", "with no DIGEST_SECRET_KEY"), ("another", "with this")])
def test_nobody_is_mailed_while_the_erased_would_not_be_known(ledger_url: str, secret: str, words: str) -> None:
    with Ledger.open(ledger_url, KEY) as ledger:
        ledger.erase(ADA, NOW)
        edition = freeze(ledger, ADA, KENJI)
    with Ledger.open(ledger_url, secret) as ledger:
        with pytest.raises(ConfigError, match=words):
            claimed(ledger, edition)
        with pytest.raises(ConfigError, match=words):
            ledger.suppressed([KENJI])
        assert set(states(ledger, edition).values()) == {"pending"}
        assert ledger.unsuppress(pseudonym(ADA, KEY))  # the key is lost: she is given up by her pseudonym
        assert len(claimed(ledger, edition)) == 2


def test_nothing_of_the_reader_is_left_in_the_file(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    with Ledger.open(f"sqlite:///{file}", KEY) as ledger:
        edition = freeze(ledger, *(f"reader{number}@example.com" for number in range(300)), ADA)
        batch = claimed(ledger, edition, size=400)
        told = [Receipt(person, Outcome.REFUSED, f"550 5.1.1 <{person.email}>") for person in batch]
        ledger.sending(edition).turn(told, (), batches=0, size=1, most=1, now=NOW)
        ledger.erase(ADA, LATER)
        # While the ledger is open: what is left would be in the file or in the log beside it.
        written = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"reader7@example.com" in written
    assert b"ada@" not in written


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_a_pseudonym_is_that_of_one_address_and_one_key(email: str, other: str, secret: str) -> None:
    secret = secret.encode(errors="replace").decode()
    email, other = (text.encode(errors="replace").decode() for text in (email, other))
    assert (pseudonym(email, secret) == pseudonym(other, secret)) == (email == other)
    assert pseudonym(email, secret) != pseudonym(email, f"{secret}x")
