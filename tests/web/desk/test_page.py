"""The page shows what the edition is now, to whom it goes, and what is wrong."""

from starlette.testclient import TestClient

from digest.web.desk.forms import MakeForm
from digest.web.desk.session import EditorSession
from tests.newsroom_folder import NewsroomFolder
from tests.web.desk.client import EDITION, NOW, draft_form, make_draft, post


def test_the_page_shows_the_inbox_line_the_size_and_the_readers(client: TestClient) -> None:
    page = client.get("/").text
    assert '<b dir="auto">The ferry is back</b>' in page
    assert "Gmail clips emails larger than 102 kB" in page
    assert "Science · 1 reader<" in page
    assert "No draft" in page


def test_the_page_shows_what_one_reader_gets(client: TestClient) -> None:
    kenji = client.get("/", params={"reader": "kenji@example.org"}).text
    assert '<b dir="auto">A comet over the harbour</b>' in kenji
    assert "is not a subscriber" in client.get("/", params={"reader": "no@example.org"}).text


def test_stories_that_have_arrived_since_are_listed_and_added(client: TestClient, newsroom: NewsroomFolder) -> None:
    make_draft(client)
    feed = (newsroom.path / "feed.xml").read_text()
    item = "<item><title>The mayor swims</title><link>https://www.example.com/m</link><category>City</category></item>"
    newsroom.write("feed.xml", feed.replace("</channel>", item + "</channel>"))
    assert "1 story has arrived since this draft was made:" in client.get("/").text
    assert "added 1 story" in post(client, "/draft", MakeForm(EDITION, add=True)).json()["message"]
    assert "since this draft was made" not in client.get("/").text


def test_a_sent_edition_is_closed(client: TestClient, session: EditorSession, newsroom: NewsroomFolder) -> None:
    make_draft(client)
    form = draft_form(session, subject="Too late")
    before = client.get("/revision").json()["revision"]
    newsroom.send(NOW)
    assert client.get("/revision").json()["revision"] != before
    closed = session.state().closed
    assert "sent" in closed
    assert f"This edition is closed: {closed}." in client.get("/").text
    answer = post(client, "/save", form)
    assert (answer.status_code, closed in answer.json()["error"]) == (422, True)


def test_a_broken_template_is_reported_and_no_story_is_shown_as_hidden(
    client: TestClient, newsroom: NewsroomFolder
) -> None:
    make_draft(client)
    newsroom.write("templates/lead.mjml", "{{ broken ")
    page = client.get("/").text
    assert "lead.mjml" in page
    assert "hidden" not in page.partition('id="draft"')[0].replace("visually-hidden", "")
