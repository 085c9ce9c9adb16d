"""The email: what readers see, whatever a headline holds."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.core.merge_fields import merge_field_token
from digest.errors import TemplateError
from digest.models import Article, Author, Image, Publication, Section
from digest.render import RenderedEmail, to_standalone_html
from digest.render.sanitize import sanitize_text

VALUES = {"email": "a&b@example.com", "name": "Ada", "unsubscribe_url": "https://www.example.com/leave?a=1&b=2"}
PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40

Make = Callable[..., RenderedEmail]
Story = Callable[..., Article]


def tree(rendered: RenderedEmail) -> Any:
    return lxml_html.fromstring(to_standalone_html(rendered.message, VALUES))


def folded(text: str) -> str:
    return " ".join(text.split())


def texts(rendered: RenderedEmail, path: str) -> list[str]:
    return [folded(element.text_content()) for element in tree(rendered).findall(f".//{path}")]


def test_masthead_lead_cards_and_footer(make: Make, story: Story) -> None:
    rendered = make(story(), story("A comet"), story("A treaty", authors=(), published=None))
    assert texts(rendered, "h1") == ["The Gazette"]
    assert texts(rendered, "h2") == ["The ferry is back", "World"]
    assert texts(rendered, "h3") == ["A comet", "A treaty"]
    shown = tree(rendered).text_content()
    assert "Monday, November 23, 2026 · 3 stories" in shown
    assert "By Zoë Brandão, Reporter · 3 hours ago" in shown
    assert "a&b@example.com is subscribed to the daily digest of The Gazette." in shown
    assert "1 Quay Street" in shown
    links = [element.get("href") for element in tree(rendered).findall(".//a")]
    assert VALUES["unsubscribe_url"] in links
    assert rendered.message.subject == "The ferry is back"
    assert rendered.preheader.startswith("A comet · A treaty · After eleven years")
    assert rendered.problems == ()


def test_the_document_is_what_mail_programs_need(make: Make, story: Story) -> None:
    html = make(story(), story("A comet")).message.html
    assert html.startswith("<!DOCTYPE html>")
    assert "<!--[if mso" in html
    assert "prefers-color-scheme: dark" in html
    assert "[data-ogsc] .ink" in html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert 'height="auto"' not in html
    document = lxml_html.fromstring(html)
    assert document.get("lang") == "en"
    assert all(table.get("role") == "presentation" for table in document.findall(".//table"))
    assert not document.findall(".//script")


def test_merge_fields_are_open_in_the_message_and_filled_for_a_reader(make: Make, story: Story) -> None:
    message = make(story()).message
    assert {(merge_field.name, merge_field.form) for merge_field in message.merge_fields} == {
        ("email", "html"), ("email", "text"), ("unsubscribe_url", "html"), ("unsubscribe_url", "text"),
    }  # fmt: skip
    html, text = message.fill(message.html, VALUES), message.fill(message.text, VALUES)
    assert "a&amp;b@example.com" in html
    assert "a&b@example.com" in text
    assert "https://www.example.com/leave?a=1&b=2" in text
    assert "xtok" not in html + text


WILD = st.text(st.characters(exclude_categories=()), max_size=40) | st.text(
    "<>&\"'\\\n\r\t\x00\ud800\ufe0f\u200d\u202e-a", max_size=40
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(headline=WILD, summary=WILD, name=WILD)
def test_any_text_is_shown_as_it_is_and_does_nothing(
    make: Make, story: Story, headline: str, summary: str, name: str
) -> None:
    told = story(
        headline,
        summary=summary,
        authors=(Author(name, name),),
        image=Image("https://www.example.com/i.jpg?a=1&b=2", alt=headline),
    )
    rendered = make(told, told, lead_section=name, sections=(Section(name, (told,), more=1),))
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


def test_a_reason_of_one_s_own(make: Make, story: Story) -> None:
    message = make(story(), reason="You, {email}, asked {publication} for {this}.").message
    assert "You, a&b@example.com, asked The Gazette for {this}." in message.fill(message.text, VALUES)
    assert "You, a&amp;b@example.com, asked The Gazette for {this}." in message.fill(message.html, VALUES)


def test_a_story_without_an_address_is_no_link(make: Make, story: Story) -> None:
    rendered = make(story(url=""), story("A comet", url=""))
    links = [element.get("href") for element in tree(rendered).findall(".//a")]
    assert links == ["https://www.example.com", VALUES["unsubscribe_url"]]


def test_a_picture_without_words_is_no_link_to_those_who_listen(make: Make, story: Story) -> None:
    for alt, hidden in (("", "true"), ("The ferry", None)):
        rendered = make(story(image=Image("https://www.example.com/i.jpg", alt=alt, width=1200, height=800)))
        image = tree(rendered).find(".//img")
        assert (image.get("alt"), image.getparent().get("aria-hidden")) == (alt, hidden)
        assert (image.get("width"), image.get("height")) == ("600", "400")


def test_local_pictures_travel_inside_once_and_a_broken_one_is_told(make: Make, story: Story, tmp_path: Path) -> None:
    good, bad, huge = tmp_path / "good.png", tmp_path / "bad.png", tmp_path / "huge.png"
    good.write_bytes(PNG)
    bad.write_text("no picture")
    huge.write_bytes(PNG + b"0" * 1_000_001)
    files = [good, good, bad, bad, huge, tmp_path / "none.png"]
    rendered = make(*(story(f"Story {number}", image=Image(file=file)) for number, file in enumerate(files)))
    assert [(image.filename, image.media_type, image.data) for image in rendered.message.images] == [
        ("good.png", "image/png", PNG)
    ]
    assert rendered.message.html.count(f"cid:{rendered.message.images[0].cid}") == 2
    assert "cid:" not in to_standalone_html(rendered.message, VALUES)
    said = [str(problem).removeprefix(f"{tmp_path}/") for problem in rendered.problems]
    assert said == [
        "bad.png: is not a PNG, JPEG, GIF or WebP; the picture is left out",
        "huge.png: has 1,000,049 bytes, more than 1,000,000; the picture is left out",
        "none.png: cannot be read: No such file or directory; the picture is left out",
    ]


def test_a_logo_takes_the_place_of_the_name(make: Make, story: Story, publication: Publication, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    for told in (Image(file=logo), Image("https://www.example.com/logo.png")):
        image = tree(make(story(), publication=replace(publication, logo=told))).find(".//h1//img")
        assert image.get("alt") == "The Gazette"
        assert image.get("class") == "plate"
    dark = Image("https://www.example.com/night.png")
    two = make(story(), publication=replace(publication, logo=Image(file=logo), logo_dark=dark))
    day, night = tree(two).findall(".//h1//img")
    assert (day.get("class"), night.get("class")) == ("day", None)
    assert "display:none" in night.getparent().get("style").replace(" ", "")


def test_right_to_left(make: Make, story: Story) -> None:
    rendered = make(story("سلام"), story("دنیا"), language="ur")
    document = tree(rendered)
    assert (document.get("lang"), document.get("dir")) == ("ur", "rtl")
    assert "جنوری" not in rendered.message.text
    assert "نومبر" in rendered.message.text
    assert "direction:ltr" not in rendered.message.html.replace(" ", "")


def test_an_unknown_language_is_told(make: Make, story: Story) -> None:
    assert "language `xx`" in str(make(story(), language="xx").problems[0])


def test_a_subject_of_one_s_own(make: Make, story: Story) -> None:
    subject = "{{ publication.name }}, {{ date.day }}: {{ edition.lead.headline }}"
    assert make(story("Tom & Jerry"), subject=subject).message.subject == "The Gazette, 23: Tom & Jerry"
    assert make(story(), subject="A \x07bell").message.subject == "A \ufffdbell"
    for broken in ("{{ headline }}", "{% if %}", "{{ '' }}"):
        with pytest.raises(TemplateError, match=r"daily.subject in digest.toml"):
            make(story(), subject=broken)


def test_more_stories_are_counted(make: Make, story: Story) -> None:
    rendered = make(story(), sections=(Section("World", (story("A comet"),), more=4),))
    assert "and 4 more in World" in tree(rendered).text_content()
    assert "and 4 more in World" in rendered.message.text


def test_one_partial_of_the_newsroom_takes_the_place_of_the_shipped_one(
    make: Make, story: Story, tmp_path: Path
) -> None:
    (tmp_path / "footer.mjml").write_text("<mj-text>Ours, {{ merge_field('name') }}</mj-text>")
    rendered = make(story(), templates=tmp_path)
    assert "Ours, Ada" in tree(rendered).text_content()
    assert texts(rendered, "h1") == ["The Gazette"]


def test_a_template_written_for_slot_still_works(make: Make, story: Story, tmp_path: Path) -> None:
    (tmp_path / "footer.mjml").write_text("<mj-text>{{ slot('email') }}</mj-text>")
    (tmp_path / "digest.txt").write_text("{{ slot('email') }}")
    message = make(story(), templates=tmp_path).message
    assert message.html.count(merge_field_token("email", "html")) == 1
    assert message.text == merge_field_token("email", "text") + "\n"


def test_a_partial_that_comes_changes_or_goes_is_seen_at_once(make: Make, story: Story, tmp_path: Path) -> None:
    footer = tmp_path / "footer.mjml"
    for text in ("", "One", "Another one", ""):
        footer.unlink(missing_ok=True)
        if text:
            footer.write_text(f"<mj-text>{text}</mj-text>")
        shown = tree(make(story(), templates=tmp_path)).text_content()
        assert shown.endswith(text or "Example City")


@pytest.mark.parametrize(
    ("template", "line", "words"),
    [
        ("\n\n{{ nothing }}", 3, "'nothing' is undefined"),
        ("\n{% if %}", 2, "Expected an expression"),
        ("{% include 'none.mjml' %}", 0, "there is no template none.mjml"),
        ("\n{{ merge_field('shoe_size') }}", 2, "there is no merge field 'shoe_size'"),
        ("<mj-text>{{ edition.date|nosuch }}</mj-text>", 1, "No filter named 'nosuch'"),
        ("\n<mj-text>a <b</mj-text>", 2, "MJML cannot be rendered"),
        ("<mj-text>&nbsp;</mj-text>\n\n<mj-text><b>a</mj-text>", 3, "MJML cannot be rendered"),
        ("<mj-text>{{ why }}</mj-text>\n<mj-text width=2>a</mj-text>", 2, "MJML cannot be rendered"),
        ("<mj-text>{{ why }}</mj-text>\n\n<mj-txet>Hello</mj-txet>", 3, "MJML does not allow <mj-txet> here"),
        ("<mj-raw>\n<style>@import url(x.css);</style></mj-raw>", 2, "@import"),
        ("{{ edition.date.year / 0 }}", 1, "division by zero"),
    ],
)
def test_a_broken_template_is_named(
    make: Make, story: Story, tmp_path: Path, template: str, line: int, words: str
) -> None:
    (tmp_path / "footer.mjml").write_text(template)
    with pytest.raises(TemplateError, match=re.escape(words)) as caught:
        make(story(), templates=tmp_path)
    if line:
        assert caught.value.location == f"{tmp_path / 'footer.mjml'}:{line}"
    assert caught.value.hint


def test_the_same_edition_is_the_same_bytes(make: Make, story: Story) -> None:
    assert make(story(), story("A comet")) == make(story(), story("A comet"))


def test_the_plain_text_is_worth_reading(make: Make, story: Story) -> None:
    rendered = make(story(), story("A comet", summary="word " * 60))
    text = rendered.message.fill(rendered.message.text, VALUES)
    assert text.startswith("THE GAZETTE\nMonday, November 23, 2026 - 2 stories in 1 minute\n\nThe ferry is back\n")
    assert "\nWORLD\n=====\n\nA comet\n" in text
    assert "\nhttps://www.example.com/ferry\n" in text
    assert "Unsubscribe: https://www.example.com/leave?a=1&b=2\n" in text
    assert max(map(len, text.splitlines())) <= 76
    assert "<" not in text


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
def test_nothing_that_acts_gets_into_the_email(make: Make, story: Story, headline: str, summary: str) -> None:
    told = story(
        headline or "x", summary=summary, url="javascript:alert(1)", image=Image("data:text/html,x", alt=headline)
    )
    rendered = make(told, told, sections=(Section(summary, (told,), url="javascript:alert(2)"),))
    for element in tree(rendered).iter():
        if not isinstance(element.tag, str):
            continue  # Outlook's conditional comments, which the templates alone write
        assert element.tag not in _MAY_ACT
        assert not [name for name in element.attrib if name.startswith("on")]
        for name in ("href", "src"):
            assert not element.get(name, "").strip().lower().startswith(("javascript:", "data:"))
