"""Which stories are news: sources that fail, copies, corrections, and dates that are missing or wrong."""

from datetime import timedelta

import pytest

from digest.errors import ConfigError, SourceError
from digest.sending.send import send
from tests.mails import parse_mail, read_texts
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import NOW
from tests.servers.web import WebServer

LINE_7 = (
    "<item><title>Line 7 on time</title><link>https://www.example.com/line7</link><category>City</category>"
    "<pubDate>Tue, 24 Nov 2026 05:00:00 GMT</pubDate></item></channel>"
)


def test_the_next_edition_has_only_new_stories(newsroom: NewsroomFolder) -> None:
    newsroom.send()
    assert str(newsroom.send(NOW + timedelta(days=1))).endswith("no new stories since 23 Nov 07:00, nothing sent")
    feed = newsroom.path / "feed.xml"
    feed.write_text(feed.read_text().replace("</channel>", LINE_7))
    report = newsroom.send(NOW + timedelta(days=1))
    assert (report.edition, report.stories) == ("2026-11-24-daily", 1)


def test_stories_of_a_source_that_failed_come_in_the_next_edition(newsroom: NewsroomFolder) -> None:
    newsroom.write(
        "other.xml",
        (newsroom.path / "feed.xml").read_text().replace("/ferry", "/other").replace("ferry is", "other was"),
    )
    more = '[[sources]]\ntype = "feed"\nname = "other"\npath = "other.xml"\n'
    newsroom.configure(more=more)
    other = newsroom.path / "other.xml"
    text = other.read_text()
    other.unlink()
    today, problems = newsroom.run()
    assert next(iter(send(today))).stories == 2
    assert any("other.xml: no such file" in str(problem) for problem in problems)
    other.write_text(text)
    report = newsroom.send(NOW + timedelta(days=1))
    assert report.stories == 1
    assert "The other was back" in str(read_texts(parse_mail(newsroom.mails()[-1])))


def test_when_every_source_fails_nothing_is_sent(newsroom: NewsroomFolder) -> None:
    (newsroom.path / "feed.xml").write_text("<html><body>Maintenance</body></html>")
    with pytest.raises(SourceError, match="web page"):
        newsroom.send()
    assert newsroom.mails() == []


def test_having_no_sources_is_an_error(newsroom: NewsroomFolder) -> None:
    newsroom.configure(('[[sources]]\ntype = "feed"\nname = "feed"\npath = "feed.xml"\n', ""))
    with pytest.raises(ConfigError, match=r"no sources.*\[\[sources\]\]"):
        newsroom.send()


def test_another_feed_s_undated_copy_is_not_sent_again(newsroom: NewsroomFolder) -> None:
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
    assert "From the desk, late" in str(read_texts(parse_mail(newsroom.mails()[-1])))


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
    mails = [read_texts(parse_mail(mail))[0] for mail in newsroom.mails()]
    for day in (23, 24, 25):
        for hour in (2, 5):
            assert [f"/{day}/{hour}\n" in mail.replace("\r\n", "\n") for mail in mails].count(True) == 1
