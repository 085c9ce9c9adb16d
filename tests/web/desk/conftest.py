"""Fixtures for the desk's tests: a session on the newsroom, and a client that is signed in."""

from collections.abc import Callable, Iterator

import pytest
from starlette.testclient import TestClient

from digest.web.desk.session import EditorSession
from tests.newsroom_folder import NewsroomFolder
from tests.web.desk.client import NOW, connect


@pytest.fixture
def open_session(newsroom: NewsroomFolder) -> Callable[[], EditorSession]:
    """Opens a session once the newsroom is as the test wants it."""
    return lambda: EditorSession(newsroom.path / "digest.toml", "daily", lambda _config: NOW)


@pytest.fixture
def session(open_session: Callable[[], EditorSession]) -> EditorSession:
    return open_session()


@pytest.fixture
def client(session: EditorSession) -> Iterator[TestClient]:
    with connect(session) as client:
        yield client
