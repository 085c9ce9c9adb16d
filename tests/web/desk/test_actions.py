"""The buttons: make, save, approve, test; what they refuse, and what they never lose."""

from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from digest.web.desk.forms import ApproveForm, MakeForm, TestForm
from digest.web.desk.session import EditorSession
from tests.newsroom_folder import NewsroomFolder
from tests.web.desk.client import EDITION, NOW, connect, draft_form, make_draft, post

APPROVAL_REQUIRED = '[daily]\napproval = "required"\n'


def test_a_draft_is_made_saved_approved_and_tested(
    client: TestClient, session: EditorSession, newsroom: NewsroomFolder
) -> None:
    newsroom.configure(more=APPROVAL_REQUIRED)
    assert "2 stories in 2 sections" in post(client, "/draft", MakeForm(EDITION)).json()["message"]
    form = draft_form(session, subject="Good morning", note="A *note*")
    form.sections[0].stories[0].headline = "She is\nback"
    answer = post(client, "/save", form)
    assert answer.json()["message"] == f"Saved to {EDITION}.toml."
    page = client.get("/").text
    assert '<b dir="auto">Good morning</b>' in page
    assert "Not approved yet" in page

    version = answer.json()["version"]
    assert post(client, "/approve", ApproveForm(EDITION, form.version, "Zoë")).status_code == 409
    assert post(client, "/approve", ApproveForm(EDITION, version, "")).status_code == 422
    assert post(client, "/approve", ApproveForm(EDITION, version, "Zoë")).json()["message"] == "Approved by Zoë."
    assert "Approved by Zoë" in client.get("/").text

    tested = post(client, "/test", TestForm(EDITION, "desk@example.com", reader="kenji@example.org")).json()
    assert (tested["message"], tested["failed"]) == ("Test sent to desk@example.com.", False)
    (mail,) = newsroom.mails()
    assert b"Subject: [Test] Good morning" in mail
    assert post(client, "/test", TestForm(EDITION, "nobody")).status_code == 422
    assert post(client, "/test", TestForm(EDITION, "desk@example.com", segment="science")).status_code == 200
    assert b"The ferry is back" not in newsroom.mails()[-1]


def test_the_later_of_two_editors_is_warned_and_nothing_is_lost(
    client: TestClient, session: EditorSession, newsroom: NewsroomFolder
) -> None:
    make_draft(client)
    first, second = draft_form(session, subject="The first"), draft_form(session, subject="The second")
    newer = post(client, "/save", first).json()["version"]
    answer = post(client, "/save", second)
    assert answer.status_code == 409
    assert "changed this draft since you read it" in answer.json()["error"]
    file = newsroom.path / "editions" / f"{EDITION}.toml"
    assert 'subject = "The first"' in file.read_text()
    second.version = newer
    assert post(client, "/save", second).status_code == 200
    assert 'subject = "The second"' in file.read_text()


def test_unsaved_edits_are_previewed_and_not_written(
    client: TestClient, session: EditorSession, newsroom: NewsroomFolder
) -> None:
    make_draft(client)
    file = newsroom.path / "editions" / f"{EDITION}.toml"
    before = file.read_bytes()
    edits = post(client, "/edits", draft_form(session, subject="Not yet", note="For *now*")).json()["edits"]
    assert '<b dir="auto">Not yet</b>' in client.get("/", params={"edits": edits}).text
    assert "For <em>now</em>" in client.get("/mail", params={"edits": edits}).text
    assert "For <em>now</em>" not in client.get("/mail").text
    assert file.read_bytes() == before
    assert post(client, "/edits", draft_form(session, subject="{{ broken")).status_code == 422


def test_approval_is_for_the_version_on_the_page_even_if_the_desk_cannot_read_the_newsroom(
    client: TestClient, session: EditorSession, newsroom: NewsroomFolder
) -> None:
    newsroom.configure(more=APPROVAL_REQUIRED)
    make_draft(client)
    version = draft_form(session).version
    readers = newsroom.path / "subscribers.csv"
    text = readers.read_text()
    readers.unlink()
    file = newsroom.path / "editions" / f"{EDITION}.toml"
    file.write_text(file.read_text().replace("The ferry is back", "The mayor is a crook"))
    assert post(client, "/approve", ApproveForm(EDITION, version, "Zoë")).status_code == 409
    readers.write_text(text)
    assert "Not approved yet" in client.get("/").text


def test_yesterday_s_page_saves_to_yesterday_s_draft_and_approves_nothing(newsroom: NewsroomFolder) -> None:
    moments = [NOW]
    session = EditorSession(newsroom.path / "digest.toml", "daily", lambda _config: moments[-1])
    with connect(session) as client:
        make_draft(client)
        form = draft_form(session, subject="From yesterday")
        moments.append(NOW + timedelta(days=1))
        assert post(client, "/approve", ApproveForm(EDITION, form.version, "Zoë")).status_code == 422
        assert "the current edition is 2026-11-24-daily" in post(client, "/edits", form).json()["error"]
        assert post(client, "/save", form).status_code == 200
        assert "From yesterday" in (newsroom.path / "editions" / f"{EDITION}.toml").read_text()
        form.edition = "../../digest"
        assert post(client, "/save", form).status_code == 422


def test_a_test_needs_the_secret_that_a_send_needs(
    client: TestClient, newsroom: NewsroomFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DIGEST_SECRET_KEY")
    newsroom.subscribe("bo@example.com,Bo")  # so that the session reads the configuration again
    answer = post(client, "/test", TestForm(EDITION, "desk@example.com"))
    assert answer.status_code == 422
    assert "DIGEST_SECRET_KEY" in answer.json()["error"]
    assert newsroom.mails() == []
