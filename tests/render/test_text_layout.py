"""Excerpts and wrapped lines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.render.text_layout import excerpt, wrap


@pytest.mark.parametrize(
    ("text", "length", "beginning"),
    [
        ("short", 10, "short"),
        ("one two three four", 12, "one two…"),
        ("One sentence. Another that is long", 20, "One sentence."),
        ("J. R. Hartley went fishing for flies", 22, "J. R. Hartley went…"),
        ("一二三四五六七八九十", 6, "一二三四五…"),
        ("abcdefghijklmnop", 8, "abcdefg…"),
        ("end, of words here", 8, "end, of…"),
        ("Two were hurt on Monday · A train ran into a lorry", 32, "Two were hurt on Monday"),
        ("A ferry · Two were hurt on Monday when it ran aground", 32, "A ferry · Two were hurt on…"),
    ],
)
def test_excerpts_end_where_a_reader_would_end(text: str, length: int, beginning: str) -> None:
    assert excerpt(text, length) == beginning


def test_an_emoji_is_not_split() -> None:
    for length in range(3, 12):
        assert "\u200d…" not in excerpt("👩\u200d🚒" * 4, length)


@given(st.text(max_size=80).map(lambda text: " ".join(text.split())), st.integers(4, 60))
def test_an_excerpt_is_the_beginning_and_no_longer(text: str, length: int) -> None:
    beginning = excerpt(text, length)
    assert len(beginning) <= max(length, 2)
    assert text.startswith(beginning.removesuffix("…"))


def test_a_flag_is_not_split() -> None:
    for length in range(3, 8):
        assert sum("\U0001f1e6" <= letter <= "\U0001f1ff" for letter in excerpt("🇬🇧" * 9, length)) % 2 == 0


def test_a_script_without_spaces_is_wrapped_to_the_width_it_takes() -> None:
    assert {len(line) for line in wrap("一二三四五六七八九十" * 20).splitlines()[:-1]} == {37}


def test_a_link_is_never_broken() -> None:
    link = "https://www.example.com/" + "a-long-path/" * 12
    assert link in wrap(f"See {link} for more")
