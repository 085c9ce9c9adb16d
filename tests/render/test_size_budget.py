"""An email that Gmail shows whole, however large the edition."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html as lxml_html

from digest.models import Article, Edition, Image, Section, Window
from digest.render import Layout, RenderedEmail
from digest.render.size_budget import find_smallest_trim, trim

Make = Callable[..., RenderedEmail]
Story = Callable[..., Article]

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
PHOTO = Image("https://www.example.com/wp-content/uploads/2026/11/a-picture-of-the-harbour.jpg", alt="Harbour")


def edition(*sizes: int) -> Edition:
    """An edition with a lead, and sections of these sizes."""
    sections = tuple(
        Section(f"S{at}", tuple(Article("", f"{at}.{number}", "feed") for number in range(size)), more=1)
        for at, size in enumerate(sizes)
    )
    window = Window(NOW, NOW)
    return Edition("x", "daily", NOW.date(), window, Article("", "lead", "feed"), "S0", sections)


def test_stories_become_headlines_from_the_end_then_counts_and_the_lead_stays() -> None:
    def rows_after(steps: int) -> list[tuple[str, int]]:
        rows = trim(edition(2, 2), steps).rows("full", "short")
        return [
            (" ".join(f"{article.headline}:{form}" for article, form in row), section.more) for section, row in rows
        ]

    assert rows_after(0) == [("0.0:full 0.1:full", 1), ("1.0:full 1.1:full", 1)]
    assert rows_after(1) == [("0.0:full 0.1:full", 1), ("1.0:full 1.1:short", 1)]
    assert rows_after(4) == [("0.0:short 0.1:short", 1), ("1.0:short 1.1:short", 1)]
    assert rows_after(7) == [("0.0:short", 2), ("", 3)]
    assert rows_after(8) == [("", 3), ("", 3)]


@given(st.lists(st.integers(0, 9), min_size=1, max_size=6), st.data())
def test_no_story_is_lost_uncounted(sizes: list[int], data: st.DataObject) -> None:
    steps = data.draw(st.integers(0, 2 * sum(sizes)))
    shown = trim(edition(*sizes), steps)
    assert shown.headlines + 2 * shown.omitted == steps or shown.headlines + shown.omitted == sum(sizes)
    assert len(shown.edition.articles) + shown.omitted == 1 + sum(sizes)
    assert sum(section.more - 1 for section in shown.edition.sections) == shown.omitted


@given(
    st.lists(st.tuples(st.integers(300, 900), st.integers(100, 300)), min_size=1, max_size=150),
    st.integers(5_000, 120_000),
)
def test_the_smallest_trim_fits_wastes_little_and_is_found_at_once(stories: list[tuple[int, int]], budget: int) -> None:
    tried = []

    def size(steps: int) -> int:
        tried.append(steps)
        headlines, counted = min(steps, len(stories)), max(0, steps - len(stories))
        cards = sum(card for card, _ in stories[: len(stories) - headlines])
        short = sum(row for _, row in stories[len(stories) - headlines : len(stories) - counted])
        return 8_000 + cards + short

    steps = find_smallest_trim(size, len(stories), budget)
    taken = len(tried)
    assert taken <= 9
    if budget >= 8_000:
        assert size(steps) <= budget
    else:
        assert steps == 2 * len(stories)
    if steps and budget >= 8_000:
        assert size(steps - 1) > 0.97 * budget


def tree(rendered: RenderedEmail) -> Any:
    return lxml_html.fromstring(rendered.message.html)


def long(story: Story, number: int) -> Article:
    headline = f"Story {number}: a headline of an ordinary length, about seventy letters as most of them are"
    return story(headline, summary="word " * 60, image=PHOTO, url=f"https://www.example.com/{'path/' * 18}{number}")


@pytest.mark.parametrize("layout", get_args(Layout))
@pytest.mark.parametrize("count", [75, 150, 400])
def test_any_edition_stays_below_what_gmail_clips(make: Make, story: Story, count: int, layout: Layout) -> None:
    rendered = make(*(long(story, number) for number in range(count)), layout=layout)
    assert len(rendered.message.html.encode()) < 100_000
    shown = [head.text_content() for head in tree(rendered).findall(".//h3")]
    assert shown == [long(story, number).headline for number in range(1, len(shown) + 1)]
    if len(shown) < count - 1:
        assert f"and {count - 1 - len(shown)} more in World" in rendered.message.text
    assert "Unsubscribe" in tree(rendered).text_content()


def test_a_shortened_edition_is_one_problem(make: Make, story: Story) -> None:
    rendered = make(*(long(story, number) for number in range(150)))
    (problem,) = rendered.problems
    assert "150 stories are" in problem.message
    assert "are shown as headlines, 0 only counted" in problem.message
    assert make(*(long(story, number) for number in range(20))).problems == ()


def test_a_budget_that_the_lead_alone_exceeds_is_a_problem(make: Make, story: Story) -> None:
    rendered = make(*(long(story, number) for number in range(5)), budget=1_000)
    assert [head.text_content() for head in tree(rendered).iter("h3")] == []
    assert "0 are shown as headlines, 4 only counted" in rendered.problems[0].message
    assert len(make(long(story, 0), budget=1_000).problems) == 1


def test_the_longest_address_and_link_are_within_the_budget(make: Make, story: Story) -> None:
    values = {"email": f"{'e' * 188}@example.com", "unsubscribe_url": "https://www.example.com/" + "u" * 176}
    for count in range(94, 97):
        message = make(*(long(story, number) for number in range(count))).message
        assert len(message.fill(message.html, values).encode()) <= 100_000


def test_a_story_that_became_a_headline_leaves_its_picture_behind(make: Make, story: Story, tmp_path: Path) -> None:
    photos = []
    for number in range(30):
        photo = tmp_path / f"{number}.gif"
        photo.write_bytes(b"GIF89a\x20\x03\x58\x02" + bytes([number] * 20))
        photos.append(Image(file=photo))
    rendered = make(*(story(f"Story {number}", image=photo) for number, photo in enumerate(photos)), budget=20_000)
    shown = [image.get("src").removeprefix("cid:") for image in tree(rendered).iter("img")]
    assert 0 < len(shown) < 30
    assert [image.cid for image in rendered.message.images] == shown
