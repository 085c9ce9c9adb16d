"""Settings that every email needs."""

import pytest

from digest.errors import ConfigError
from tests.newsroom_folder import NewsroomFolder


@pytest.mark.parametrize(
    ("old", "words"),
    [
        ('postal_address = "1 Quay Street, Example City"\n', "postal_address under [publication]"),
        ('from = "The Gazette <news@example.com>"\n', "under [delivery]"),
    ],
)
def test_a_missing_setting_is_named_and_nothing_is_sent(newsroom: NewsroomFolder, old: str, words: str) -> None:
    newsroom.configure((old, ""))
    with pytest.raises(ConfigError) as caught:
        newsroom.send()
    assert words in str(caught.value)
    assert not list(newsroom.path.glob("ledger*"))


def test_a_newsroom_without_a_way_to_unsubscribe_is_refused(newsroom: NewsroomFolder) -> None:
    newsroom.configure(
        ('unsubscribe_url = "https://www.example.com/leave?t={token}"\n', ""),
        ('unsubscribe_mailto = "leave@example.com"\n', ""),
    )
    with pytest.raises(ConfigError, match="unsubscribe_url or unsubscribe_mailto"):
        newsroom.send()
