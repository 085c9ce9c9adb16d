"""What the ledger promises, on both databases."""

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import LockedError, StorageError
from digest.models import Article, Edition, InlineImage, MergeField, Message, Outcome, Receipt, Recipient, Window
from digest.storage import ClaimQueue, Database, EditionArticle, EditionSource, FrozenLinks, FrozenRecipient, Lease

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
LEAD = Article(url="https://www.example.com/a", headline="The ferry returns", source="feed")
MESSAGE = Message(
    subject="The ferry returns",
    html="<p>xtok1x</p>",
    text="xtok2x",
    merge_fields=(MergeField("name", "xtok1x", "html"), MergeField("name", "xtok2x", "text")),
    images=(InlineImage("a@digest", "a.png", "image/png", b"\x89PNG\x00\xff"),),
    headers=(("List-Id", "<digest.example.com>"),),
)

LINKS = FrozenLinks("example.com", unsubscribe_mailto="leave@example.com")


def edition(day: int = 23, cadence: str = "daily") -> Edition:
    end = NOW.replace(day=day)
    assert cadence in {"daily", "weekly"}
    return Edition(
        id=f"2026-11-{day}-{cadence}",
        cadence="daily" if cadence == "daily" else "weekly",
        date=date(2026, 11, day),
        window=Window(end - timedelta(days=1), end),
        lead=LEAD,
        lead_section="City",
        sections=(),
    )


def readers(count: int, segment: str = "") -> Iterator[FrozenRecipient]:
    for number in range(count):
        email = f"reader{number}{segment}@example.com"
        yield FrozenRecipient(email, "Zoë", segment)


def make_recipient(email: str, name: str) -> Recipient:
    return Recipient(email, f"id-of-{email}", {"name": name, "email": email})


def freeze(database: Database, count: int = 3, day: int = 23) -> str:
    today = edition(day)
    frozen = database.editions.freeze(
        today,
        "The ferry returns",
        readers(count),
        lambda _: MESSAGE,
        [EditionArticle("id-a", "The ferry returns")],
        [EditionSource("feed", failed=False, next_start=today.window.end)],
        LINKS,
        today.window.end,
    )
    assert frozen == count
    return today.id


def receipts(batch: list[Recipient], outcome: Outcome = Outcome.ACCEPTED) -> list[Receipt]:
    return [Receipt(recipient, outcome, "said so") for recipient in batch]


def open_queue(database: Database, edition: str, lease: Lease) -> ClaimQueue:
    return database.recipients.open_claim_queue(edition, lease, make_recipient)


def turn(database: Database, edition: str, told: Sequence[Receipt], size: int) -> tuple[str, list[Recipient]]:
    """Record and claim one batch: its segment and its recipients."""
    with database.hold("daily") as lease:
        claims = open_queue(database, edition, lease).record_and_claim(
            told, (), batches=1 if size else 0, batch_size=size, limit=1000, now=NOW
        )
    return (claims[0].segment, list(claims[0].recipients)) if claims else ("", [])


@pytest.fixture
def database(ledger_url: str) -> Iterator[Database]:
    with Database.open(ledger_url) as opened:
        yield opened


def test_what_is_frozen_comes_back_as_it_was(database: Database) -> None:
    frozen = freeze(database)
    assert database.editions.get_message(frozen, "") == MESSAGE
    segment, batch = turn(database, frozen, (), 10)
    assert segment == ""
    assert batch[0] == make_recipient("reader0@example.com", "Zoë")
    with pytest.raises(StorageError, match="no message"):
        database.editions.get_message(frozen, "science")


def test_each_recipient_is_claimed_once_and_settled_once(database: Database) -> None:
    frozen = freeze(database, 5)
    sent: list[str] = []
    _, batch = turn(database, frozen, (), 2)
    while batch:
        sent += [recipient.email for recipient in batch]
        _, batch = turn(database, frozen, receipts(batch), 2)
    assert sorted(sent) == [f"reader{number}@example.com" for number in range(5)]
    assert database.editions.close(frozen, NOW) == "sent"
    record = database.editions.get(frozen)
    assert record
    assert (record.state, record.reached, record.unsent, record.stories) == ("sent", 5, 0, 1)
    assert {row.detail for row in database.recipients.stream(frozen)} == {"said so"}


