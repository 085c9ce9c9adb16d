"""Untrusted markup into text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.sanitize import html_to_text, strip_markup

markup = st.lists(
    st.sampled_from(
        ["<script>a()</script>", "<style>b{}</style>", "<p>", "</p>", "<b>", "text", "&amp;", "<!--", "-->"]
    )
    | st.text(max_size=8)
).map("".join)


@given(markup)
def test_text_is_one_line(value: str) -> None:
    for text in (html_to_text(value), strip_markup(value)):
        assert text == " ".join(text.split())
        assert not {character for character in text if ord(character) < 32}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("<p>One</p><p>two.</p><p>Three</p>", "One · two. Three"),
        ("<p>「我们。」</p><p>在</p>", "「我们。」 在"),
        ("One<br/>two<li>three", "One two three"),
        (
            "<ul><li>Two hurt</li><li>It rained.</li> <li>“Why?”</li><LI>None</LI></ul><p>A train",
            "Two hurt · It rained. “Why?” None · A train",
        ),
        ("<ul><li>Only one</li><li> </li></ul>", "Only one"),
        ("<b>bo</b>ld", "bold"),
        ("a <style>b{}</style><script>c()</script>d", "a d"),
        ("AT&amp;T", "AT&T"),
        ("x &lt; y", "x < y"),
    ],
)
def test_words_are_neither_joined_nor_split(value: str, text: str) -> None:
    assert html_to_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("Tom &amp;amp; Jerry", "Tom & Jerry"),
        ("&lt;em&gt;Now&lt;/em&gt;", "Now"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("AT&T", "AT&T"),
        ("&#8216;Hi&#8217;", "‘Hi’"),
    ],
)
def test_titles_escaped_once_too_often(value: str, text: str) -> None:
    assert strip_markup(value) == text


@given(st.text(st.characters(codec=None)) | st.sampled_from(["\ud83d &amp;", "<p title='\udc00'>\ud800</p>"]))
def test_any_text_can_be_encoded_afterwards(value: str) -> None:
    for text in (strip_markup(value), html_to_text(value)):
        text.encode()


def test_the_text_after_an_embedded_image_is_found() -> None:
    assert html_to_text(f"<img src='data:image/png;base64,{'A' * 200_000}'><p>The text.</p>") == "The text."
