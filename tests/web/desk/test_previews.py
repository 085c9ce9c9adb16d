"""Previews: every reader and segment sees their own email."""

from collections.abc import Callable

import pytest

from digest.errors import TemplateError, UsageError
from digest.web.desk.session import EditorSession
from tests.newsroom_folder import NewsroomFolder

Open = Callable[[], EditorSession]


def headlines(session: EditorSession, reader: str = "", segment: str = "") -> list[str]:
    _, preview = session.preview(reader, segment)
    return [article.headline for article in preview.edition.articles] if preview.edition else []


def test_each_reader_and_each_segment_sees_their_own(newsroom: NewsroomFolder, open_session: Open) -> None:
    newsroom.subscribe("ada@example.com,Ada", "kenji@example.org,Kenji,Science")
    session = open_session()
    assert headlines(session) == ["The ferry is back", "A comet over the harbour"]
    assert headlines(session, reader="kenji@example.org") == ["A comet over the harbour"]
    assert headlines(session, segment="science") == ["A comet over the harbour"]
    with pytest.raises(UsageError, match="is not a subscriber"):
        session.preview(reader="stranger@example.com")


def test_the_preview_says_when_a_reader_does_not_get_this_edition(newsroom: NewsroomFolder, open_session: Open) -> None:
    newsroom.subscribe("ada@example.com,Ada", "eve@example.org,Eve,,weekly")
    _, preview = open_session().preview("eve@example.org")
    assert "eve@example.org: does not get this edition: weekly" in [str(problem) for problem in preview.problems]


def test_a_broken_template_is_an_error_until_it_is_fixed(newsroom: NewsroomFolder, session: EditorSession) -> None:
    newsroom.write("templates/lead.mjml", "{{ nothing }}")
    with pytest.raises(TemplateError, match=r"lead\.mjml"):
        session.preview()
    (newsroom.path / "templates" / "lead.mjml").unlink()
    assert headlines(session)[0] == "The ferry is back"
