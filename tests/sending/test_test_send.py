"""Tests to addresses that a person names."""

import re

from digest.sending.test_send import send_test
from digest.storage import Database
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import NOW


def test_a_test_shows_a_reader_s_edition_with_links_for_the_test_address(newsroom: NewsroomFolder) -> None:
    run, _ = newsroom.run()
    report = send_test(run, ["Editor@example.com"], "kenji@example.org")
    assert str(report).startswith("2026-11-23-daily (test): 1 story, 1 recipient, 1 accepted, 0 refused")
    (mail,) = newsroom.mails()
    assert b"To: Kenji <editor@example.com>" in mail
    assert b"Subject: [Test] A comet over the harbour" in mail
    assert b"kenji@example.org" not in mail


def test_a_repeated_test_is_a_new_email(newsroom: NewsroomFolder) -> None:
    send_test(newsroom.run()[0], ["editor@example.com"])
    send_test(newsroom.run(NOW.replace(second=1))[0], ["editor@example.com"])
    ids = {re.findall(rb"^Message-ID: (\S+)", mail, re.MULTILINE | re.IGNORECASE)[0] for mail in newsroom.mails()}
    assert len(ids) == 2


def test_a_suppressed_address_gets_the_test_and_is_reported(newsroom: NewsroomFolder) -> None:
    run, problems = newsroom.run()
    with Database.open(run.config.database_url) as database:
        database.suppressions.add("editor@example.com", "unsubscribed", NOW)
    assert send_test(run, ["editor@example.com"]).recipients == 1
    assert [str(problem) for problem in problems] == [
        "editor@example.com: gets this test but no editions: unsubscribed"
    ]