def test_of_an_edition_that_somebody_stops_nobody_more_is_claimed(database: Database) -> None:
    frozen = freeze(database, 5)
    assert not database.editions.is_stopping(frozen)
    with database.hold("daily") as lease:
        sending = open_queue(database, frozen, lease)
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


def test_segments_are_claimed_apart_each_message_asked_for_once(database: Database) -> None:
    asked: list[str] = []

    def message_of(segment: str) -> Message:
        asked.append(segment)
        return MESSAGE

    mixed = [*readers(2), *readers(2, "science"), *readers(600, "world")]
    database.editions.freeze(edition(), "s", mixed, message_of, [], [], LINKS, NOW)
    assert sorted(asked) == ["", "science", "world"]
    claimed = []
    segment, batch = turn(database, edition().id, (), 1000)
    while batch:
        claimed.append((segment, len(batch)))
        segment, batch = turn(database, edition().id, receipts(batch), 1000)
    assert claimed == [("", 2), ("science", 2), ("world", 600)]


def test_nobody_to_send_to_leaves_no_trace(database: Database) -> None:
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


def test_what_a_crash_left_in_flight_is_in_doubt_and_not_sent_again(ledger_url: str) -> None:
    with Database.open(ledger_url) as database:
        frozen = freeze(database, 5)
        turn(database, frozen, (), 2)  # and here the process dies
    with Database.open(ledger_url) as database:
        assert database.recipients.recover(frozen, NOW) == 2
        _, batch = turn(database, frozen, (), 10)
        assert [recipient.email for recipient in batch] == [f"reader{number}@example.com" for number in (2, 3, 4)]
        turn(database, frozen, receipts(batch), 0)
        assert database.editions.close(frozen, NOW) == "sent"
        states = [row.state for row in database.recipients.stream(frozen)]
        assert states == ["in_doubt", "in_doubt", "accepted", "accepted", "accepted"]


def test_deferred_recipients_keep_the_edition_open_and_are_tried_again(database: Database) -> None:
    frozen = freeze(database, 2)
    _, batch = turn(database, frozen, (), 2)
    turn(database, frozen, [*receipts(batch[:1]), *receipts(batch[1:], Outcome.DEFERRED)], 0)
    assert database.editions.close(frozen, NOW) == "frozen"
    assert [record.id for record in database.editions.list_open("daily")] == [frozen]
    assert database.recipients.recover(frozen, NOW) == 0
    _, again = turn(database, frozen, (), 2)
    assert again == batch[1:]


def test_receipts_and_the_next_claim_are_one_transaction(tmp_path: Path) -> None:
    """Both or neither, and one wait for the disk rather than two."""
    file = tmp_path / "ledger.sqlite3"
    with Database.open(f"sqlite:///{file}") as database:
        today = freeze(database, 2)
        _, (first,) = turn(database, today, (), 1)
        with sqlite3.connect(file) as raw:
            raw.execute(
                "create trigger full_disk before insert on open_claims begin select raise(abort, 'disk is full'); end"
            )
        with pytest.raises(StorageError, match="disk is full"):
            turn(database, today, receipts([first]), 1)
        record = database.editions.get(today)
        assert record
        assert record.counts == {"sending": 1, "pending": 1}


def test_whatever_a_provider_says_can_be_recorded(database: Database) -> None:
    """A NUL or a lone surrogate in a server's words must not have its mail be unknown."""
    today = freeze(database, 3)
    _, batch = turn(database, today, (), 3)
    said = ["250 \x00 ok", "250 \ud800\udc80", "250 \x1b[31m good\r\nday"]
    turn(
        database,
        today,
        [Receipt(reader, Outcome.DEFERRED, words) for reader, words in zip(batch, said, strict=True)],
        0,
    )
    assert {row.detail for row in database.recipients.stream(today)} == {
        "250   ok",
        "250   ",
        "250  [31m good  day",
    }


