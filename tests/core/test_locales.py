"""Language tags and time zones."""

import pytest

from digest.core.locales import is_language_tag, is_timezone


@pytest.mark.parametrize("value", ["en", "ast", "pt-BR", "pt_BR", "zh-Hans-CN"])
def test_language_tags(value: str) -> None:
    assert is_language_tag(value)


@pytest.mark.parametrize("value", ["", "english", "e", "en-", "en US", "en-toolongasubtag"])
def test_other_text_is_not_a_language_tag(value: str) -> None:
    assert not is_language_tag(value)


def test_time_zones() -> None:
    assert is_timezone("America/Chicago")
    assert not any(map(is_timezone, ["", "Chicago", "../etc/passwd", "America", "a\0b"]))
