"""The desk over HTTP: for its own person only, and every button does what it says."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from digest.drafts import to_edits
from digest.web.desk import app
from digest.web.desk.app import application
from digest.web.desk.newsdesk import Newsdesk
from tests.newsroom_folder import NewsroomFolder

from .conftest import NOW

HOST = "127.0.0.1:8642"
TOKEN = "a-token-of-the-tests"
EDITION = "2026-11-23-daily"
MADE = {"edition": EDITION}


@pytest.fixture
def desk(open_desk: Callable[[], Newsdesk]) -> Newsdesk:
    return open_desk()


@pytest.fixture
def client(desk: Newsdesk) -> Iterator[TestClient]:
    site = application(desk, TOKEN, (HOST, "localhost:8642"))
    with TestClient(site, base_url=f"http://{HOST}", follow_redirects=True) as client:
        assert client.get("/", params={"token": TOKEN}).status_code == 200
        yield client


def form_of(desk: Newsdesk, **changes: Any) -> dict[str, Any]:
    """The form of the draft as the page would send it."""
    look = desk.look()
    assert look.draft
    edits = to_edits(look.draft)
    sections = [
        {
            "name": section.name,
            "was": section.was,
            "stories": [
                {"id": story.identity, "headline": story.headline, "excerpt": story.excerpt, "hide": story.hide}
                for story in section.stories
            ],
        }
        for section in edits.sections
    ]
    told = {"subject": edits.subject, "preheader": edits.preheader, "note": edits.note, "lead": edits.lead}
    return {"edition": EDITION, "version": look.draft.revision, **told, "sections": sections, **changes}


def test_the_page_shows_inbox_line_size_readers_and_what_is_wrong(client: TestClient) -> None:
    page = client.get("/").text
    assert '<b dir="auto">The ferry is back</b>' in page
    assert "kB of the 102 that Gmail shows" in page
    assert "Science · 1 reader<" in page
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


def test_a_draft_is_made_saved_approved_and_tested(
    client: TestClient, desk: Newsdesk, newsroom: NewsroomFolder
) -> None:
    newsroom.configure(more='[daily]\napproval = "required"\n')
    assert "2 stories in 2 sections" in client.post("/draft", json=MADE).json()["said"]
    form = form_of(desk, subject="Good morning", note="A *note*")
    form["sections"][0]["stories"][0]["headline"] = "She is\nback"
    answer = client.post("/save", json=form)
    assert answer.status_code == 200
    page = client.get("/").text
    assert '<b dir="auto">Good morning</b>' in page
    assert "Not approved yet" in page
    stale = client.post("/approve", json={**MADE, "by": "Zoë", "version": form["version"]})
    assert stale.status_code == 409
    assert client.post("/approve", json={**MADE, "by": "", "version": answer.json()["version"]}).status_code == 422
    assert client.post("/approve", json={**MADE, "by": "Zoë", "version": answer.json()["version"]}).status_code == 200
    assert "Approved by Zoë" in client.get("/").text
    tested = client.post("/test", json={**MADE, "to": "desk@example.com", "reader": "kenji@example.org"})
    assert tested.json()["said"] == "A test is on its way to desk@example.com."
    (mail,) = newsroom.mails()
    assert b"Subject: [Test] Good morning" in mail
    assert client.post("/test", json={**MADE, "to": "nobody"}).status_code == 422
    assert client.post("/test", json={**MADE, "to": "desk@example.com", "segment": "science"}).status_code == 200
    assert b"The ferry is back" not in newsroom.mails()[-1]


def test_of_two_editors_the_later_is_told_and_nothing_is_lost(
    client: TestClient, desk: Newsdesk, newsroom: NewsroomFolder
) -> None:
    client.post("/draft", json=MADE)
    first, second = form_of(desk, subject="The first"), form_of(desk, subject="The second")
    newer = client.post("/save", json=first).json()["version"]
    told = client.post("/save", json=second)
    assert told.status_code == 409
    assert "somebody else changed this draft since you read it" in told.json()["error"]
    file = newsroom.path / "editions" / "2026-11-23-daily.toml"
    assert 'subject = "The first"' in file.read_text()
    assert client.post("/save", json={**second, "version": newer}).status_code == 200
    assert 'subject = "The second"' in file.read_text()


def test_what_is_not_in_the_draft_is_listed_and_added(client: TestClient, newsroom: NewsroomFolder) -> None:
    client.post("/draft", json=MADE)
    feed = (newsroom.path / "feed.xml").read_text()
    item = "<item><title>The mayor swims</title><link>https://www.example.com/m</link><category>City</category></item>"
    newsroom.write("feed.xml", feed.replace("</channel>", item + "</channel>"))
    assert "1 not in it:" in client.get("/").text
    assert "added 1 story" in client.post("/draft", json={**MADE, "add": True}).json()["said"]
    assert "not in it" not in client.get("/").text


def test_a_form_that_is_none_and_a_draft_that_is_none_are_told(client: TestClient, desk: Newsdesk) -> None:
    assert client.post("/save", content=b"{").status_code == 422
    client.post("/draft", json=MADE)
    form = form_of(desk)
    form["sections"][0]["stories"][0]["headline"] = "  "
    told = client.post("/save", json=form)
    assert told.status_code == 422
    assert told.json()["error"] == "a story has no headline; write one, or hide the story"
    assert client.post("/save", content=b"\xff").status_code == 422


def test_readers_are_found_and_sources_read_again(client: TestClient) -> None:
    assert client.get("/readers", params={"q": "zo"}).json() == [{"email": "zoe@example.net", "name": "Zoë"}]
    before = client.get("/stamp").json()["stamp"]
    assert client.post("/sources", json={}).status_code == 200
    assert client.get("/stamp").json()["stamp"] != before


def test_what_is_not_saved_yet_is_shown_and_not_written(
    client: TestClient, desk: Newsdesk, newsroom: NewsroomFolder
) -> None:
    client.post("/draft", json=MADE)
    file = newsroom.path / "editions" / f"{EDITION}.toml"
    before = file.read_bytes()
    trial = client.post("/try", json=form_of(desk, subject="Not yet", note="For *now*")).json()["trial"]
    assert '<b dir="auto">Not yet</b>' in client.get("/", params={"trial": trial}).text
    assert "For <em>now</em>" in client.get("/mail", params={"trial": trial}).text
    assert "For <em>now</em>" not in client.get("/mail").text
    assert file.read_bytes() == before
    broken = client.post("/try", json=form_of(desk, subject="{{ broken"))
    assert broken.status_code == 422


def test_approving_is_of_what_is_on_the_page_though_that_cannot_be_read_again(
    client: TestClient, desk: Newsdesk, newsroom: NewsroomFolder
) -> None:
    newsroom.configure(more='[daily]\napproval = "required"\n')
    client.post("/draft", json=MADE)
    version = form_of(desk)["version"]
    readers = newsroom.path / "subscribers.csv"
    text = readers.read_text()
    readers.unlink()
    file = newsroom.path / "editions" / f"{EDITION}.toml"
    file.write_text(file.read_text().replace("The ferry is back", "The mayor is a crook"))
    assert client.post("/approve", json={**MADE, "by": "Zoë", "version": version}).status_code == 409
    readers.write_text(text)
    assert "Not approved yet" in client.get("/").text


def test_a_page_of_yesterday_saves_into_yesterday_s_draft_and_approves_nothing(newsroom: NewsroomFolder) -> None:
    moments = [NOW]
    desk = Newsdesk(newsroom.path / "digest.toml", "daily", lambda _config: moments[-1])
    client = TestClient(
        application(desk, TOKEN, (HOST,)), base_url=f"http://{HOST}", cookies={"digest_desk_8642": TOKEN}
    )
    client.post("/draft", json=MADE)
    form = form_of(desk, subject="Of yesterday")
    moments.append(NOW + timedelta(days=1))
    assert client.post("/approve", json={**MADE, "by": "Zoë", "version": form["version"]}).status_code == 422
    assert "the desk is at 2026-11-24-daily by now" in client.post("/try", json=form).json()["error"]
    assert client.post("/save", json=form).status_code == 200
    assert "Of yesterday" in (newsroom.path / "editions" / f"{EDITION}.toml").read_text()
    assert client.post("/save", json={**form, "edition": "../../digest"}).status_code == 422


def test_a_test_wants_the_secret_that_a_send_wants(
    client: TestClient, newsroom: NewsroomFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGEST_SECRET_KEY")
    newsroom.subscribe("bo@example.com,Bo")  # so that the desk reads the configuration again
    told = client.post("/test", json={**MADE, "to": "desk@example.com"})
    assert told.status_code == 422
    assert "DIGEST_SECRET_KEY" in told.json()["error"]
    assert newsroom.mails() == []


def test_a_sent_edition_is_closed(client: TestClient, desk: Newsdesk, newsroom: NewsroomFolder) -> None:
    client.post("/draft", json=MADE)
    form = form_of(desk, subject="Too late")
    before = client.get("/stamp").json()["stamp"]
    newsroom.send(NOW)
    assert client.get("/stamp").json()["stamp"] != before
    assert "This edition is closed: already sent;" in client.get("/").text
    told = client.post("/save", json=form)
    assert (told.status_code, "already sent" in told.json()["error"]) == (422, True)


def test_a_broken_template_is_told_and_no_story_is_said_to_be_hidden(
    client: TestClient, newsroom: NewsroomFolder
) -> None:
    client.post("/draft", json=MADE)
    newsroom.write("templates/lead.mjml", "{{ broken ")
    page = client.get("/").text
    assert "lead.mjml" in page
    assert "hidden" not in page.partition('id="draft"')[0]


def test_every_module_is_served_as_javascript_and_says_what_it_is_for(client: TestClient) -> None:
    page = client.get("/").text
    assert re.findall(r"<script[^>]*>", page) == ['<script type="module" src="/static/main.js">']
    files = {file.name for file in (Path(app.__file__).parent / "static").glob("*.js")}
    reached, waiting = set[str](), ["main.js"]
    while waiting:
        name = waiting.pop()
        reached.add(name)
        answer = client.get(f"/static/{name}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "text/javascript; charset=utf-8")
        assert re.match(r"// [A-Z][^\n]+\.\n", answer.text), f"{name} does not begin with its purpose"
        imported = re.findall(r"""^import (?:.* from )?"\./([^"]+)";$""", answer.text, re.MULTILINE)
        waiting += [each for each in imported if each not in reached]
    assert reached == files


# --- nobody else ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/mail", "/stamp", "/readers", "/static/main.js"])
def test_without_the_token_there_is_nothing(open_desk: Callable[[], Newsdesk], path: str) -> None:
    stranger = TestClient(application(open_desk(), TOKEN, (HOST,)), base_url=f"http://{HOST}")
    assert stranger.get(path).status_code == 403
    assert stranger.get("/", params={"token": "wrong"}).status_code == 403
    stranger.cookies.set("digest_desk_8642", "wrong")
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
    assert client.post("/draft", json=MADE, headers={"Origin": "https://evil.example.com"}).status_code == 403
    assert client.post("/sources", json={}, headers={"Origin": f"http://{HOST}"}).status_code == 200


def test_the_page_runs_its_own_scripts_only(client: TestClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert client.get("/static/../app.py").status_code in (403, 404)
