"""The main job: an edition sent once to everyone, whichever way it goes out and wherever the ledger is."""

import email
import email.policy
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from digest.editions import draft as drafting
from digest.editions.composition import Composition
from digest.errors import (
    ConfigError,
    DeliveryError,
    LockedError,
    SourceError,
    SubscribersError,
    TooLateError,
    UsageError,
)
from digest.models import Edition, Outcome, Segment
from digest.render import RenderedEmail
from digest.sending.cancel import cancel
from digest.sending.dry_run import dry_run
from digest.sending.resume import resume
from digest.sending.send import send
from digest.sending.test_send import send_test
from digest.storage import Database
from tests.newsroom_folder import NewsroomFolder
from tests.servers.web import WebServer

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
READERS = [f"reader{number}@example.com,Reader {number}" for number in range(100)]


def parsed(mail: bytes) -> EmailMessage:
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def parts(message: EmailMessage) -> tuple[str, str]:
    text, html = message.get_body(("plain",)), message.get_body(("html",))
    assert text
    assert html
    return text.get_content(), html.get_content()


def test_a_hundred_readers_get_a_mail_each_and_a_second_run_sends_none(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS)
    report = newsroom.send()
    assert str(report).startswith("2026-11-23-daily: 2 stories, 100 recipients, 100 accepted, 0 refused, ")
    mails = [parsed(mail) for mail in newsroom.mails()]
    assert {mail["To"].addresses[0].addr_spec for mail in mails} == {row.partition(",")[0] for row in READERS}
    assert len({mail["Message-ID"] for mail in mails}) == 100
    for mail in mails:
        text, html = parts(mail)
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


