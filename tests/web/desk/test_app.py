"""The routes: modules, revision, reader search, and answers to forms that cannot be used."""

import re
from pathlib import Path

from starlette.testclient import TestClient

from digest.web.desk import app
from digest.web.desk.forms import EmptyForm
from digest.web.desk.session import EditorSession
from tests.web.desk.client import draft_form, make_draft, post


def test_every_module_is_served_as_javascript_and_states_its_purpose(client: TestClient) -> None:
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


def test_a_form_that_cannot_be_used_is_refused_with_the_reason(client: TestClient, session: EditorSession) -> None:
    assert client.post("/save", content=b"{").status_code == 422
    assert client.post("/save", content=b"\xff").status_code == 422
    make_draft(client)
    form = draft_form(session)
    form.sections[0].stories[0].headline = "  "
    answer = post(client, "/save", form)
    assert answer.status_code == 422
    assert answer.json() == {"error": "a story has no headline; enter one, or hide the story"}


def test_readers_are_found_by_part_of_their_name(client: TestClient) -> None:
    assert client.get("/readers", params={"q": "zo"}).json() == [{"email": "zoe@example.net", "name": "Zoë"}]


def test_refreshing_the_sources_changes_the_revision(client: TestClient) -> None:
    before = client.get("/revision").json()["revision"]
    assert post(client, "/sources", EmptyForm()).json()["message"] == "Sources refreshed."
    assert client.get("/revision").json()["revision"] != before
