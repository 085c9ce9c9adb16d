"""The editor's note: a few harmless elements, on the side where the language begins, and never in the stories' way."""

import re
from collections.abc import Callable

import pytest

from digest.models import Article
from digest.render import RenderedEmail
from digest.render.note import note_to_html, note_to_text

Make = Callable[..., RenderedEmail]
Story = Callable[..., Article]


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("", ""),
        ("  \n", ""),
        ("Good **morning**", "<p>Good <strong>morning</strong></p>"),
        ("one\ntwo", "<p>one<br />\ntwo</p>"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>"),
        ("# Big", "Big"),
        ("![pixel](https://www.example.com/p.gif)", "<p></p>"),
        ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](https://www.example.com/?a=1&b=2)", '<p><a href="https://www.example.com/?a=1&amp;b=2">x</a></p>'),
        ("a\u00a0b", "<p>a&#160;b</p>"),
    ],
)
def test_markdown_becomes_what_a_mail_may_hold(markdown: str, html: str) -> None:
    assert note_to_html(markdown) == html


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("", ""),
        ("Good **morning**,\nall\n\nof *you*", "Good morning,\nall\n\nof you"),
        ("See [our plan](https://www.example.com/plan).", "See our plan (https://www.example.com/plan)."),
        ("<https://www.example.com/> [a@example.com](mailto:a@example.com)", "https://www.example.com/ a@example.com"),
        ("# Big\n\n- a\n- b\n  more\n\nthen\n\n3. c\n4. d", "Big\n\n- a\n- b\n  more\n\nthen\n\n3. c\n4. d"),
        ("> one\n> two", "> one\n> two"),
        ("`code`\n\n```\na  b\n```", "code\n\na  b"),
        ("{{ 1 }} </td> \\*", "{{ 1 }} </td> *"),
    ],
)
def test_markdown_becomes_what_people_type(markdown: str, text: str) -> None:
    assert note_to_text(markdown) == text


def test_a_note_stands_above_the_lead_in_both_parts(make: Make, story: Story) -> None:
    rendered = make(story("The ferry is back"), note="Good *morning*,\n\nfrom the quay {{ 1 }} </td>")
    for part in (rendered.message.html, rendered.message.text):
        assert "{{ 1 }}" in part
        assert part.index("from the quay") < part.rindex("The ferry is back")
    assert "</td>" not in rendered.message.html.split("from the quay")[1][:20]
    assert "Good morning," in rendered.message.text


@pytest.mark.parametrize(("language", "side"), [("en", "left"), ("ar", "right")])
def test_a_note_s_line_is_on_the_side_where_the_language_begins(
    make: Make, story: Story, language: str, side: str
) -> None:
    html = make(story("The ferry is back"), note="Good morning", language=language).message.html
    (style,) = re.findall(r'<td[^>]*style="([^"]*)"[^>]*><p[^>]*>Good morning', html)
    assert f"border-{side}:3px" in style.replace(" ", "")
    assert ("0 0 0 14px" if side == "left" else "0 14px 0 0") in style
