"""A client of the desk that posts forms as the page does."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx2
import msgspec
from starlette.testclient import TestClient

from digest.drafts import to_edits
from digest.web.desk.app import create_app
from digest.web.desk.forms import DraftForm, MakeForm, SectionForm, StoryForm
from digest.web.desk.session import EditorSession

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)
EDITION = "2026-11-23-daily"
HOST = "127.0.0.1:8642"
TOKEN = "a-token-of-the-tests"


@contextmanager
def connect(session: EditorSession) -> Iterator[TestClient]:
    """A client that has opened the address with the token."""
    app = create_app(session, TOKEN, (HOST, "localhost:8642"))
    with TestClient(app, base_url=f"http://{HOST}", follow_redirects=True) as client:
        assert client.get("/", params={"token": TOKEN}).status_code == 200
        yield client


def post(client: TestClient, path: str, form: msgspec.Struct) -> httpx2.Response:
    return client.post(path, content=msgspec.json.encode(form))


def make_draft(client: TestClient) -> None:
    assert post(client, "/draft", MakeForm(EDITION)).status_code == 200


def draft_form(session: EditorSession, **changes: str) -> DraftForm:
    """The form of the draft as the page would send it."""
    draft = session.state().draft
    assert draft
    edits = to_edits(draft)
    sections = [
        SectionForm(
            section.name,
            [StoryForm(story.identity, story.headline, story.excerpt, story.hide) for story in section.stories],
            section.was,
        )
        for section in edits.sections
    ]
    form = DraftForm(EDITION, draft.revision, edits.subject, edits.preheader, edits.note, edits.lead, sections)
    return msgspec.structs.replace(form, **changes)
