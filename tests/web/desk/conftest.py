"""A desk on the newsroom of the tests."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from digest.web.desk.newsdesk import Newsdesk
from tests.newsroom_folder import NewsroomFolder

NOW = datetime(2026, 11, 23, 7, 30, tzinfo=UTC)


@pytest.fixture
def open_desk(newsroom: NewsroomFolder) -> Callable[[], Newsdesk]:
    """Opens the desk once the newsroom is as the test wants it."""
    return lambda: Newsdesk(newsroom.path / "digest.toml", "daily", lambda _config: NOW)