def test_several_batches_are_claimed_at_once_and_one_that_is_released_is_pending_again(database: Database) -> None:
    mixed = [*readers(5), *readers(2, "science")]
    database.editions.freeze(edition(), "s", mixed, lambda _: MESSAGE, [], [], LINKS, NOW)
    with database.hold("daily") as lease:
        sending = open_queue(database, edition().id, lease)
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


def test_who_is_suppressed_while_read_ahead_is_passed_over(database: Database) -> None:
    frozen = freeze(database, 6)
    with database.hold("daily") as lease:
        sending = open_queue(database, frozen, lease)
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
    _, batch = turn(database, frozen, (), 2)
    details = ['250 2.0.0 Ok: "queued" as {4C}', "550 «nön» ' % :x \\ 🎉"]
    told = [Receipt(person, Outcome.ACCEPTED, detail) for person, detail in zip(batch, details, strict=True)]
    turn(database, frozen, told, 0)
    assert [row.detail for row in database.recipients.stream(frozen)] == details


def test_refusals_that_were_nobody_s_fault_are_taken_back(database: Database) -> None:
    frozen = freeze(database, 3)
    _, batch = turn(database, frozen, (), 3)
    turn(database, frozen, [*receipts(batch[:2], Outcome.REFUSED), *receipts(batch[2:])], 0)
    assert database.recipients.revert_refusals(frozen, [person.email for person in batch], [], NOW) == 2
    assert turn(database, frozen, (), 9)[1] == batch[:2]


def test_bounces_that_were_nobody_s_fault_suppress_nobody(database: Database) -> None:
    frozen = freeze(database, 3)
    database.suppressions.add("reader2@example.com", "unsubscribed", NOW)
    _, batch = turn(database, frozen, (), 3)
    turn(database, frozen, [Receipt(person, Outcome.REFUSED, "550 5.1.1 no such user") for person in batch], 0)
    assert len(database.suppressions.list_all()) == 3
    everyone = [f"reader{number}@example.com" for number in range(3)]
    assert database.recipients.revert_refusals(frozen, everyone, everyone, NOW) == 2
    assert [(item.email, item.reason) for item in database.suppressions.list_all()] == [
        ("reader2@example.com", "unsubscribed")
    ]


def test_of_two_runs_at_work_after_all_each_has_whom_it_claimed_itself(database: Database) -> None:
    frozen = freeze(database, 6)
    with database.hold("daily") as lease:
        one, other = open_queue(database, frozen, lease), open_queue(database, frozen, lease)
        ours: list[str] = []
        theirs: list[str] = []
        for _ in range(6):  # both have read ahead who is pending
            for sending, claimed in ((one, ours), (other, theirs)):
                for claim in sending.record_and_claim((), (), batches=1, batch_size=1, limit=1, now=NOW):
                    claimed += [person.email for person in claim.recipients]
        assert not set(ours) & set(theirs)
        assert len(ours) + len(theirs) == 6


def test_an_edition_that_everybody_was_refused_is_not_sent(database: Database) -> None:
    frozen = freeze(database, 2)
    _, batch = turn(database, frozen, (), 2)
    turn(database, frozen, receipts(batch, Outcome.REFUSED), 0)
    assert database.editions.close(frozen, NOW) == "cancelled"
    assert database.sent_editions.find_articles("daily", {"id-a"}) == {}


def test_articles_count_as_sent_only_when_somebody_got_the_edition(database: Database) -> None:
    frozen = freeze(database, 1, day=22)
    assert database.sent_editions.find_articles("daily", {"id-a", "id-b"}) == {}
    assert database.sent_editions.find_last_window_end("daily") is None
    assert database.editions.close(frozen, NOW, give_up="too late") == "cancelled"
    assert [(row.state, row.detail) for row in database.recipients.stream(frozen)] == [("skipped", "too late")]
    assert database.sent_editions.find_articles("daily", {"id-a"}) == {}

    frozen = freeze(database, 1)
    _, batch = turn(database, frozen, (), 1)
    turn(database, frozen, receipts(batch), 0)
    database.editions.close(frozen, NOW)
    assert database.sent_editions.find_articles("daily", {"id-a", "id-b"}) == {"id-a": frozen}
    assert database.sent_editions.find_articles("weekly", {"id-a"}) == {}
    assert database.sent_editions.find_last_window_end("daily") == NOW
    assert database.sent_editions.find_last_sources("daily")["feed"].next_start == NOW


