"""What the desk shows is what the files say now, and an error beside what they said before where they are wrong."""

import os
import time
from collections.abc import Callable
from datetime import date
from threading import Timer

import pytest

from digest import config as configuration
from digest.editions.draft import make_draft
from digest.errors import TemplateError, UsageError
from digest.web.desk import newsdesk
from digest.web.desk.newsdesk import Newsdesk
from tests.newsroom_folder import NewsroomFolder
from tests.servers.web import WebServer

from .conftest import NOW

Open = Callable[[], Newsdesk]


def headlines(desk: Newsdesk, reader: str = "", segment: str = "") -> list[str]:
    _, shown = desk.preview(reader, segment)
    return [article.headline for article in shown.edition.articles] if shown.edition else []


def test_each_reader_and_each_segment_sees_their_own(newsroom: NewsroomFolder, open_desk: Open) -> None:
    newsroom.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji,Science", "eve@example.org,Eve,Science,weekly")
    desk = open_desk()
    assert headlines(desk) == ["The ferry is back", "A comet over the harbour"]
    assert headlines(desk, reader="kenji@example.org") == ["A comet over the harbour"]
    assert headlines(desk, segment="science") == ["A comet over the harbour"]
    assert [(segment.key, count) for segment, count in desk.look().readers.segments] == [("", 1), ("science", 1)]
    assert [reader.email for reader in desk.search("KENJ")] == ["kenji@example.org"]
    with pytest.raises(UsageError, match="not among the subscribers"):
        desk.preview(reader="stranger@example.com")


def test_whatever_changes_on_disk_is_shown(newsroom: NewsroomFolder, open_desk: Open) -> None:
    desk = open_desk()
    stamps = {desk.look().stamp}

    def changed() -> bool:
        before = len(stamps)
        stamps.add(desk.look().stamp)
        return len(stamps) > before

    assert not changed()
    newsroom.subscribe("ada@example.com,Ada", "bo@example.org,Bo")
    assert changed()
    assert desk.look().readers.segments[0][1] == 2
    feed = (newsroom.path / "feed.xml").read_text().replace("The ferry is back", "She is back")
    newsroom.write("feed.xml", feed)
    assert changed()
    assert headlines(desk)[0] == "She is back"
    newsroom.configure(("The Gazette", "The Herald"))
    assert changed()
    assert desk.look().config.publication.name == "The Herald"
    newsroom.write("templates/headline.mjml", "")
    assert changed()
    file = make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", NOW).file
    assert changed()
    file.write_text(file.read_text().replace("She is back", "He is back"))
    assert changed()
    assert headlines(desk)[0] == "He is back"


def test_what_is_broken_is_told_and_mended_without_opening_the_desk_again(
    newsroom: NewsroomFolder, open_desk: Open
) -> None:
    desk = open_desk()
    newsroom.configure(("[publication]", "[publicaton]"))
    assert "did you mean `publication`" in desk.look().error
    assert headlines(desk)[0] == "The ferry is back"
    newsroom.configure()
    assert desk.look().error == ""
    newsroom.write("templates/lead.mjml", "{{ nothing }}")
    with pytest.raises(TemplateError, match=r"lead\.mjml"):
        desk.preview()
    (newsroom.path / "templates" / "lead.mjml").unlink()
    assert headlines(desk)[0] == "The ferry is back"


def test_what_failed_for_a_moment_is_read_again_though_no_file_has_changed(
    newsroom: NewsroomFolder, open_desk: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(newsdesk, "_AGAIN", 0.05)
    desk = open_desk()
    newsroom.configure(("[publication]", "[publicatoin]"))
    broken = desk.look()
    assert "did you mean `publication`" in broken.error
    file = newsroom.path / "digest.toml"
    seen = file.stat()
    newsroom.configure()
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))  # to the desk it is as it was
    time.sleep(0.1)
    mended = desk.look()
    assert mended.error == ""
    assert mended.stamp != broken.stamp


def test_a_draft_that_changes_while_the_desk_opens_is_read_again(
    newsroom: NewsroomFolder, web: WebServer, open_desk: Open
) -> None:
    file = make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", NOW).file
    web.page("/feed", (newsroom.path / "feed.xml").read_bytes())
    web.slow["/feed"] = 0.4
    newsroom.configure(('path = "feed.xml"', f'url = "{web.url}/feed"'))
    change = Timer(0.3, lambda: file.write_text(file.read_text().replace("The ferry is back", "She is back")))
    change.start()
    desk = open_desk()
    change.join()
    assert headlines(desk)[0] == "She is back"


def test_rows_that_are_wrong_are_told(newsroom: NewsroomFolder, open_desk: Open) -> None:
    newsroom.subscribe("ada@example.com,Ada", *(f"nobody {number},X" for number in range(5)))
    told = [str(notice) for notice in open_desk().look().notices]
    assert sum("subscribers.csv:" in line for line in told) == 4
    assert "2 more rows are wrong" in told[-1]


def test_a_reader_of_another_edition_is_told_apart(newsroom: NewsroomFolder, open_desk: Open) -> None:
    newsroom.subscribe("ada@example.com,Ada", "eve@example.org,Eve,,weekly")
    _, shown = open_desk().preview("eve@example.org")
    assert "eve@example.org: does not get this edition: weekly" in [str(problem) for problem in shown.problems]


def test_sources_are_asked_once_and_again_when_told_to(
    newsroom: NewsroomFolder, web: WebServer, open_desk: Open
) -> None:
    web.page("/feed", (newsroom.path / "feed.xml").read_bytes())
    newsroom.configure(('path = "feed.xml"', f'url = "{web.url}/feed"'))
    desk = open_desk()
    web.page("/feed", (newsroom.path / "feed.xml").read_bytes().replace(b"The ferry is back", b"She is back"))
    newsroom.subscribe("bo@example.org,Bo")
    assert headlines(desk)[0] == "The ferry is back"
    desk.read_sources()
    assert headlines(desk)[0] == "She is back"


def test_a_draft_is_shown_though_no_source_can_be_read(newsroom: NewsroomFolder, open_desk: Open) -> None:
    make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", NOW)
    (newsroom.path / "feed.xml").unlink()
    desk = open_desk()
    assert headlines(desk)[0] == "The ferry is back"
    assert any("no such file" in str(notice).lower() for notice in desk.look().notices)


def test_another_day_s_edition_is_drafted_before_it_has_come(newsroom: NewsroomFolder) -> None:
    tomorrow = date(2026, 11, 24)
    desk = Newsdesk(newsroom.path / "digest.toml", "daily", lambda _config: NOW, tomorrow)
    assert desk.look().edition == "2026-11-24-daily"
    make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", NOW, tomorrow)
    look, shown = desk.preview()
    assert look.draft
    assert shown.edition
    assert shown.edition.date == tomorrow
