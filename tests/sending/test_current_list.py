"""A status that changes, or a row that is deleted, after the edition was frozen: honoured at the next claim."""

from datetime import timedelta
from typing import Any

import pytest

from digest.sending.send import send
from digest.storage import Database
from digest.subscribers import import_subscribers
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import NOW
from tests.servers.smtp import SmtpServer

EDITION = "2026-11-23-daily"
NAMES = ("ada", "bo", "cy", "di")
ROWS = [f"{name}@example.com,{name}" for name in NAMES]


def states(newsroom: NewsroomFolder) -> dict[str, tuple[str, str]]:
    with Database.read_for(newsroom.run()[0].config) as database:
        rows = database.recipients.stream(EDITION)
        return {row.email.partition("@")[0]: (row.state, row.detail) for row in rows}


def freeze_only(newsroom: NewsroomFolder, smtp_server: SmtpServer, *rows: str) -> None:
    newsroom.through_smtp(smtp_server)
    newsroom.subscribe(*rows)
    newsroom.send(limit=1)


def test_a_resume_honours_a_new_status_and_a_deleted_row(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    freeze_only(newsroom, smtp_server, *ROWS)
    newsroom.subscribe(ROWS[0], f"{ROWS[1]},,,,,unsubscribed", ROWS[3])
    assert "1 accepted, 0 refused, 2 suppressed" in str(newsroom.send())
    found = states(newsroom)
    assert found["bo"] == ("suppressed", "unsubscribed in subscribers.csv")
    assert found["cy"] == ("suppressed", "no longer in subscribers.csv")
    assert smtp_server.handler.recipients == ["ada@example.com", "di@example.com"]


def test_a_change_during_the_run_is_honoured_by_its_next_claim(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(smtp_server, options="connections = 1\n")
    newsroom.subscribe(*ROWS)

    def change_the_list(done: int, _: int) -> None:
        if done == 1:
            newsroom.subscribe(*ROWS[:2], f"{ROWS[2]},,,,,bounced")

    newsroom.send(report_progress=change_the_list)
    assert [state for state, _ in states(newsroom).values()] == ["accepted", "accepted", "suppressed", "suppressed"]


@pytest.mark.parametrize(
    "rows",
    [
        ROWS[:2],
        [*ROWS[:2], "cy@example,cy", ROWS[3]],
        [*ROWS[:3], '"di@example.com,di'],
        [*ROWS[:3], f"{ROWS[3]},,,,,zzz"],
    ],
    ids=["half a file", "a typo", "an open quote", "an unknown status"],
)
def test_a_file_that_may_be_incomplete_withdraws_nobody_and_is_reported(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, rows: list[str]
) -> None:
    freeze_only(newsroom, smtp_server, *ROWS)
    newsroom.subscribe(*rows)
    run, problems = newsroom.run()
    (report,) = send(run)
    assert "3 accepted, 0 refused, " in str(report)
    assert "suppressed" not in str(report)
    assert sorted(smtp_server.handler.recipients) == [f"{name}@example.com" for name in NAMES]
    assert ["may be incomplete" in str(problem) for problem in problems] == [True]
    assert "digest suppress EMAIL" in problems[0].hint


def test_a_deleted_row_is_reported(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    freeze_only(newsroom, smtp_server, *ROWS)
    newsroom.subscribe(*ROWS[:3])
    run, problems = newsroom.run()
    assert "2 accepted, 0 refused, 1 suppressed" in str(*send(run))
    assert "no longer lists 1 of 4 recipients; they are left out" in str(problems[0])


@pytest.mark.parametrize("text", [None, "", "email\n", "name\nAda\n"])
def test_a_list_that_cannot_be_used_ends_no_edition(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, text: str | None
) -> None:
    freeze_only(newsroom, smtp_server, *ROWS)
    if text is None:
        (newsroom.path / "subscribers.csv").unlink()
    else:
        newsroom.write("subscribers.csv", text)
    run, problems = newsroom.run()
    with Database.open_for(run.config) as database, database.hold("daily"):
        from digest.sending.deliver import deliver

        record = database.editions.get(EDITION)
        assert record
        deliver(run, database, record)
    assert {state for state, _ in states(newsroom).values()} == {"accepted"}
    (problem,) = problems
    assert problem.hint == "the recipients are sent to as they were when the edition was frozen"


def test_an_unchanged_list_is_not_read_again(
    newsroom: NewsroomFolder, smtp_server: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    freeze_only(newsroom, smtp_server, *ROWS)

    def read_again(*_: Any) -> None:
        raise AssertionError("the list is read although it did not change")

    monkeypatch.setattr("digest.subscribers.csv_store.read_subscribers", read_again)
    assert "3 accepted" in str(newsroom.send())


def test_what_readers_choose_meanwhile_is_honoured(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    freeze_only(newsroom, smtp_server, *ROWS)
    with Database.open_for(newsroom.run()[0].config) as database:
        database.reader_choices.choose("bo@example.com", NOW, status="unsubscribed")
        database.reader_choices.choose("cy@example.com", NOW, paused_until=NOW + timedelta(days=9))
        database.reader_choices.choose("di@example.com", NOW, status="active")
    newsroom.subscribe(*ROWS[:3])  # the newsroom deleted di, who subscribed all the same
    newsroom.send()
    found = states(newsroom)
    assert found["bo"] == ("suppressed", "unsubscribed by the reader")
    assert found["cy"] == ("suppressed", "paused by the reader")
    assert found["di"][0] == "accepted"


def test_a_list_in_the_database_is_honoured_too(newsroom: NewsroomFolder, smtp_server: SmtpServer) -> None:
    newsroom.through_smtp(smtp_server, ("[audience]\n", '[audience]\nsubscribers = "database"\n'))
    newsroom.subscribe(*ROWS)
    config = newsroom.run()[0].config
    report = import_subscribers(config, newsroom.path / "subscribers.csv", NOW, lambda _: None)
    assert report.result.added == 4
    (newsroom.path / "subscribers.csv").unlink()
    newsroom.send(limit=1)
    with Database.open_for(config) as database:
        database.newsroom_list.set_statuses({"bo@example.com": "bounced"}, NOW)
        database.newsroom_list.erase("cy@example.com")
    newsroom.send()
    found = states(newsroom)
    assert found["ada"][0] == found["di"][0] == "accepted"
    assert found["bo"] == ("suppressed", "bounced in the database")
    assert found["cy"] == ("suppressed", "no longer in the database")


def test_a_list_that_is_not_in_the_database_yet_ends_no_edition(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    freeze_only(newsroom, smtp_server, *ROWS)
    newsroom.through_smtp(smtp_server, ("[audience]\n", '[audience]\nsubscribers = "database"\n'))
    assert "3 accepted" in str(newsroom.send())
