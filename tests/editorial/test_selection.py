"""Which articles an edition takes, and the reason for each that it does not."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from digest.editorial import identify, select
from digest.models import Article, FetchResult, Image, Source, Window

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(hours=24), NOW)


def article(slug: str, hours: float | None = 1, source: str = "feed", **fields: Any) -> Article:
    fields.setdefault("headline", f"A story about the {slug} of the harbour")
    published = None if hours is None else NOW - timedelta(hours=hours)
    return Article(url=f"https://www.example.com/{slug}", source=source, published=published, **fields)


def chosen(*articles: Article, already_sent: dict[str, str] | None = None) -> tuple[list[str], dict[str, str]]:
    sources = dict.fromkeys(item.source for item in articles)
    results = [
        FetchResult(Source("feed", name), tuple(item for item in articles if item.source == name)) for name in sources
    ]
    selection = select(results, dict.fromkeys(sources, WINDOW), now=NOW, already_sent=already_sent or {})
    return (
        [story.url.rpartition("/")[2] for story in selection.stories],
        {left.article.url.rpartition("/")[2]: left.reason for left in selection.left_out},
    )


def test_only_stories_in_the_window_newest_first() -> None:
    taken, left = chosen(article("old", 25), article("edge", 24), article("older", 3), article("new", 1))
    assert taken == ["new", "older"]
    assert left["old"] == "published before the window (22 Nov 2026 06:00)"
    assert set(left) == {"old", "edge"}


def test_a_story_without_a_date_counts_as_new() -> None:
    assert chosen(article("undated", None), article("new", 1))[0] == ["undated", "new"]


def test_a_story_without_a_date_is_not_given_one() -> None:
    result = FetchResult(Source("feed", "feed"), (article("undated", None),))
    assert select([result], {"feed": WINDOW}, now=NOW, already_sent={}).stories[0].published is None


def test_another_source_s_copy_of_a_sent_story_is_not_news_the_next_day() -> None:
    headline = "Council votes to end the bridge toll"
    sent = article("a", 30, headline=headline)
    for late_copy in (
        article("b", None, "wire", headline=headline),
        article("b", 2, "a wire first", headline=headline),
    ):
        for order in ([sent, late_copy], [late_copy, sent]):
            taken, left = chosen(*order, already_sent={identify(sent): "2026-11-22-daily"})
            assert taken == []
            assert left["b"] == "same story as https://www.example.com/a from feed, already sent in 2026-11-22-daily"
    weekly_column = article("b", 2, headline=headline)
    assert chosen(sent, weekly_column, already_sent={identify(sent): "2026-11-22-daily"})[0] == ["b"]


def test_a_story_dated_in_the_future_is_held_unless_only_the_clock_is_fast() -> None:
    taken, left = chosen(article("embargo", -2), article("fast", -0.1))
    assert taken == ["fast"]
    assert "dated in the future" in left["embargo"]


def test_a_story_that_was_sent_is_left_out() -> None:
    sent = article("ferry")
    taken, left = chosen(sent, already_sent={identify(sent): "2026-11-22-daily"})
    assert taken == []
    assert left["ferry"] == "already sent in 2026-11-22-daily"


def test_the_same_url_in_two_feeds_is_one_story_with_the_categories_of_both() -> None:
    first = article("ferry", categories=("City",))
    second = Article(
        url="http://example.com/ferry?utm_source=rss",
        headline="Something else",
        source="other",
        published=first.published,
        categories=("city", "Boats"),
        image=Image("https://www.example.com/f.jpg"),
    )
    results = [FetchResult(Source("feed", "feed"), (first,)), FetchResult(Source("feed", "other"), (second,))]
    selection = select(results, {"feed": WINDOW, "other": WINDOW}, now=NOW, already_sent={})
    assert len(selection.stories) == 1
    assert selection.stories[0].categories == ("City", "Boats")
    assert selection.stories[0].image
    assert "same story as" in selection.left_out[0].reason


def test_a_story_has_the_date_that_one_of_its_sources_has() -> None:
    first, second = article("ferry", None), article("ferry", 3, "wire")
    results = [FetchResult(Source("feed", item.source), (item,)) for item in (first, second)]
    selection = select(results, {"feed": WINDOW, "wire": WINDOW}, now=NOW, already_sent={})
    assert [story.published for story in selection.stories] == [second.published]


def test_the_same_headline_in_two_feeds_is_one_story_and_so_is_a_long_one_in_one_feed() -> None:
    headline = "Council votes to end the bridge toll"
    two = (article("a", headline=headline), article("b", source="wire", headline=headline.upper() + "!"))
    assert chosen(*two)[0] == ["a"]
    assert chosen(article("a", headline=headline), article("b", headline=headline))[0] == ["a"]
    column = "Letters to the editor"
    assert chosen(article("a", headline=column), article("b", headline=column))[0] == ["a", "b"]
    assert len(chosen(article("a", headline="Letters"), article("b", source="wire", headline="Letters"))[0]) == 2


articles = st.builds(
    article,
    st.sampled_from("abcdefgh"),
    st.none() | st.floats(-3, 30),
    st.sampled_from(["feed", "wire", "desk"]),
    headline=st.sampled_from(["One headline of some length", "Another headline of some length", "Short"]),
)


@given(st.lists(articles, max_size=12))
def test_every_article_is_taken_once_or_left_out_for_a_reason(drawn: list[Article]) -> None:
    sources = ["feed", "wire", "desk"]
    results = [FetchResult(Source("feed", name), tuple(a for a in drawn if a.source == name)) for name in sources]
    selection = select(results, dict.fromkeys(sources, WINDOW), now=NOW, already_sent={})
    assert len(selection.stories) + len(selection.left_out) == len(drawn)
    identities = [identify(story) for story in selection.stories]
    assert len(identities) == len(set(identities))
    assert all(left.reason for left in selection.left_out)
