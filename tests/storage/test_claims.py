"""Claims and receipts: each recipient is claimed once and settled once."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from digest.errors import StorageError
from digest.models import Message, Outcome, Receipt
from digest.storage import Database
from tests.storage.editions import LINKS, MESSAGE, NOW, edition, freeze, open_queue, readers, receipts, take_turn


def test_each_recipient_is_claimed_once_and_settled_once(database: Database) -> None:
    frozen = freeze(database, 5)
    sent: list[str] = []
    _, batch = take_turn(database, frozen, (), 2)
    while batch:
        sent += [recipient.email for recipient in batch]
        _, batch = take_turn(database, frozen, receipts(batch), 2)
    assert sorted(sent) == [f"reader{number}@example.com" for number in range(5)]
    assert database.editions.close(frozen, NOW) == "sent"
    record = database.editions.get(frozen)
    assert record
    assert (record.state, record.reached, record.unsent, record.stories) == ("sent", 5, 0, 1)
    assert {row.detail for row in database.recipients.stream(frozen)} == {"said so"}


def test_nobody_is_claimed_once_the_edition_is_stopping(database: Database) -> None:
    frozen = freeze(database, 5)
    assert not database.editions.is_stopping(frozen)
    with database.hold("daily"):
        sending = open_queue(database, frozen)
        (first,) = sending.record_and_claim((), (), batches=1, batch_size=2, limit=5, now=NOW)
        assert database.editions.request_stop(frozen)
        assert database.editions.is_stopping(frozen)
        assert (
            sending.record_and_claim(receipts(list(first.recipients)), (), batches=4, batch_size=2, limit=5, now=NOW)
            == []
        )
        assert sending.stopping
        assert [record.id for record in database.editions.list_open("daily")] == [frozen]
        assert database.sent_editions.find_articles("daily", ["id-a"]) == {"id-a": frozen}
        assert database.editions.close(frozen, NOW) == "stopped"
        assert not database.editions.request_stop(frozen)
        record = database.editions.get(frozen)
        assert record
        assert record.counts == {"accepted": 2, "skipped": 3}


def test_segments_are_claimed_separately_and_each_message_is_rendered_once(database: Database) -> None:
    rendered: list[str] = []

    def message_of(segment: str) -> Message:
        rendered.append(segment)
        return MESSAGE

    mixed = [*readers(2), *readers(2, "science"), *readers(600, "world")]
    database.editions.freeze(edition(), "s", mixed, message_of, [], [], LINKS, NOW)
    assert sorted(rendered) == ["", "science", "world"]
    claimed = []
    segment, batch = take_turn(database, edition().id, (), 1000)
    while batch:
        claimed.append((segment, len(batch)))
        segment, batch = take_turn(database, edition().id, receipts(batch), 1000)
    assert claimed == [("", 2), ("science", 2), ("world", 600)]


def test_receipts_and_the_next_claim_are_one_transaction(tmp_path: Path) -> None:
    """Both are committed or neither, and with one wait for the disk."""
    file = tmp_path / "ledger.sqlite3"
    with Database.open(f"sqlite:///{file}") as database:
        today = freeze(database, 2)
        _, (first,) = take_turn(database, today, (), 1)
        with closing(sqlite3.connect(file)) as raw, raw:
            raw.execute(
                "create trigger full_disk before update on open_claims begin select raise(abort, 'disk is full'); end"
            )
        with pytest.raises(StorageError, match="disk is full"):
            take_turn(database, today, receipts([first]), 1)
        record = database.editions.get(today)
        assert record
        assert record.counts == {"sending": 1, "pending": 1}


def test_any_reply_of_a_provider_can_be_recorded(database: Database) -> None:
    """A NUL or a lone surrogate in a server's reply must not leave its mail in doubt."""
    today = freeze(database, 3)
    _, batch = take_turn(database, today, (), 3)
    replies = ["250 \x00 ok", "250 \ud800\udc80", "250 \x1b[31m good\r\nday"]
    take_turn(
        database,
        today,
        [Receipt(reader, Outcome.DEFERRED, words) for reader, words in zip(batch, replies, strict=True)],
        0,
    )
    assert {row.detail for row in database.recipients.stream(today)} == {
        "250   ok",
        "250   ",
        "250  [31m good  day",
    }


