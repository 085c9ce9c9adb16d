"""Secrets of the configured providers."""

import pytest

from digest.errors import ConfigError
from tests.newsroom_folder import NewsroomFolder
from tests.sending.common import list_editions


@pytest.mark.parametrize(
    ("environment", "provider", "words"),
    [("SENDGRID_API_KEY", "sendgrid", "SENDGRID_API_KEY"), ("DIGEST_SECRET_KEY", "maildir", "DIGEST_SECRET_KEY")],
)
def test_a_missing_secret_is_named(
    newsroom: NewsroomFolder, monkeypatch: pytest.MonkeyPatch, environment: str, provider: str, words: str
) -> None:
    monkeypatch.delenv(environment, raising=False)
    newsroom.configure(("[delivery]\n", f'[delivery]\nprovider = "{provider}"\n'))
    with pytest.raises(ConfigError, match=words):
        newsroom.send()
    assert list_editions(newsroom) == []


def test_a_missing_secret_of_the_fallback_is_named_before_it_is_needed(newsroom: NewsroomFolder) -> None:
    newsroom.configure(("[delivery]\n", '[delivery]\nfallback = "sendgrid"\n'))
    with pytest.raises(ConfigError, match="SENDGRID_API_KEY"):
        newsroom.send()
    assert list_editions(newsroom) == []
