"""An hourly cron job that sends to each reader at their local time."""

import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from digest.errors import DeliveryError
from digest.models import Recipient
from digest.sending.send import send
from digest.storage import Database
from tests.newsroom_folder import NewsroomFolder
from tests.servers.smtp import SmtpServer

ZONES = {
    "kiritimati": "Pacific/Kiritimati",
    "tokyo": "Asia/Tokyo",
    "berlin": "Europe/Berlin",
    "home": "",
    "newyork": "America/New_York",
    "honolulu": "Pacific/Honolulu",
}
LATENESS = ("[delivery]\n", '[delivery]\nmax_lateness = "59m"\n')


@pytest.fixture
def _by_local_time(newsroom: NewsroomFolder) -> None:
    newsroom.configure(LATENESS, more='[daily]\nat = "07:00"\nlocal_time = true\n')
    newsroom.subscribe(*(f"{name}@example.com,,,,{zone}" for name, zone in ZONES.items()))


def publish(newsroom: NewsroomFolder, now: datetime) -> None:
    """One story for every hour of the last day and a half."""
    hours = [now - timedelta(hours=number) for number in range(36)]
    items = "".join(
        f"<item><title>The story of {hour:%d %B at %H} o'clock sharp</title><link>https://www.example.com/{hour:%d/%H}</link>"
        f"<pubDate>{hour:%a, %d %b %Y %H}:00:00 GMT</pubDate></item>"
        for hour in hours
    )
    newsroom.write("feed.xml", f"<rss version='2.0'><channel>{items}</channel></rss>")


def hourly(newsroom: NewsroomFolder, start: datetime, hours: int) -> dict[str, list[datetime]]:
    """Run every hour from `start`, a few minutes past; when each reader got an email."""
    got: dict[str, list[datetime]] = {name: [] for name in ZONES}
    for number in range(hours):
        now = start + timedelta(hours=number, minutes=number % 7)
        publish(newsroom, now)
        seen = len(newsroom.mails())
        for report in send(newsroom.run(now)[0]):
            assert report.exit_status == 0
        for mail in newsroom.mails()[seen:]:
            (name,) = re.findall(rb"^To: (\w+)@", mail, re.MULTILINE)
            got[name.decode()].append(now)
    return got


