"""The email: what readers see of an edition."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html

from digest.errors import TemplateError
from digest.models import Article, Image, Publication, Section
from digest.render import RenderedEmail, to_standalone_html
from tests.render.reading import VALUES, texts, tree

PNG = b"\x89PNG\r\n\x1a\n" + b"0" * 40

Make = Callable[..., RenderedEmail]
Story = Callable[..., Article]


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


def test_a_newsroom_can_give_its_own_reason(make: Make, story: Story) -> None:
    message = make(story(), reason="You, {email}, asked {publication} for {this}.").message
    assert "You, a&b@example.com, asked The Gazette for {this}." in message.fill(message.text, VALUES)
    assert "You, a&amp;b@example.com, asked The Gazette for {this}." in message.fill(message.html, VALUES)


def test_a_story_without_a_url_is_not_a_link(make: Make, story: Story) -> None:
    rendered = make(story(url=""), story("A comet", url=""))
    links = [element.get("href") for element in tree(rendered).findall(".//a")]
    assert links == ["https://www.example.com", VALUES["unsubscribe_url"]]


def test_a_picture_without_alt_text_is_not_a_link_for_screen_readers(make: Make, story: Story) -> None:
    for alt, hidden in (("", "true"), ("The ferry", None)):
        rendered = make(story(image=Image("https://www.example.com/i.jpg", alt=alt, width=1200, height=800)))
        image = tree(rendered).find(".//img")
        assert (image.get("alt"), image.getparent().get("aria-hidden")) == (alt, hidden)
        assert (image.get("width"), image.get("height")) == ("600", "400")


def test_local_pictures_are_attached_once_and_a_broken_one_is_a_problem(
    make: Make, story: Story, tmp_path: Path
) -> None:
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
    problems = [str(problem).removeprefix(f"{tmp_path}/") for problem in rendered.problems]
    assert problems == [
        "bad.png: is not a PNG, JPEG, GIF or WebP; the picture is left out",
        "huge.png: has 1,000,049 bytes, more than 1,000,000; the picture is left out",
        "none.png: cannot be read: No such file or directory; the picture is left out",
    ]


def test_a_logo_replaces_the_name(make: Make, story: Story, publication: Publication, tmp_path: Path) -> None:
    logo = tmp_path / "logo.png"
    logo.write_bytes(PNG)
    for picture in (Image(file=logo), Image("https://www.example.com/logo.png")):
        image = tree(make(story(), publication=replace(publication, logo=picture))).find(".//h1//img")
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


def test_an_unknown_language_is_a_problem(make: Make, story: Story) -> None:
    assert "language `xx`" in str(make(story(), language="xx").problems[0])


def test_a_configured_subject(make: Make, story: Story) -> None:
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
