"""The session shows what the files contain now; if they cannot be read, what they contained before, and the error."""

import os
from collections.abc import Callable
from datetime import date

import pytest

from digest import config as configuration
from digest.editions.draft import make_draft
from digest.web.desk import session as session_module
from digest.web.desk.session import EditorSession
from tests.newsroom_folder import NewsroomFolder
from tests.servers.http import Handler, http_server
from tests.servers.web import WebServer
from tests.waiting import wait_until
from tests.web.desk.client import NOW

Open = Callable[[], EditorSession]


def first_headline(session: EditorSession) -> str:
    _, preview = session.preview()
    assert preview.edition
    return preview.edition.articles[0].headline


def test_a_change_to_any_file_is_shown(newsroom: NewsroomFolder, session: EditorSession) -> None:
    revisions = {session.state().revision}

    def has_changed() -> bool:
        before = len(revisions)
        revisions.add(session.state().revision)
        return len(revisions) > before

    assert not has_changed()
    newsroom.subscribe("ada@example.com,Ada", "bo@example.org,Bo")
    assert has_changed()
    assert session.state().readers.segments[0][1] == 2
    newsroom.write("feed.xml", (newsroom.path / "feed.xml").read_text().replace("The ferry is back", "She is back"))
    assert has_changed()
    assert first_headline(session) == "She is back"
    newsroom.configure(("The Gazette", "The Herald"))
    assert has_changed()
    assert session.state().config.publication.name == "The Herald"
    newsroom.write("templates/headline.mjml", "")
    assert has_changed()
    file = make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", NOW).file
    assert has_changed()
    file.write_text(file.read_text().replace("She is back", "He is back"))
    assert has_changed()
    assert first_headline(session) == "He is back"


def test_an_error_is_shown_beside_the_state_before_until_it_is_fixed(
    newsroom: NewsroomFolder, session: EditorSession
) -> None:
    newsroom.configure(("[publication]", "[publicaton]"))
    assert "did you mean `publication`" in session.state().error
    assert first_headline(session) == "The ferry is back"
    newsroom.configure()
    assert session.state().error == ""


def test_a_source_that_failed_is_read_again_although_no_file_has_changed(
    newsroom: NewsroomFolder, session: EditorSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    newsroom.configure(("[publication]", "[publicatoin]"))
    broken = session.state()
    assert "did you mean `publication`" in broken.error
    file = newsroom.path / "digest.toml"
    seen = file.stat()
    newsroom.configure()
    os.utime(file, ns=(seen.st_atime_ns, seen.st_mtime_ns))  # of the same size too: to the session it is unchanged
    monkeypatch.setattr(session_module, "_RETRY_AFTER", 0.05)
    wait_until(lambda: session.state().error == "")
    assert session.state().revision != broken.revision


def test_a_draft_that_changes_while_the_sources_answer_is_read_again(
    newsroom: NewsroomFolder, open_session: Open
) -> None:
    file = make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", NOW).file
    feed = (newsroom.path / "feed.xml").read_bytes()

    class Feed(Handler):
        def respond(self) -> None:
            file.write_text(file.read_text().replace("The ferry is back", "She is back"))
            self.reply(200, feed, {})

    with http_server(Feed) as url:
        newsroom.configure(('path = "feed.xml"', f'url = "{url}/feed"'))
        assert first_headline(open_session()) == "She is back"


def test_sources_are_fetched_once_and_again_on_request(
    newsroom: NewsroomFolder, web: WebServer, open_session: Open
) -> None:
    web.page("/feed", (newsroom.path / "feed.xml").read_bytes())
    newsroom.configure(('path = "feed.xml"', f'url = "{web.url}/feed"'))
    session = open_session()
    web.page("/feed", (newsroom.path / "feed.xml").read_bytes().replace(b"The ferry is back", b"She is back"))
    newsroom.subscribe("bo@example.org,Bo")
    assert first_headline(session) == "The ferry is back"
    session.refresh_sources()
    assert first_headline(session) == "She is back"


def test_a_draft_is_shown_although_no_source_can_be_read(newsroom: NewsroomFolder, open_session: Open) -> None:
    make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", NOW)
    (newsroom.path / "feed.xml").unlink()
    session = open_session()
    assert first_headline(session) == "The ferry is back"
    assert any("no such file" in str(notice).lower() for notice in session.state().notices)


def test_another_day_s_edition_can_be_drafted_in_advance(newsroom: NewsroomFolder) -> None:
    tomorrow = date(2026, 11, 24)
    session = EditorSession(newsroom.path / "digest.toml", "daily", lambda _config: NOW, tomorrow)
    assert session.state().edition == "2026-11-24-daily"
    make_draft(configuration.load(newsroom.path / "digest.toml"), "daily", NOW, tomorrow)
    state, preview = session.preview()
    assert state.draft
    assert preview.edition
    assert preview.edition.date == tomorrow
