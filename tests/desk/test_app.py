"""The desk over HTTP: for its own person only, and every button does what it says."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from digest.desk.app import application
from digest.desk.newsdesk import Newsdesk

HOST = "127.0.0.1:8642"
TOKEN = "a-token-of-the-tests"


@pytest.fixture
def client(open_desk: Callable[[], Newsdesk]) -> Iterator[TestClient]:
    app = application(open_desk(), TOKEN, (HOST, "localhost:8642"))
    with TestClient(app, base_url=f"http://{HOST}", follow_redirects=True) as client:
        assert client.get("/", params={"token": TOKEN}).status_code == 200
        yield client


def saved(client: TestClient, **changes: Any) -> dict[str, Any]:
    """The form of the draft as the page would send it."""
    from digest.editorial import identify
    from digest.newsroom.drafts import load

    desk: Newsdesk = client.app.routes[0].endpoint.__self__._desk  # type: ignore[attr-defined]
    look = desk.look()
    draft = load(look.config, look.edition)
    assert draft
    return {
        "version": draft.version,
        "subject": "",
        "preheader": "",
        "note": "",
        "lead": identify(draft.articles[0]),
        "sections": [
            {
                "name": name,
                "stories": [
                    {"id": identify(story), "headline": story.headline, "excerpt": story.summary, "hide": False}
                    for story in draft.articles
                    if story.section == name
                ],
            }
            for name in draft.sections
        ],
        **changes,
    }


def test_the_page_shows_inbox_line_size_readers_and_what_is_wrong(client: TestClient) -> None:
    page = client.get("/").text
    assert '<b dir="auto">The ferry is back</b>' in page
    assert "kB of the 102 that Gmail shows" in page
    assert "science (1)" in page
    assert "No draft" in page
    kenji = client.get("/", params={"reader": "kenji@example.org"}).text
    assert '<b dir="auto">A comet over the harbour</b>' in kenji
    assert "not among the subscribers" in client.get("/", params={"reader": "no@example.org"}).text


def test_the_mail_is_shown_light_and_dark_with_and_without_pictures(client: TestClient) -> None:
    light, dark = (client.get("/mail", params={"scheme": scheme}) for scheme in ("light", "dark"))
    assert "@media not all" in light.text
    assert "prefers-color-scheme" not in light.text + dark.text
    assert "@media all" in dark.text
    assert "sandbox allow-same-origin" in light.headers["Content-Security-Policy"]
    assert "script-src" not in light.headers["Content-Security-Policy"]
    assert "default-src 'none'" in light.headers["Content-Security-Policy"]
    assert "img-src 'none'" in client.get("/mail", params={"images": "off"}).headers["Content-Security-Policy"]
    assert client.get("/mail", params={"part": "text"}).text.startswith("THE GAZETTE\n")
    assert client.get("/mail", params={"part": "source"}).headers["content-type"].startswith("text/plain")


def test_a_draft_is_made_saved_approved_and_tested(client: TestClient, newsroom: Any) -> None:
    assert "2 stories in 2 sections" in client.post("/draft", json={}).json()["said"]
    form = saved(client, subject="Good morning", note="A *note*")
    form["sections"][0]["stories"][0]["headline"] = "She is\nback"
    answer = client.post("/save", json=form)
    assert answer.status_code == 200
    page = client.get("/").text
    assert '<b dir="auto">Good morning</b>' in page
    assert "Not approved." in page
    stale = client.post("/approve", json={"by": "Zoë", "version": form["version"]})
    assert stale.status_code == 409
    assert client.post("/approve", json={"by": "", "version": answer.json()["version"]}).status_code == 422
    assert client.post("/approve", json={"by": "Zoë", "version": answer.json()["version"]}).status_code == 200
    assert "Approved by Zoë" in client.get("/").text
    tested = client.post("/test", json={"to": "desk@example.com", "reader": "kenji@example.org"})
    assert "1 accepted" in tested.json()["said"]
    (mail,) = newsroom.mails()
    assert b"Subject: [Test] Good morning" in mail
    assert client.post("/test", json={"to": "nobody"}).status_code == 422
    assert client.post("/test", json={"to": "desk@example.com", "segment": "science"}).status_code == 200
    assert b"The ferry is back" not in newsroom.mails()[-1]


def test_of_two_editors_the_later_is_told_and_nothing_is_lost(client: TestClient, newsroom: Any) -> None:
    client.post("/draft", json={})
    first, second = saved(client, subject="The first"), saved(client, subject="The second")
    newer = client.post("/save", json=first).json()["version"]
    told = client.post("/save", json=second)
    assert told.status_code == 409
    assert "somebody else saved this draft since" in told.json()["error"]
    file = newsroom.path / "editions" / "2026-11-23-daily.toml"
    assert 'subject = "The first"' in file.read_text()
    assert client.post("/save", json={**second, "version": newer}).status_code == 200
    assert 'subject = "The second"' in file.read_text()


def test_what_is_not_in_the_draft_is_listed_and_added(client: TestClient, newsroom: Any) -> None:
    client.post("/draft", json={})
    feed = (newsroom.path / "feed.xml").read_text()
    item = "<item><title>The mayor swims</title><link>https://www.example.com/m</link><category>City</category></item>"
    newsroom.write("feed.xml", feed.replace("</channel>", item + "</channel>"))
    assert "1 not in it:" in client.get("/").text
    assert "added 1 story" in client.post("/draft", json={"add": True}).json()["said"]
    assert "not in it" not in client.get("/").text


def test_a_form_that_is_none_and_a_draft_that_is_none_are_told(client: TestClient) -> None:
    assert client.post("/save", content=b"{").status_code == 422
    client.post("/draft", json={})
    form = saved(client)
    form["sections"][0]["stories"][0]["headline"] = "  "
    told = client.post("/save", json=form)
    assert told.status_code == 422
    assert "headline: is empty" in told.json()["error"]


def test_readers_are_found_and_sources_read_again(client: TestClient) -> None:
    assert client.get("/readers", params={"q": "zo"}).json() == [{"email": "zoe@example.net", "name": "Zoë"}]
    before = client.get("/stamp").json()["stamp"]
    assert client.post("/sources", json={}).status_code == 200
    assert client.get("/stamp").json()["stamp"] != before


# --- nobody else ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/mail", "/stamp", "/readers", "/static/desk.js"])
def test_without_the_token_there_is_nothing(open_desk: Callable[[], Newsdesk], path: str) -> None:
    stranger = TestClient(application(open_desk(), TOKEN, (HOST,)), base_url=f"http://{HOST}")
    assert stranger.get(path).status_code == 403
    assert stranger.get("/", params={"token": "wrong"}).status_code == 403
    stranger.cookies.set("digest_desk", "wrong")
    assert stranger.get(path).status_code == 403


def test_the_cookie_is_for_this_page_alone(open_desk: Callable[[], Newsdesk]) -> None:
    client = TestClient(application(open_desk(), TOKEN, (HOST,)), base_url=f"http://{HOST}", follow_redirects=False)
    answer = client.get("/", params={"token": TOKEN})
    assert answer.headers["location"] == "/"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_another_name_for_this_machine_and_another_site_are_refused(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example.com"}).status_code == 421
    assert client.post("/draft", json={}, headers={"Origin": "https://evil.example.com"}).status_code == 403
    assert client.post("/sources", json={}, headers={"Origin": f"http://{HOST}"}).status_code == 200


def test_the_page_runs_its_own_scripts_only(client: TestClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert client.get("/static/../app.py").status_code in (403, 404)
