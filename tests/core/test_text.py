"""Text put on one line, made safe, and counted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.text import clean_line, describe_error, format_count, one_line


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("Ada Byron", "Ada Byron"),
        (" Ada\r\n\tByron ", "Ada Byron"),
        ("a\x00b\x7fc\x9fd", "a b c d"),
        ("a\u2028b\u2029c\u00a0d  e", "a b c d e"),
        ("a\ud800b", "a b"),
        ("", ""),
    ],
)
def test_one_line(value: str, line: str) -> None:
    assert one_line(value) == line


@given(st.text(st.characters(codec=None)))
def test_the_fast_path_of_one_line_changes_nothing(value: str) -> None:
    assert one_line(value) == one_line(f" {value}") == one_line(one_line(value))


def test_a_line_holds_no_control_and_no_override() -> None:
    assert clean_line("a\u202eb\u0000c\ufeff\td\n e\ud800") == "abc d e"
    assert clean_line("مرحبا\u200f!") == "مرحبا\u200f!"
    assert clean_line("👩\u200d🚒") == "👩\u200d🚒"


def test_characters_newer_than_python_stay() -> None:
    assert clean_line("\U0001fae8 \U0001fae9 \U000323b0") == "\U0001fae8 \U0001fae9 \U000323b0"
    assert clean_line("a\ufffe\ufdd0\U0010ffffb") == "ab"


def test_format_count() -> None:
    assert [format_count(count, "story", "stories") for count in (0, 1, 2)] == ["0 stories", "1 story", "2 stories"]


def test_describe_error() -> None:
    assert describe_error(ValueError("a\n  b")) == "a b"
    assert describe_error(TimeoutError()) == "TimeoutError"
