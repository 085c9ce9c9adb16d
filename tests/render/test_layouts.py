"""The two layouts, and what each part of the email says."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
from lxml import html as lxml_html

from digest.core.colour import contrast_ratio, parse_hex
from digest.errors import TemplateError
from digest.models import Article, Image, Publication, Section
from digest.render import Layout, RenderedEmail

Make = Callable[..., RenderedEmail]
Story = Callable[..., Article]

PHOTO = Image("https://www.example.com/i.jpg", alt="The ferry", width=1200, height=800)


def tree(rendered: RenderedEmail) -> Any:
    return lxml_html.fromstring(rendered.message.html)


def test_brief_has_every_headline_and_no_pictures(make: Make, story: Story) -> None:
    stories = (story(image=PHOTO), story("A comet", image=PHOTO, summary="word " * 60), story("A treaty", summary=""))
    cards, brief = make(*stories), make(*stories, layout="brief")
    assert len(tree(cards).findall(".//img")) == 2
    assert tree(brief).findall(".//img") == []
    for rendered in (cards, brief):
        assert [head.text_content() for head in tree(rendered).findall(".//h3")] == ["A comet", "A treaty"]
    line = tree(brief).xpath("//h3[.='A comet']/following-sibling::p")
    assert len(line) == 1
    assert len(line[0].text_content()) <= 90
    assert brief.message.subject == cards.message.subject


@pytest.mark.parametrize("layout", get_args(Layout))
def test_headings_are_in_order(make: Make, story: Story, layout: Layout) -> None:
    sections = (Section("World", (story("A"), story("B"))), Section("City", (), more=2), Section("Art", (story("C"),)))
    levels = [
        int(element.tag[1])
        for element in tree(make(story(), sections=sections, layout=layout)).iter("h1", "h2", "h3", "h4")
    ]
    assert levels == [1, 2, 2, 3, 3, 2, 2, 3]


def test_what_a_limit_left_out_leads_to_the_section(make: Make, story: Story) -> None:
    section = Section("World", (story("A comet"),), more=4, url="https://www.example.com/world?a=1&b=2")
    for layout in get_args(Layout):
        rendered = make(story(), sections=(section,), layout=layout)
        link = tree(rendered).xpath("//a[.='and 4 more in World']")[0]
        assert link.get("href") == section.url
        assert f"and 4 more in World\n{section.url}\n" in rendered.message.text
        hostile = replace(section, url="javascript:alert(1)")
        assert "javascript:" not in make(story(), sections=(hostile,), layout=layout).message.html


def test_other_sources_of_a_story_are_in_its_byline(make: Make, story: Story) -> None:
    rendered = make(story(), story("A comet", also_in=("The Post", "Radio <Quay>")))
    byline = "By Zoë Brandão, Reporter · 3 hours ago · also in The Post and Radio <Quay>"
    assert byline in tree(rendered).text_content()
    assert byline in rendered.message.text.replace("\n", " ")


def test_the_reading_time_is_that_of_the_email(make: Make, story: Story) -> None:
    short = make(story())
    assert "1 story in 1 minute" in short.message.text
    # 25 words shown of each, 238 in a minute; what is cut off is not counted.
    long = make(*(story(summary="word " * 500) for _ in range(60)))
    found = re.search(r"60 stories in (\d+) minutes", long.message.text)
    assert found
    assert 7 <= int(found[1]) <= 9
    chinese = make(*(story("港口的渡轮回来了", summary="船" * 500) for _ in range(60)), language="zh")
    assert "60 篇报道，16分钟读完" in chinese.message.text


def test_the_inbox_line_starts_with_the_preheader(make: Make, story: Story) -> None:
    rendered = make(story(), story("A comet"))
    shown = " ".join(tree(rendered).find("body").text_content().split())
    assert shown.startswith(rendered.preheader)
    after = shown.removeprefix(rendered.preheader).replace("\u034f", "").replace("\u200c", "")
    assert after.strip().startswith("Daily digest")
    assert "browser" not in shown


def test_a_long_headline_is_cut_for_the_subject_only(make: Make, story: Story) -> None:
    rendered = make(story("word " * 30))
    assert len(rendered.message.subject) <= 70
    assert rendered.message.subject.endswith("word…")
    assert tree(rendered).find(".//h2").text_content() == " ".join(["word"] * 30)
    assert rendered.problems == ()


@pytest.mark.parametrize(
    ("subject", "words"),
    [("12.11. 🎉", "has no letters"), ("{{ date.day }}", "has no")],
)
def test_a_subject_without_letters_is_a_problem(make: Make, story: Story, subject: str, words: str) -> None:
    (problem,) = make(story(), subject=subject).problems
    assert problem.location == "daily.subject in digest.toml"
    assert words in problem.message


def test_a_newsroom_can_have_its_own_theme(make: Make, story: Story, tmp_path: Path) -> None:
    shipped = (Path(__file__).parents[2] / "templates" / "theme.jinja").read_text()
    theme = tmp_path / "theme.jinja"
    theme.write_text(shipped.replace("#1c1a17", "#102a43").replace("Georgia, serif", "Palatino, serif"))
    html = make(story(), templates=tmp_path).message.html
    assert "color:#102a43" in html
    assert "Georgia" not in html
    theme.write_text(shipped.replace("#57534d", "#cccccc"))
    (problem,) = make(story(), templates=tmp_path).problems
    assert str(problem).startswith("theme.jinja: soft on paper has a contrast of 1.6, and text needs 4.5")
    for broken in (shipped.replace("#1c1a17", "navy"), shipped.replace("set paper", "set papier"), "{% set %}"):
        theme.write_text(broken)
        with pytest.raises(TemplateError, match=r"theme\.jinja"):
            make(story(), templates=tmp_path)


@pytest.mark.parametrize("colour", ["#9b1c1f", "#ffd400", "#0b5394", "#111112", "#fefeff"])
def test_every_colour_of_text_can_be_read_in_light_and_dark(make: Make, story: Story, colour: str) -> None:
    publication = Publication("The Gazette", url="https://www.example.com", colour=colour)
    html = make(story(), story("A comet"), publication=publication).message.html
    light = {match[1] for match in re.finditer(r"[;\"]color:(#[0-9a-f]{6})", html)}
    assert len(light) == 3
    assert min(contrast_ratio(parse_hex(one), parse_hex("#ffffff")) for one in light) >= 4.5
    dark = {match[1] for match in re.finditer(r"[{ ]color: (#[0-9a-f]{6}) !important", html)}
    assert len(dark) == 3
    assert min(contrast_ratio(parse_hex(one), parse_hex("#1c1b19")) for one in dark) >= 4.5


HOSTILE = (
    "<script>alert(1)</script>",
    "</style><style>*{display:none}",
    "background:url(javascript:alert(1))",
    "x" * 5000,
    "👩\u200d🚒🎉" * 40,
    "\u202eright to left\u202d",
    "{{ 7 * 7 }}",
)


@pytest.mark.parametrize("layout", get_args(Layout))
def test_hostile_stories_are_text_in_either_layout(make: Make, story: Story, layout: Layout) -> None:
    data = Image("data:image/svg+xml,<svg onload=alert(1)>", alt="x")
    huge = Image("https://www.example.com/40-megapixels.jpg", width=8000, height=5000)
    stories = [story(text, summary=text, image=image, also_in=(text,)) for text in HOSTILE for image in (data, huge)]
    sections = tuple(Section(text, tuple(stories), more=1, url="data:text/html,x") for text in HOSTILE)
    document = tree(make(*stories, sections=sections, layout=layout))
    assert not list(document.iter("script", "svg", "iframe"))
    assert len(list(document.iter("style"))) == len(list(tree(make(story(), layout=layout)).iter("style")))
    assert all(link.get("href").startswith(("https://", "xtok")) for link in document.iter("a"))
    assert all(image.get("src").startswith("https://") for image in document.iter("img"))
    assert all(int(image.get("width")) <= 600 for image in document.iter("img"))
    assert max(len(heading.text_content()) for heading in document.iter("h2", "h3")) <= 300


def test_a_small_picture_of_the_lead_stands_beside_it_and_is_not_blown_up(make: Make, story: Story) -> None:
    small = tree(make(story(image=replace(PHOTO, width=144, height=96)))).find(".//img")
    assert (small.get("width"), small.get("height")) == ("144", "96")
    assert small.getparent().getprevious().find("h2") is not None
    wide = tree(make(story(image=PHOTO))).find(".//img")
    assert wide.getparent().getparent().getprevious() is None
