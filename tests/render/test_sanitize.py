"""Headlines, names and links that try to do something, and how the email shows them."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.core.merge_fields import merge_field_token
from digest.models import Article, Author, Image, Publication, Section
from digest.render import RenderedEmail
from digest.render.sanitize import sanitize_text
from tests.render.reading import VALUES, folded, texts, tree

Make = Callable[..., RenderedEmail]
Story = Callable[..., Article]


WILD = st.text(st.characters(exclude_categories=()), max_size=40) | st.text(
    "<>&\"'\\\n\r\t\x00\ud800\ufe0f\u200d\u202e-a", max_size=40
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headline=WILD, summary=WILD, name=WILD)
def test_any_text_is_shown_as_it_is_and_does_nothing(
    make: Make, story: Story, headline: str, summary: str, name: str
) -> None:
    hostile = story(
        headline,
        summary=summary,
        authors=(Author(name, name),),
        image=Image("https://www.example.com/i.jpg?a=1&b=2", alt=headline),
    )
    rendered = make(hostile, hostile, lead_section=name, sections=(Section(name, (hostile,), more=1),))
    document = tree(rendered)
    shown = folded(sanitize_text(headline))
    assert texts(rendered, "h3") == [shown]
    assert texts(rendered, "h2")[0] == shown
    assert [folded(element.get("alt")) for element in document.findall(".//img")] == [shown, shown]
    assert not list(document.iter("script", "iframe", "object", "form"))
    assert not [name for element in document.iter() for name in element.attrib if name.startswith("on")]
    assert "\\u{" not in rendered.message.html
    for part in (rendered.message.subject, rendered.message.text, rendered.message.html):
        part.encode("utf-8")
    assert "\n" not in rendered.message.subject + rendered.preheader


@pytest.mark.parametrize(
    "text",
    [
        "</h3></td></tr></table><script>alert(1)</script>",
        '" onmouseover="alert(1)',
        "{{ 7 * 7 }} {% raw %}",
        "<mj-text>",
        "a \\ b ' c \" d ` e",
        "❤\ufe0f 👩\u200d🚒 e\u0301 \u200f ء",
        "]]> --> <!--",
        "xtok0123456789x",
    ],
)
def test_hostile_headlines(make: Make, story: Story, text: str) -> None:
    rendered = make(story(text), story(text, image=Image("https://www.example.com/i.jpg", alt=text)))
    assert texts(rendered, "h3") == [text]
    assert text in rendered.message.text.replace("\n", " ")
    assert [element.get("alt") for element in tree(rendered).findall(".//img")] == [text]
    assert not tree(rendered).findall(".//script")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "data:text/html,x", "java\nscript:x", "//example.com", "ftp://a.b"]
)
def test_only_the_web_is_linked_to(make: Make, story: Story, url: str) -> None:
    rendered = make(story(url=url), story(url=url, image=Image(url)), publication=Publication("The Gazette", url=url))
    assert [element.get("href") for element in tree(rendered).iter("a")] == [VALUES["unsubscribe_url"]]
    assert not tree(rendered).findall(".//img")
    assert url not in rendered.message.text


def test_an_article_cannot_ask_for_a_reader_s_address(make: Make, story: Story) -> None:
    token = merge_field_token("email", "html")
    rendered = make(story(token, url=f"https://www.example.com/?{token}"), story(summary=token, url=""))
    assert rendered.message.html.count(token) == 1
    assert VALUES["email"] in tree(rendered).text_content()


def test_a_headline_of_thousands_of_letters_is_cut(make: Make, story: Story) -> None:
    rendered = make(story("x" * 5000), story("word " * 1000))
    assert all(len(text) <= 300 for text in [*texts(rendered, "h2"), *texts(rendered, "h3"), rendered.message.subject])


def test_accents_are_not_piled_up_over_other_stories(make: Make, story: Story) -> None:
    rendered = make(story("Za" + "\u0301\u0489" * 100 + "lgo in Việt Nam e\u0302\u0301"))
    assert texts(rendered, "h2") == ["Za" + "\u0301\u0489" * 2 + "lgo in Việt Nam e\u0302\u0301"]


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='JaVa\tScript:alert(1)'>x</a>",
    "<iframe src='https://e.example'></iframe>",
    "<form action='https://e.example'><input></form>",
    "<style>body{display:none}</style>",
    "<svg onload=alert(1)>",
    "<p style='position:fixed'>x</p>",
    "<math><mi xlink:href='data:x,<script>alert(4)</script>'>",
    "<object data='x'></object><embed src='x'><base href='x'><meta http-equiv=refresh><link rel=stylesheet href=x>",
]

markup = st.lists(
    st.sampled_from([*HOSTILE, "<p>", "</p>", "<b>", "text", "&amp;", "&lt;script&gt;", "<!--", "-->"])
    | st.text(max_size=8)
).map("".join)

_MAY_ACT = {"script", "iframe", "form", "input", "object", "embed", "base", "link", "svg", "math"}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(markup, markup)
def test_no_active_content_gets_into_the_email(make: Make, story: Story, headline: str, summary: str) -> None:
    hostile = story(
        headline or "x", summary=summary, url="javascript:alert(1)", image=Image("data:text/html,x", alt=headline)
    )
    rendered = make(hostile, hostile, sections=(Section(summary, (hostile,), url="javascript:alert(2)"),))
    for element in tree(rendered).iter():
        if not isinstance(element.tag, str):
            continue  # Outlook's conditional comments, which the templates alone write
        assert element.tag not in _MAY_ACT
        assert not [name for name in element.attrib if name.startswith("on")]
        for name in ("href", "src"):
            assert not element.get(name, "").strip().lower().startswith(("javascript:", "data:"))