def test_several_batches_are_claimed_together_and_a_released_one_is_pending_again(database: Database) -> None:
    mixed = [*readers(5), *readers(2, "science")]
    database.editions.freeze(edition(), "s", mixed, lambda _: MESSAGE, [], [], LINKS, NOW)
    with database.hold("daily"):
        sending = open_queue(database, edition().id)
        first = sending.record_and_claim((), (), batches=3, batch_size=2, limit=100, now=NOW)
        assert [(claim.segment, len(claim.recipients)) for claim in first] == [("", 2), ("", 2), ("", 1)]
        second = sending.record_and_claim(
            receipts(list(first[0].recipients)), first[1].recipients, batches=9, batch_size=9, limit=3, now=NOW
        )
        assert [(claim.segment, len(claim.recipients)) for claim in second] == [("science", 2), ("", 1)]
        assert second[1].recipients == first[1].recipients[:1]
        third = sending.record_and_claim((), (), batches=9, batch_size=9, limit=9, now=NOW)
        assert [claim.recipients for claim in third] == [first[1].recipients[1:]]
        assert sending.record_and_claim((), (), batches=9, batch_size=9, limit=9, now=NOW) == []


def test_a_reader_suppressed_after_being_read_ahead_is_not_claimed(database: Database) -> None:
    frozen = freeze(database, 6)
    with database.hold("daily"):
        sending = open_queue(database, frozen)
        sending.record_and_claim((), (), batches=1, batch_size=1, limit=9, now=NOW)
        database.suppressions.add("reader2@example.com", "unsubscribed", NOW)
        database.suppressions.add("reader3@example.com", "complained", NOW)
        claims = sending.record_and_claim((), (), batches=2, batch_size=2, limit=9, now=NOW)
        assert [[person.email for person in claim.recipients] for claim in claims] == [
            ["reader1@example.com"],
            ["reader4@example.com"],
        ]
        assert {row.email: row.detail for row in database.recipients.stream(frozen) if row.state == "suppressed"} == {
            "reader2@example.com": "unsubscribed",
            "reader3@example.com": "complained",
        }


def test_details_of_any_kind_are_kept(database: Database) -> None:
    frozen = freeze(database, 2)
    _, batch = take_turn(database, frozen, (), 2)
    details = ['250 2.0.0 Ok: "queued" as {4C}', "550 «nön» ' % :x \\ 🎉"]
    given = [Receipt(person, Outcome.ACCEPTED, detail) for person, detail in zip(batch, details, strict=True)]
    take_turn(database, frozen, given, 0)
    assert [row.detail for row in database.recipients.stream(frozen)] == details


def test_two_runs_that_overlap_never_claim_the_same_recipient(database: Database) -> None:
    frozen = freeze(database, 6)
    with database.hold("daily"):
        one, other = open_queue(database, frozen), open_queue(database, frozen)
        ours: list[str] = []
        theirs: list[str] = []
        for _ in range(6):  # both have read the pending recipients ahead
            for sending, claimed in ((one, ours), (other, theirs)):
                for claim in sending.record_and_claim((), (), batches=1, batch_size=1, limit=1, now=NOW):
                    claimed += [person.email for person in claim.recipients]
        assert not set(ours) & set(theirs)
        assert len(ours) + len(theirs) == 6


def test_a_recipient_suppressed_during_the_send_is_not_claimed(database: Database) -> None:
    frozen = freeze(database, 5)
    assert database.suppressions.add("reader3@example.com", "complained", NOW)
    assert not database.suppressions.add("reader3@example.com", "bounced", NOW)
    claimed = []
    _, batch = take_turn(database, frozen, (), 2)
    database.suppressions.add("reader4@example.com", "unsubscribed", NOW)
    while batch:
        claimed += [recipient.email for recipient in batch]
        _, batch = take_turn(database, frozen, receipts(batch), 2)
    assert claimed == [f"reader{number}@example.com" for number in range(3)]
    assert database.editions.close(frozen, NOW) == "sent"
    states = {row.email: (row.state, row.detail) for row in database.recipients.stream(frozen)}
    assert states["reader3@example.com"] == ("suppressed", "complained")
    assert states["reader4@example.com"] == ("suppressed", "unsubscribed")
    assert database.suppressions.remove("reader3@example.com")
    assert not database.suppressions.remove("reader3@example.com")
    assert [item.email for item in database.suppressions.list_all()] == ["reader4@example.com"]


@pytest.mark.parametrize(
    ("detail", "suppressed"),
    [("550 5.1.1 no such user", True), ("550 5.2.2 mailbox full", False), ("554 5.7.1 looks like spam", False)],
)
def test_an_address_that_bounced_is_suppressed_automatically(
    database: Database, detail: str, *, suppressed: bool
) -> None:
    frozen = freeze(database, 1)
    _, batch = take_turn(database, frozen, (), 1)
    take_turn(database, frozen, [Receipt(batch[0], Outcome.REFUSED, detail)], 0)
    assert [item.reason for item in database.suppressions.list_all()] == ["bounced"] * suppressed
