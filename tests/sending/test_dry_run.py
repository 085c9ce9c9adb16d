"""A dry run counts what a send would do, and changes nothing."""

from datetime import timedelta

import pytest

from digest.errors import TooLateError
from digest.sending.dry_run import dry_run
from digest.sending.test_send import send_test
from digest.storage import Database
from tests.mails import parse_mail
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import NOW, READERS


def test_a_dry_run_and_a_test_change_nothing(newsroom: NewsroomFolder) -> None:
    before = sorted(newsroom.path.iterdir())
    assert str(dry_run(newsroom.run()[0])) == "2026-11-23-daily: dry run: would send 2 stories to 2 recipients"
    assert sorted(newsroom.path.iterdir()) == before
    report = send_test(newsroom.run()[0], ["editor@example.com", "editor@example.com"])
    assert report.recipients == 1
    assert [parse_mail(mail)["Subject"] for mail in newsroom.mails()] == ["[Test] The ferry is back"]
    assert not list(newsroom.path.glob("ledger*"))
    assert newsroom.send().recipients == 2


def test_a_dry_run_counts_the_recipients_and_refuses_when_a_send_would(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='[daily]\nat = "06:00"\n')
    newsroom.subscribe(*READERS[:4])
    loaded = newsroom.run()[0].config
    with Database.open(loaded.database_url) as database:
        database.suppressions.add("reader1@example.com", "unsubscribed", NOW)
    assert "would send 2 stories to 3 recipients" in str(dry_run(newsroom.run()[0]))
    with pytest.raises(TooLateError):
        dry_run(newsroom.run(NOW + timedelta(hours=8))[0])