def test_giving_up_after_some_got_it_stops_the_edition(database: Database) -> None:
    frozen = freeze(database, 3)
    _, batch = turn(database, frozen, (), 1)
    turn(database, frozen, receipts(batch), 0)
    assert database.editions.close(frozen, NOW, give_up="too late") == "stopped"
    assert database.sent_editions.find_articles("daily", {"id-a"}) == {"id-a": frozen}
    assert database.editions.list_open("daily") == []


def test_two_runs_at_once_cannot_both_hold_the_lock(ledger_url: str) -> None:
    with Database.open(ledger_url) as one, Database.open(ledger_url) as two:
        with one.hold("daily"), pytest.raises(LockedError) as caught, two.hold("daily"):
            pass
        assert caught.value.exit_status == 75
        with one.hold("daily"), two.hold("weekly"):
            pass
        with two.hold("daily"):
            pass


def test_reading_where_there_is_no_ledger_makes_none(ledger_url: str, tmp_path: Path) -> None:
    with Database.open_to_read(ledger_url) as database:
        assert database.editions.list_latest() == []
    assert list(tmp_path.iterdir()) == []
    with Database.open_to_read(ledger_url) as database, database.hold("daily"):
        assert database.name.startswith("sqlite://")


def test_reading_sees_what_a_run_wrote(database: Database, ledger_url: str) -> None:
    frozen = freeze(database)
    with Database.open_to_read(ledger_url) as reader:
        assert [record.id for record in reader.editions.list_latest("daily")] == [frozen]
        assert reader.editions.get("2020-01-01-daily") is None


def test_a_ledger_of_another_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    Database.open(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        connection.execute("update digest_ledger set version = 99")
    connection.close()
    for opening in (Database.open, Database.open_to_read):
        with pytest.raises(StorageError, match="version 99"):
            opening(f"sqlite:///{file}")


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    file.write_text("not a database, not at all" * 100)
    with pytest.raises(StorageError, match="move the file away"):
        Database.open(f"sqlite:///{file}")


def test_a_server_that_is_not_there_is_named_without_its_password() -> None:
    with pytest.raises(StorageError, match="DIGEST_DATABASE_URL") as caught:
        Database.open("postgresql://digest:hush@127.0.0.1:1/digest")
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("url", ["nonsense", "oracle9i://x/y", "mysql://root@localhost/digest"])
def test_a_url_that_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(StorageError):
        Database.open(url)


def test_who_is_suppressed_is_not_claimed_however_late(database: Database) -> None:
    frozen = freeze(database, 5)
    assert database.suppressions.add("reader3@example.com", "complained", NOW)
    assert not database.suppressions.add("reader3@example.com", "bounced", NOW)
    claimed = []
    _, batch = turn(database, frozen, (), 2)
    database.suppressions.add("reader4@example.com", "unsubscribed", NOW)
    while batch:
        claimed += [recipient.email for recipient in batch]
        _, batch = turn(database, frozen, receipts(batch), 2)
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
def test_an_address_that_does_not_exist_is_suppressed_by_itself(
    database: Database, detail: str, *, suppressed: bool
) -> None:
    frozen = freeze(database, 1)
    _, batch = turn(database, frozen, (), 1)
    turn(database, frozen, [Receipt(batch[0], Outcome.REFUSED, detail)], 0)
    assert [item.reason for item in database.suppressions.list_all()] == ["bounced"] * suppressed


def test_a_ledger_whose_making_was_cut_short_is_made_whole(tmp_path: Path) -> None:
    file = tmp_path / "ledger.sqlite3"
    Database.open(f"sqlite:///{file}").close()
    with sqlite3.connect(file) as connection:
        connection.execute("delete from digest_ledger")
        connection.execute("drop table suppressions")
    connection.close()
    with Database.open_to_read(f"sqlite:///{file}") as reader:
        assert reader.name == "sqlite://"
    with Database.open(f"sqlite:///{file}") as database:
        freeze(database)
        assert database.suppressions.list_all() == []
