"""The main job: an edition sent once to everyone, whatever happens to the runs before and beside it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.errors import DeliveryError, LockedError
from digest.models import Outcome
from digest.sending.send import send
from digest.storage import Database
from tests.mails import parse_mail, read_texts
from tests.newsroom_folder import FEED, NewsroomFolder
from tests.sending.common import NOW, READERS, list_editions

LINE_7 = (
    "<item><title>Line 7 on time</title><link>https://www.example.com/line7</link><category>City</category>"
    "<pubDate>Tue, 24 Nov 2026 05:00:00 GMT</pubDate></item></channel>"
)


def test_a_hundred_readers_get_one_email_each_and_a_second_run_sends_none(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS)
    report = newsroom.send()
    assert str(report).startswith("2026-11-23-daily: 2 stories, 100 recipients, 100 accepted, 0 refused, ")
    mails = [parse_mail(mail) for mail in newsroom.mails()]
    assert {mail["To"].addresses[0].addr_spec for mail in mails} == {row.partition(",")[0] for row in READERS}
    assert len({mail["Message-ID"] for mail in mails}) == 100
    for mail in mails:
        text, html = read_texts(mail)
        assert "A comet over the harbour" in text
        assert "A comet over the harbour" in html
        address = mail["To"].addresses[0].addr_spec
        assert address in text
        assert address in html
        assert "xtok" not in text + html + mail["List-Unsubscribe"]

    again = newsroom.send(NOW + timedelta(hours=2))
    assert str(again) == "2026-11-23-daily: already sent to 100 readers at 07:00, nothing to do"
    assert again.exit_status == 0
    assert len(newsroom.mails()) == 100


def test_a_send_with_a_ledger_in_postgresql(
    newsroom: NewsroomFolder, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", postgres_url)
    newsroom.subscribe(*READERS)
    newsroom.send()
    assert "nothing to do" in str(newsroom.send())
    assert len(newsroom.mails()) == 100
    assert not list(newsroom.path.glob("ledger*"))


def test_a_second_run_at_the_same_time_is_refused(newsroom: NewsroomFolder) -> None:
    with (
        Database.open(newsroom.run()[0].config.database_url) as database,
        database.hold("daily"),
        pytest.raises(LockedError),
    ):
        newsroom.send()


def test_a_ledger_with_two_names_has_one_lease(
    newsroom: NewsroomFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    (tmp_path / "link.sqlite3").symlink_to(newsroom.path / "ledger.sqlite3")
    with (
        Database.open(f"sqlite:///{tmp_path / 'link.sqlite3'}") as database,
        database.hold("daily"),
        pytest.raises(LockedError),
    ):
        newsroom.send()


def test_the_stories_of_an_edition_that_nobody_received_go_into_the_next(newsroom: NewsroomFolder) -> None:
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "smtp"\n'),
        more='[delivery.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "plain"\n',
    )
    with pytest.raises(DeliveryError):
        newsroom.send()
    newsroom.configure()
    tomorrow, problems = newsroom.run(NOW + timedelta(hours=21))
    reports = list(send(tomorrow))
    assert [report.edition for report in reports] == ["2026-11-24-daily"]
    assert "its stories go into the next edition" in str(problems[0])
    assert {record.id: record.state for record in list_editions(newsroom)} == {
        "2026-11-23-daily": "cancelled",
        "2026-11-24-daily": "sent",
    }


def test_an_edition_that_some_received_is_stopped_and_reported_the_next_day(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    reports = list(send(newsroom.run(NOW + timedelta(days=1))[0]))
    assert str(reports[0]) == "2026-11-23-daily: stopped: too late for 3 of 4 readers"
    assert reports[0].exit_status == 3
    assert "no new stories" in str(reports[1])


def test_an_edition_of_yesterday_is_finished_while_it_is_not_too_late(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    night = datetime(2026, 11, 23, 23, 50, tzinfo=UTC)
    newsroom.send(night, limit=1)
    reports = list(send(newsroom.run(night + timedelta(minutes=20))[0]))
    assert (reports[0].edition, reports[0].outcomes[Outcome.ACCEPTED]) == ("2026-11-23-daily", 3)


def test_an_earlier_edition_that_runs_out_of_time_does_not_stop_today_s(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[delivery]\n", '[delivery]\nmax_lateness = "24h"\nrate = 1\n'))
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    feed = newsroom.path / "feed.xml"
    feed.write_text(feed.read_text().replace("</channel>", LINE_7))
    tomorrow, problems = newsroom.run(NOW + timedelta(days=1, seconds=-0.5))
    earlier, today = send(tomorrow)
    assert "the time allowed for sending is over" in str(problems[0])
    assert str(earlier).startswith("2026-11-23-daily: stopped: too late for ")
    assert (today.edition, today.outcomes[Outcome.ACCEPTED]) == ("2026-11-24-daily", 4)


def test_a_made_up_time_prunes_nothing(newsroom: NewsroomFolder) -> None:
    newsroom.write("feed.xml", FEED.replace("2026", "2090"))
    newsroom.send(datetime(2090, 11, 23, 7, tzinfo=UTC))
    newsroom.send(datetime(2093, 11, 23, 7, tzinfo=UTC))
    with Database.read_for(newsroom.run()[0].config) as database:
        assert [row.state for row in database.recipients.stream("2090-11-23-daily")] == ["accepted", "accepted"]