def test_the_ledger_in_postgresql(newsroom: NewsroomFolder, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", postgres_url)
    newsroom.subscribe(*READERS)
    newsroom.send()
    assert "nothing to do" in str(newsroom.send())
    assert len(newsroom.mails()) == 100
    assert not list(newsroom.path.glob("ledger*"))


def test_readers_with_categories_get_those_and_nothing_without_news(newsroom: NewsroomFolder) -> None:
    report = newsroom.send()
    assert report.recipients == 2
    by_reader = {parsed(mail)["To"].addresses[0].addr_spec: parts(parsed(mail)) for mail in newsroom.mails()}
    assert set(by_reader) == {"ada@example.com", "kenji@example.org"}
    assert "The ferry is back" not in by_reader["kenji@example.org"][1]


def test_each_segment_is_rendered_once_and_nothing_else(
    newsroom: NewsroomFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.subscribe(*(f"reader{number}@example.com,R,{'Science' if number % 2 else 'City'}" for number in range(20)))
    rendered = []
    render = Composition.render

    def counted(self: Composition, edition: Edition, segment: Segment) -> RenderedEmail:
        rendered.append(segment.key)
        return render(self, edition, segment)

    monkeypatch.setattr(Composition, "render", counted)
    newsroom.send()
    assert sorted(rendered) == ["city", "science"]
    assert [record.subject for record in ledger_of(newsroom)] == ["The ferry is back"]


def test_every_mail_has_the_headers_of_a_newsletter(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    mail = parsed(newsroom.mails()[0])
    assert mail["From"] == "The Gazette <news@example.com>"
    assert mail["Date"].datetime == NOW
    assert mail["List-Id"] == "<daily.digest.example.com>"
    assert mail["List-Unsubscribe"].endswith(", <mailto:leave@example.com?subject=unsubscribe>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.com>")


LINE_7 = (
    "<item><title>Line 7 on time</title><link>https://www.example.com/line7</link><category>City</category>"
    "<pubDate>Tue, 24 Nov 2026 05:00:00 GMT</pubDate></item></channel>"
)


def test_the_next_day_has_only_what_is_new(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    assert str(newsroom.send(NOW + timedelta(days=1))).endswith("no new stories since 23 Nov 07:00, nothing sent")
    feed = newsroom.path / "feed.xml"
    feed.write_text(feed.read_text().replace("</channel>", LINE_7))
    report = newsroom.send(NOW + timedelta(days=1))
    assert (report.edition, report.stories) == ("2026-11-24-daily", 1)


def test_a_source_that_failed_loses_nothing(newsroom: NewsroomFolder) -> None:
    newsroom.write(
        "other.xml",
        (newsroom.path / "feed.xml").read_text().replace("/ferry", "/other").replace("ferry is", "other was"),
    )
    more = '[[sources]]\ntype = "feed"\nname = "other"\npath = "other.xml"\n'
    newsroom.configure(more=more)
    other = newsroom.path / "other.xml"
    text = other.read_text()
    other.unlink()
    today, told = newsroom.run()
    assert next(iter(send(today))).stories == 2
    assert any("other.xml: no such file" in str(problem) for problem in told)
    other.write_text(text)
    report = newsroom.send(NOW + timedelta(days=1))
    assert report.stories == 1
    assert "The other was back" in str(parts(parsed(newsroom.mails()[-1])))


def test_when_no_source_can_be_read_nothing_is_sent(newsroom: NewsroomFolder) -> None:
    (newsroom.path / "feed.xml").write_text("<html><body>Maintenance</body></html>")
    with pytest.raises(SourceError, match="web page"):
        newsroom.send()
    assert newsroom.mails() == []


def test_a_preview_a_dry_run_and_a_test_leave_no_trace(newsroom: NewsroomFolder) -> None:
    before = sorted(newsroom.path.iterdir())
    assert str(dry_run(newsroom.run()[0])) == "2026-11-23-daily: dry run: would send 2 stories to 2 recipients"
    assert sorted(newsroom.path.iterdir()) == before
    report = send_test(newsroom.run()[0], ["editor@example.com", "editor@example.com"])
    assert report.recipients == 1
    assert [parsed(mail)["Subject"] for mail in newsroom.mails()] == ["[Test] The ferry is back"]
    assert not list(newsroom.path.glob("ledger*"))
    assert newsroom.send().recipients == 2


def test_a_second_run_at_the_same_time_is_refused(newsroom: NewsroomFolder) -> None:
    with Database.open(newsroom.run()[0].config.database_url) as database, database.lock(), pytest.raises(LockedError):
        newsroom.send()


def test_past_max_lateness_nothing_is_sent_unless_asked(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    late = NOW + timedelta(hours=6, minutes=1)
    with pytest.raises(
        TooLateError, match=r"too late to send: 0 h 1 min past max_lateness; 1 of 4 readers have received it.*--late"
    ):
        newsroom.send(late)
    assert "3 accepted" in str(newsroom.send(late, allow_late=True))


def test_lateness_counts_from_at_where_it_is_set(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[sections]", '[daily]\nat = "00:30"\n[sections]'))
    with pytest.raises(TooLateError, match="nobody has received it"):
        newsroom.send()
    assert newsroom.mails() == []
    assert not any(record for record in ledger_of(newsroom))


def ledger_of(newsroom: NewsroomFolder) -> list[Any]:
    with Database.open_to_read(newsroom.run()[0].config.database_url) as database:
        return list(database.editions.list_latest())


def test_an_edition_that_nobody_got_goes_into_the_next_day_s(newsroom: NewsroomFolder) -> None:
    newsroom.configure(
        ("[delivery]\n", '[delivery]\nprovider = "smtp"\n'),
        more='[delivery.smtp]\nhost = "127.0.0.1"\nport = 1\nsecurity = "plain"\n',
    )
    with pytest.raises(DeliveryError):
        newsroom.send()
    newsroom.configure()
    tomorrow, told = newsroom.run(NOW + timedelta(hours=21))
    reports = list(send(tomorrow))
    assert [report.edition for report in reports] == ["2026-11-24-daily"]
    assert "its stories go into the next edition" in str(told[0])
    assert {record.id: record.state for record in ledger_of(newsroom)} == {
        "2026-11-23-daily": "cancelled",
        "2026-11-24-daily": "sent",
    }


def test_an_edition_that_some_got_is_stopped_the_next_day_and_told(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    reports = list(send(newsroom.run(NOW + timedelta(days=1))[0]))
    assert str(reports[0]) == "2026-11-23-daily: stopped: too late for 3 of 4 readers"
    assert reports[0].exit_status == 3
    assert "no new stories" in str(reports[1])


def test_an_edition_of_yesterday_is_finished_while_it_is_not_late(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    night = datetime(2026, 11, 23, 23, 50, tzinfo=UTC)
    newsroom.send(night, limit=1)
    reports = list(send(newsroom.run(night + timedelta(minutes=20))[0]))
    assert (reports[0].edition, reports[0].outcomes[Outcome.ACCEPTED]) == ("2026-11-23-daily", 3)


def test_a_draft_of_the_evening_before_is_late_by_the_day_it_is_of(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='[daily]\nat = "07:00"\n')
    newsroom.subscribe(*READERS[:4])
    loaded = newsroom.run()[0].config
    drafting.make_draft(loaded, "daily", NOW - timedelta(hours=1), date(2026, 11, 24))
    seven = datetime(2026, 11, 24, 7, tzinfo=UTC)
    newsroom.send(seven, limit=1)
    assert "3 accepted" in str(newsroom.send(seven + timedelta(minutes=10)))


def test_an_earlier_edition_that_comes_to_its_end_in_mid_run_is_no_end_of_today_s(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[delivery]\n", '[delivery]\nmax_lateness = "24h"\nrate = 1\n'))
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    feed = newsroom.path / "feed.xml"
    feed.write_text(feed.read_text().replace("</channel>", LINE_7))
    tomorrow, told = newsroom.run(NOW + timedelta(days=1, seconds=-0.5))
    earlier, today = send(tomorrow)
    assert "the time allowed for sending is over" in str(told[0])
    assert str(earlier).startswith("2026-11-23-daily: stopped: too late for ")
    assert (today.edition, today.outcomes[Outcome.ACCEPTED]) == ("2026-11-24-daily", 4)


def test_a_limit_is_for_all_editions_of_a_run(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[delivery]\n", '[delivery]\nmax_lateness = "2d"\n'))
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    reports = list(send(newsroom.run(NOW + timedelta(days=1), limit=3)[0]))
    assert [report.edition for report in reports] == ["2026-11-23-daily"]
    assert len(newsroom.mails()) == 4


def test_a_dry_run_counts_whom_a_send_would_reach_and_is_as_late(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='[daily]\nat = "06:00"\n')
    newsroom.subscribe(*READERS[:4])
    loaded = newsroom.run()[0].config
    with Database.open(loaded.database_url) as database:
        database.suppressions.add("reader1@example.com", "unsubscribed", NOW)
    assert "would send 2 stories to 3 recipients" in str(dry_run(newsroom.run()[0]))
    with pytest.raises(TooLateError):
        dry_run(newsroom.run(NOW + timedelta(hours=8))[0])


def test_one_ledger_by_two_names_has_one_lock(
    newsroom: NewsroomFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    (tmp_path / "link.sqlite3").symlink_to(newsroom.path / "ledger.sqlite3")
    with (
        Database.open(f"sqlite:///{tmp_path / 'link.sqlite3'}") as database,
        database.lock(),
        pytest.raises(LockedError),
    ):
        newsroom.send()


def test_cancelling_gives_up_what_is_left(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    loaded = newsroom.run()[0].config
    assert "3 of 4 readers do not get it" in cancel(loaded, "2026-11-23-daily", NOW)
    assert "already stopped at 07:00: 1 received it, 3 readers did not" in str(newsroom.send())
    assert len(newsroom.mails()) == 1


def test_cancelling_stops_a_run_that_is_at_work_and_the_run_closes_the_edition(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS)
    loaded = newsroom.run()[0].config
    said: list[str] = []

    def cancelled_meanwhile() -> bool:
        if len(newsroom.mails()) == 4 and not said:
            said.append(cancel(loaded, "2026-11-23-daily", NOW))
        return False

    report = newsroom.send(should_stop=cancelled_meanwhile)
    assert said == ["2026-11-23-daily: cancelled; the active run finishes the emails in flight and sends no more"]
    assert "4 accepted, 0 refused, 96 skipped because it was cancelled, " in str(report)
    assert report.exit_status == 3
    assert [record.state for record in ledger_of(newsroom)] == ["stopped"]
    assert "already stopped at 07:00: 4 received it, 96 readers did not" in str(newsroom.send())
    assert "already stopped" in cancel(loaded, "2026-11-23-daily", NOW)
    assert len(newsroom.mails()) == 4


def test_what_was_cancelled_under_a_run_that_died_is_closed_by_the_next(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe(*READERS[:4])
    newsroom.send(limit=1)
    loaded = newsroom.run()[0].config
    with Database.open(loaded.database_url) as database:
        assert database.editions.request_stop("2026-11-23-daily")
    closed, today = send(newsroom.run()[0])
    assert str(closed) == "2026-11-23-daily: stopped; 3 of 4 readers do not get it"
    assert closed.exit_status == 3
    assert "already stopped at 07:00: 1 received it, 3 readers did not" in str(today)
    assert len(newsroom.mails()) == 1
    with pytest.raises(UsageError, match="was stopped"):
        resume(newsroom.run()[0], "2026-11-23-daily")


def test_a_weekly_edition_that_is_cancelled_while_a_daily_run_is_at_work_is_closed_by_that(
    newsroom: NewsroomFolder,
) -> None:
    newsroom.subscribe(*READERS[:4], *(f"weekly{number}@example.com,W,,weekly" for number in range(4)))
    loaded = newsroom.run()[0].config
    list(send(replace(newsroom.run(limit=1)[0], cadence="weekly")))

    def cancelled_meanwhile() -> bool:
        if len(newsroom.mails()) == 3:
            cancel(loaded, "2026-11-23-weekly", NOW)
        return False

    daily, weekly = send(newsroom.run(should_stop=cancelled_meanwhile)[0])
    assert daily.outcomes[Outcome.ACCEPTED] == 4
    assert str(weekly) == "2026-11-23-weekly: stopped; 3 of 4 readers do not get it"


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ('postal_address = "1 Quay Street, Example City"\n', "postal_address under [publication]"),
        ('from = "The Gazette <news@example.com>"\n', "under [delivery]"),
    ],
)
def test_a_mail_that_lacks_what_it_must_have_is_refused(newsroom: NewsroomFolder, old: str, words: str) -> None:
    newsroom.configure((old, ""))
    with pytest.raises(ConfigError) as caught:
        newsroom.send()
    assert words in str(caught.value)
    assert not list(newsroom.path.glob("ledger*"))


def test_no_way_to_unsubscribe_is_refused(newsroom: NewsroomFolder) -> None:
    newsroom.configure(
        ('unsubscribe_url = "https://www.example.com/leave?t={token}"\n', ""),
        ('unsubscribe_mailto = "leave@example.com"\n', ""),
    )
    with pytest.raises(ConfigError, match="unsubscribe_url or unsubscribe_mailto"):
        newsroom.send()


@pytest.mark.parametrize(
    ("environment", "provider", "words"),
    [("SENDGRID_API_KEY", "sendgrid", "SENDGRID_API_KEY"), ("DIGEST_SECRET_KEY", "maildir", "DIGEST_SECRET_KEY")],
)
def test_a_missing_secret_is_named(
    newsroom: NewsroomFolder, monkeypatch: pytest.MonkeyPatch, environment: str, provider: str, words: str
) -> None:
    monkeypatch.delenv(environment, raising=False)
    newsroom.configure(("[delivery]\n", f'[delivery]\nprovider = "{provider}"\n'))
    with pytest.raises(ConfigError, match=words):
        newsroom.send()
    assert ledger_of(newsroom) == []


def test_a_secret_of_the_second_provider_is_missed_before_it_is_needed(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[delivery]\n", '[delivery]\nfallback = "sendgrid"\n'))
    with pytest.raises(ConfigError, match="SENDGRID_API_KEY"):
        newsroom.send()
    assert ledger_of(newsroom) == []


def test_no_valid_subscriber_is_an_error_that_leaves_no_trace(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("not an address,X")
    today, told = newsroom.run()
    with pytest.raises(SubscribersError, match="no valid subscribers"):
        list(send(today))
    assert "subscribers.csv:2" in str(told[0])
    assert ledger_of(newsroom) == []


def test_no_sources_is_an_error(newsroom: NewsroomFolder) -> None:
    newsroom.configure(('[[sources]]\ntype = "feed"\nname = "feed"\npath = "feed.xml"\n', ""))
    with pytest.raises(ConfigError, match=r"no sources.*\[\[sources\]\]"):
        newsroom.send()


def test_another_feed_s_undated_copy_does_not_come_back(newsroom: NewsroomFolder) -> None:
    copy = "<item><title>The ferry is back!</title><link>https://wire.example/7</link></item>"
    newsroom.write("wire.xml", f"<rss version='2.0'><channel>{copy}</channel></rss>")
    newsroom.configure(more='[[sources]]\ntype = "feed"\nname = "wire"\npath = "wire.xml"\n')
    assert newsroom.send().stories == 2
    feed = newsroom.path / "feed.xml"
    feed.write_text(feed.read_text().replace("The ferry is back", "Something older"))
    assert "no new stories" in str(newsroom.send(NOW + timedelta(days=1)))


def test_a_story_published_late_under_an_old_date_is_news_when_first_seen(newsroom: NewsroomFolder) -> None:
    old = "<item><title>From the archive</title><link>https://www.example.com/1</link><pubDate>Sun, 01 Nov 2026 05:00:00 GMT</pubDate></item>"
    feed = newsroom.path / "feed.xml"
    whole = feed.read_text()
    feed.write_text(whole.replace("</channel>", old + "</channel>"))
    assert newsroom.send().stories == 2
    late = old.replace("archive", "desk, late").replace("/1<", "/2<").replace("01 Nov", "20 Nov")
    older = old.replace("archive", "far archive").replace("/1<", "/3<").replace("2026", "2019")
    feed.write_text(whole.replace("</channel>", old + late + older + "</channel>"))
    tomorrow = newsroom.send(NOW + timedelta(days=1))
    assert tomorrow.stories == 1
    assert "From the desk, late" in str(parts(parsed(newsroom.mails()[-1])))


def test_an_undated_story_is_sent_once(newsroom: NewsroomFolder) -> None:
    newsroom.write("feed.xml", "<rss version='2.0'><channel><item><title>No date at all</title></item></channel></rss>")
    assert newsroom.send().stories == 1
    assert "no new stories" in str(newsroom.send(NOW + timedelta(days=1)))


def test_a_correction_is_not_news_again(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    feed = newsroom.path / "feed.xml"
    corrected = (
        feed.read_text()
        .replace("The ferry is back", "Corrected: the ferry is nearly back")
        .replace("23 Nov 2026 05", "24 Nov 2026 05")
    )
    feed.write_text(corrected)
    assert "no new stories" in str(newsroom.send(NOW + timedelta(days=1)))


def test_a_day_without_network_loses_no_story_and_sends_none_twice(newsroom: NewsroomFolder, web: WebServer) -> None:
    items: list[str] = []

    def publish(day: int) -> None:
        for hour in (2, 5):
            name = f"A story of day {day} at {hour} o'clock in the morning"
            moment = f"{day} Nov 2026 {hour:02}:00:00 GMT"
            link = f"https://www.example.com/{day}/{hour}"
            items.insert(0, f"<item><title>{name}</title><link>{link}</link><pubDate>{moment}</pubDate></item>")
        feed = f"<rss version='2.0'><channel>{''.join(items[:10])}</channel></rss>"
        web.page("/feed", feed.encode(), ETag=f'"{len(items)}"')

    old = '[[sources]]\ntype = "feed"\nname = "feed"\npath = "feed.xml"\n'
    newsroom.configure((old, old.replace('path = "feed.xml"', f'url = "{web.url}/feed"')))
    newsroom.subscribe("ada@example.com,Ada")
    publish(23)
    assert newsroom.send().stories == 2
    publish(24)
    web.down = True
    with pytest.raises(SourceError, match="cannot be reached"):
        newsroom.send(NOW + timedelta(days=1))
    web.down = False
    publish(25)
    assert newsroom.send(NOW + timedelta(days=2)).stories == 4
    assert "nothing to do" in str(newsroom.send(NOW + timedelta(days=2, hours=1)))
    mails = [parts(parsed(mail))[0] for mail in newsroom.mails()]
    for day in (23, 24, 25):
        for hour in (2, 5):
            assert [f"/{day}/{hour}\n" in mail.replace("\r\n", "\n") for mail in mails].count(True) == 1


def test_a_story_that_had_no_room_in_the_mail_is_not_counted_as_sent(newsroom: NewsroomFolder) -> None:
    items = "".join(
        f"<item><title>Story number {number} {'of a long headline ' * 14}</title><link>https://www.example.com/{number}</link></item>"
        for number in range(300)
    )
    newsroom.write("feed.xml", f"<rss version='2.0'><channel>{items}</channel></rss>")
    newsroom.configure(("[sections]\n", "[sections]\nlimit = 400\n"), more="[daily]\nmax_articles = 400\n")
    newsroom.subscribe("ada@example.com,Ada")
    report = newsroom.send()
    text, _ = parts(parsed(newsroom.mails()[0]))
    shown = text.count("https://www.example.com/")
    assert 100 < report.stories < 300
    assert report.stories <= shown + 1


def test_readers_reach_their_preferences_in_their_own_language(newsroom: NewsroomFolder) -> None:
    newsroom.configure(more='preferences_url = "https://www.example.com/me?u={email}&t={token}"\n')
    newsroom.subscribe("ada@example.com,Ada", "uwe@example.org,Uwe,,,,de")
    newsroom.send()
    mails = {parsed(mail)["To"].addresses[0].addr_spec: parts(parsed(mail)) for mail in newsroom.mails()}
    links = {re.findall(r"https://www.example.com/me\S+", mails[reader][0])[0] for reader in mails}
    assert len(links) == 2
    assert all("u=ada%40example.com&t=" in link or "u=uwe%40example.org&t=" in link for link in links)
    assert "Preferences: https://" in mails["ada@example.com"][0]
    assert "Einstellungen: https://" in mails["uwe@example.org"][0]
    assert ">Einstellungen</a>" in mails["uwe@example.org"][1]


def test_without_a_page_of_preferences_none_is_offered(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    assert "Preferences" not in "".join(parts(parsed(newsroom.mails()[0])))


def test_what_is_wrong_in_every_segment_is_told_once(newsroom: NewsroomFolder) -> None:
    newsroom.configure(('name = "The Gazette"\n', 'name = "The Gazette"\nlogo = "gone.png"\n'))
    newsroom.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji,Science", "zoe@example.net,Zoë,City")
    run, told = newsroom.run()
    assert "3 accepted" in str(next(iter(send(run))))
    assert [problem.location.rpartition("/")[2] for problem in told] == ["gone.png"]