@pytest.mark.usefixtures("_by_local_time")
def test_a_reader_deferred_at_seven_is_retried_by_the_next_run(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    newsroom.through_smtp(
        smtp_server,
        ("[audience]\n", '[daily]\nat = "07:00"\nlocal_time = true\n[audience]\n'),
        options='patience = "0s"\n',
    )
    newsroom.subscribe("ada@example.com,Ada", "zoe@example.com,Zoe")
    smtp_server.handler.refuse = {"zoe@example.com": "451 4.7.1 not now"}
    seven = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert "1 accepted, 0 refused, 1 deferred" in str(newsroom.send(seven))
    smtp_server.handler.refuse = {}
    assert "1 accepted, 0 refused" in str(newsroom.send(seven + timedelta(hours=1)))
    assert smtp_server.handler.recipients == ["ada@example.com", "zoe@example.com"]


@pytest.mark.usefixtures("_by_local_time")
def test_an_edition_with_only_recipients_in_doubt_left_is_closed(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("ada@example.com,Ada")
    seven = datetime(2026, 11, 23, 7, tzinfo=UTC)
    run, _ = newsroom.run(seven)
    assert list(send(newsroom.run(seven, should_stop=lambda: True)[0])) == []  # frozen, and nobody sent to
    with Database.open_for(run.config) as database, database.hold("daily"):
        queue = database.recipients.open_claim_queue("2026-11-23-daily", lambda email, _: Recipient(email, "id", {}))
        assert queue.record_and_claim((), (), batches=1, batch_size=1, limit=1, now=seven)
    (report,) = send(newsroom.run(seven + timedelta(minutes=10))[0])
    assert (str(report), report.exit_status) == ("2026-11-23-daily: 1 in doubt, nobody else is due", 3)
    with Database.open_to_read(run.config.database_url) as database:
        assert [record.state for record in database.editions.list_latest()] == ["sent"]


@pytest.mark.usefixtures("_by_local_time")
def test_the_stories_of_an_edition_that_nobody_received_in_time_go_into_the_next(newsroom: NewsroomFolder) -> None:
    newsroom.subscribe("ada@example.com,Ada")
    seven = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert list(send(newsroom.run(seven, should_stop=lambda: True)[0])) == []
    assert "too late for 1 reader" in str(newsroom.send(seven + timedelta(hours=2)))
    report = newsroom.send(seven + timedelta(days=1))
    assert (report.edition, report.stories) == ("2026-11-24-daily", 2)


@pytest.mark.usefixtures("_by_local_time")
def test_an_edition_that_begins_has_no_story_of_one_that_is_open(newsroom: NewsroomFolder) -> None:
    lateness = ("[delivery]\n", '[delivery]\nmax_lateness = "12h"\n')
    newsroom.configure(lateness, more='[daily]\nat = "07:00"\nlocal_time = true\n')
    newsroom.subscribe("ada@example.com,Ada", "kiri@example.com,Kiri,,,Pacific/Kiritimati")
    seven = datetime(2026, 11, 23, 7, tzinfo=UTC)
    assert list(send(newsroom.run(seven, should_stop=lambda: True)[0])) == []  # frozen, and nobody has it
    today, tomorrow = send(newsroom.run(seven + timedelta(hours=10))[0])  # seven on the 24th in Kiritimati
    assert "2026-11-23-daily: 2 stories, 1 recipient, 1 accepted" in str(today)
    assert "2026-11-24-daily: no new stories" in str(tomorrow)


@pytest.mark.usefixtures("_by_local_time")
def test_an_edition_that_the_provider_refuses_does_not_stop_another(
    newsroom: NewsroomFolder, smtp_server: SmtpServer
) -> None:
    by_hour = '[daily]\nat = "07:00"\nlocal_time = true\n[audience]\n'
    newsroom.through_smtp(smtp_server, ("[audience]\n", by_hour), options='max_lateness = "20h"\n')
    newsroom.subscribe("ada@example.com,Ada,,,Pacific/Honolulu")
    smtp_server.handler.refuse = {"ada@example.com": "552 5.2.2 mailbox full"}
    publish(newsroom, datetime(2026, 11, 23, 17, tzinfo=UTC))
    with pytest.raises(DeliveryError, match="refused 1 recipient in a row"):
        newsroom.send(datetime(2026, 11, 23, 17, tzinfo=UTC))
    newsroom.subscribe("ada@example.com,Ada,,,Pacific/Honolulu", "bo@example.com,Bo,,,Pacific/Kiritimati")
    publish(newsroom, datetime(2026, 11, 23, 17, 5, tzinfo=UTC))
    with pytest.raises(DeliveryError, match="refused 1 recipient in a row"):
        newsroom.send(datetime(2026, 11, 23, 17, 5, tzinfo=UTC))
    assert smtp_server.handler.recipients == ["bo@example.com"]


@pytest.mark.usefixtures("_by_local_time")
def test_each_reader_gets_one_email_a_day_at_seven_local_time(newsroom: NewsroomFolder) -> None:
    got = hourly(newsroom, datetime(2026, 11, 20, 12, tzinfo=UTC), 24 * 3)
    for name, moments in got.items():
        zone = ZoneInfo(ZONES[name] or "UTC")
        assert [moment.astimezone(zone).hour for moment in moments] == [7, 7, 7], name
        days = [moment.astimezone(zone).date() for moment in moments]
        assert [later - earlier for earlier, later in pairwise(days)] == [timedelta(days=1)] * 2
    texts = [re.findall(rb"https://www.example.com/(\d\d/\d\d)", mail) for mail in newsroom.mails() if b"tokyo" in mail]
    links = [link for text in texts for link in set(text)]
    assert len(links) == len(set(links)), "no story comes twice"


@pytest.mark.usefixtures("_by_local_time")
@pytest.mark.parametrize("start", [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)])
def test_when_the_clocks_change_each_reader_gets_one_email(newsroom: NewsroomFolder, start: datetime) -> None:
    newsroom.configure(LATENESS, more='[daily]\nat = "02:30"\nlocal_time = true\n')
    got = hourly(newsroom, start, 24)
    assert {name: len(moments) for name, moments in got.items()} == dict.fromkeys(ZONES, 1)


@pytest.mark.usefixtures("_by_local_time")
def test_an_edition_is_the_same_for_all_and_dated_the_day_it_is_read_on(newsroom: NewsroomFolder) -> None:
    hourly(newsroom, datetime(2026, 11, 22, 17, tzinfo=UTC), 1)
    dates = {
        b"kiritimati": b"Monday, November 23, 2026",
        b"honolulu": b"Sunday, November 22, 2026",
    }
    mails = newsroom.mails()
    assert len(mails) == 2
    assert all(any(name in mail and day in mail for mail in mails) for name, day in dates.items())
    reports = list(send(newsroom.run(datetime(2026, 11, 22, 20, tzinfo=UTC))[0]))
    assert [str(report) for report in reports] == [
        "2026-11-22-daily: no reader is due at their local time, nothing sent"
    ]
    (report,) = send(newsroom.run(datetime(2026, 11, 22, 22, tzinfo=UTC))[0])
    assert report.edition == "2026-11-23-daily"
    assert "1 accepted, 0 refused, 4 due later at their local time" in str(report)


@pytest.mark.usefixtures("_by_local_time")
def test_overdue_readers_are_skipped_and_reported(newsroom: NewsroomFolder) -> None:
    start = datetime(2026, 11, 22, 17, tzinfo=UTC)
    hourly(newsroom, start, 6)  # to Honolulu, Kiritimati and Tokyo, and then the machine is off
    late, problems = newsroom.run(datetime(2026, 11, 23, 12, 30, tzinfo=UTC))
    (report,) = send(late)
    assert "1 accepted" in str(report)  # New York's hour was at 12:00
    assert report.exit_status == 3
    assert "skipped 2 readers" in str(problems[0])
    hourly(newsroom, datetime(2026, 11, 23, 14, tzinfo=UTC), 4)
    assert len(newsroom.mails()) == 6, "Honolulu's next, and Kiritimati's"


@pytest.mark.usefixtures("_by_local_time")
def test_a_weekly_edition_goes_out_on_its_day(newsroom: NewsroomFolder) -> None:
    newsroom.configure(LATENESS, more='[weekly]\nat = "07:00"\nlocal_time = true\nday = "monday"\n')
    newsroom.subscribe(*(f"{name}@example.com,,,weekly,{zone}" for name, zone in ZONES.items()))
    start = datetime(2026, 11, 21, 12, tzinfo=UTC)
    for number in range(24 * 4):
        now = start + timedelta(hours=number)
        publish(newsroom, now)
        run, _ = newsroom.run(now)
        list(send(type(run)(**{**vars(run), "cadence": "weekly"})))
    assert len(newsroom.mails()) == len(ZONES)
    assert all(b"Monday, November 23, 2026" in mail for mail in newsroom.mails())
