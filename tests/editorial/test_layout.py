"""Sections, the lead, and limits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from digest.editorial import LayoutRules, lay_out, select
from digest.models import Article, Edition, FetchResult, Image, Source, Window

NOW = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
WINDOW = Window(NOW - timedelta(days=1), NOW)
ORDERED = LayoutRules(order=("City", "World", "Science"), names={"SciTech": "Science"})


def story(name: str, *categories: str, image: bool = False) -> Article:
    return Article(
        url=f"https://www.example.com/{name}",
        headline=name,
        source="feed",
        published=NOW,
        categories=categories,
        image=Image("https://www.example.com/i.jpg") if image else None,
    )


def laid_out(*stories: Article, rules: LayoutRules = ORDERED, timezone: str = "UTC", **options: Any) -> Edition | None:
    return lay_out(stories, rules, cadence="daily", window=WINDOW, timezone=timezone, **options)


def shape(edition: Edition | None) -> dict[str, list[str]]:
    assert edition
    return {section.name: [article.headline for article in section.articles] for section in edition.sections}


def test_sections_come_in_the_configured_order_with_mapped_names() -> None:
    edition = laid_out(story("a", "SciTech"), story("b", "world"), story("c", "City"), story("d", "City"))
    assert shape(edition) == {"City": ["d"], "World": ["b"], "Science": ["a"]}
    assert edition
    assert (edition.lead.headline, edition.lead_section) == ("c", "City")


def test_a_story_is_in_the_first_of_its_sections_only() -> None:
    edition = laid_out(story("lead", "City"), story("a", "Tag", "World", "City"), story("b", "World"))
    assert shape(edition) == {"City": ["a"], "World": ["b"]}


def test_stories_of_no_section_come_last() -> None:
    edition = laid_out(story("a", "Gardening"), story("b"), story("c", "World"), story("d", "World"))
    assert shape(edition) == {"World": ["d"], "More stories": ["a", "b"]}


def test_the_lead_has_an_image_if_any_story_of_its_section_has() -> None:
    edition = laid_out(story("a", "City"), story("b", "City", image=True))
    assert edition
    assert edition.lead.headline == "b"


def test_both_limits_count_the_stories_beyond_them() -> None:
    rules = LayoutRules(order=("City", "World"), limit=3, limits={"world": 2}, max_articles=4)
    edition = laid_out(
        *(story(f"c{n}", "City") for n in range(5)), *(story(f"w{n}", "World") for n in range(5)), rules=rules
    )
    assert edition
    assert len(edition.articles) == 4
    assert {section.name: section.more for section in edition.sections} == {"City": 3, "World": 3}


def test_excluded_categories_are_left_out_altogether() -> None:
    rules = LayoutRules(order=("City",), exclude=("Horoscopes", "science"), names={"SciTech": "Science"})
    edition = laid_out(story("a", "City"), story("b", "City", "horoscopes"), story("c", "SciTech"), rules=rules)
    assert edition
    assert [article.headline for article in edition.articles] == ["a"]


def test_a_reader_of_one_section_gets_the_stories_that_are_also_filed_there() -> None:
    stories = (story("a", "City", "World"), story("b", "World"), story("c", "City"))
    edition = laid_out(*stories, only=("world",))
    assert edition
    assert [article.headline for article in edition.articles] == ["a", "b"]
    assert edition.lead_section == "World"
    assert laid_out(*stories, only=("sport",)) is None


def test_a_reader_may_choose_a_category_or_the_section_it_is_shown_as() -> None:
    for name in ("scitech", "SCIENCE"):
        assert laid_out(story("a", "SciTech"), only=(name,))


def test_without_stories_there_is_no_edition() -> None:
    assert laid_out() is None


def test_the_date_is_in_the_publication_s_time_zone() -> None:
    tokyo = laid_out(story("a"), timezone="Asia/Tokyo")
    assert tokyo
    assert tokyo.id == "2026-11-24-daily"


def test_without_an_order_sections_are_the_categories_that_stories_share() -> None:
    rules = LayoutRules()
    stories = [
        story("a", "Ferries", "City"),
        story("b", "City"),
        story("c", "Comets", "Science"),
        story("d", "Science"),
    ]
    edition = laid_out(*stories, story("e", "City"), rules=rules)
    assert edition
    assert edition.lead_section == "City"
    assert shape(edition) == {"City": ["b", "e"], "Science": ["c", "d"]}


def test_a_category_of_nearly_every_story_does_not_become_a_section_if_there_is_another() -> None:
    edition = laid_out(
        *(story(f"m{n}", "News", "Mobile") for n in range(3)),
        *(story(f"g{n}", "News", "Gadgets") for n in range(3)),
        rules=LayoutRules(),
    )
    assert edition
    assert {edition.lead_section, *shape(edition)} == {"Mobile", "Gadgets"}


def test_without_any_category_there_is_one_section() -> None:
    edition = laid_out(story("a"), story("b"), rules=LayoutRules())
    assert edition
    assert edition.lead_section == "Latest"


def test_spellings_of_one_section_are_merged() -> None:
    edition = laid_out(
        *(story(name, name) for name in ("Arts &amp; Life", "ARTS  & LIFE", "Arts & Life")), rules=LayoutRules(limit=2)
    )
    assert edition
    assert [(section.name, len(section.articles), section.more) for section in edition.sections] == [
        ("Arts & Life", 1, 1)
    ]


def test_a_category_named_like_the_last_section_is_that_section() -> None:
    edition = laid_out(story("a", "MORE STORIES"), story("b"), story("c", "World"), rules=LayoutRules())
    assert edition
    assert edition.lead_section == "World"
    assert shape(edition) == {"More stories": ["a", "b"]}


def test_if_every_story_has_the_same_keywords_the_first_is_the_section() -> None:
    tags = ("Entertainment", "Health", "National", "World")
    edition = laid_out(*(story(f"s{n}", *tags) for n in range(10)), rules=LayoutRules())
    assert edition
    assert edition.lead_section == "Entertainment"
    assert len(edition.articles) == 10
    assert shape(laid_out(story("a", *tags), story("b", *tags), rules=LayoutRules(), only=("health",))) == {
        "Health": ["b"]
    }


def test_a_keyword_of_one_story_does_not_become_a_section_but_its_only_category_does() -> None:
    edition = laid_out(
        story("a", "City"),
        story("b", "City"),
        story("c", "Orcas", "Sea", "Sound"),
        story("d", "Chess"),
        rules=LayoutRules(),
    )
    assert shape(edition) == {"City": ["b"], "Chess": ["d"], "More stories": ["c"]}


def test_many_sections_of_one_story_are_merged_in_the_order_of_the_stories() -> None:
    stories = [story(f"s{n}", f"Category {n}") for n in range(9)]
    edition = laid_out(story("a", "City"), *stories, story("b", "City"), rules=LayoutRules(limit=9))
    assert shape(edition) == {"City": ["b"], "More stories": [f"s{n}" for n in range(9)]}


def test_a_section_beyond_the_total_limit_is_counted() -> None:
    stories = [story(f"{name}{n}", name) for name in ("A", "B", "C") for n in range(3)]
    edition = laid_out(*stories, rules=LayoutRules(order=("A", "B", "C"), max_articles=2))
    assert edition
    assert [(section.name, len(section.articles), section.more) for section in edition.sections] == [
        ("A", 0, 2),
        ("B", 1, 2),
        ("C", 0, 3),
    ]


def test_a_reader_may_choose_a_category_that_is_not_a_section() -> None:
    stories = (story("a", "Opinion"), story("b", "World"), story("c", "World", "Opinion"), story("d"))
    edition = laid_out(*stories, only=("opinion",))
    assert edition
    assert [article.headline for article in edition.articles] == ["a", "c"]
    rest = laid_out(*stories, only=("more stories",))
    assert rest
    assert [article.headline for article in rest.articles] == ["a", "d"]


names = st.sampled_from(["City", "city", "World", "SciTech", "Gardening", "News"])
stories = st.lists(
    st.builds(lambda cats, image: (cats, image), st.lists(names, max_size=4), st.booleans()), max_size=40
)


@given(
    stories,
    st.sampled_from(
        [ORDERED, LayoutRules(), LayoutRules(limit=1, max_articles=3), LayoutRules(order=("World",), limit=2)]
    ),
)
def test_no_story_is_shown_twice_and_none_is_lost_uncounted(
    drawn: list[tuple[list[str], bool]], rules: LayoutRules
) -> None:
    articles = [story(str(number), *cats, image=image) for number, (cats, image) in enumerate(drawn)]
    edition = laid_out(*articles, rules=rules)
    assert (edition is None) == (not articles)
    if edition:
        headlines = [article.headline for article in edition.articles]
        assert len(headlines) == len(set(headlines)) <= rules.max_articles
        more = sum(section.more for section in edition.sections)
        assert len(headlines) + more == len(articles)
        if len(articles) <= min(rules.limit, rules.max_articles):
            assert sorted(headlines) == sorted(article.headline for article in articles)
        assert edition == laid_out(*articles, rules=rules)


@given(stories, st.sets(st.sampled_from(["city", "world", "science", "gardening"]), min_size=1))
def test_a_segment_s_edition_has_only_what_it_chose(drawn: list[tuple[list[str], bool]], only: set[str]) -> None:
    articles = [story(str(number), *cats, image=image) for number, (cats, image) in enumerate(drawn)]
    edition = laid_out(*articles, rules=LayoutRules(names={"SciTech": "Science"}), only=only)
    for article in edition.articles if edition else ():
        shown = {"science" if name == "SciTech" else name.casefold() for name in article.categories}
        assert shown & only


def test_a_pinned_story_leads_from_any_section() -> None:
    pinned = replace(story("p", "World"), pinned=True)
    edition = laid_out(story("a", "City", image=True), story("w", "World"), pinned)
    assert edition
    assert (edition.lead.headline, edition.lead_section) == ("p", "World")
    assert shape(edition) == {"City": ["a"], "World": ["w"]}


def test_wire_copies_with_nearly_the_same_headline_are_one_story() -> None:
    one = replace(
        story("a", "World"), headline="Two islands sign a treaty about the lighthouse lamp today", source="desk"
    )
    two = replace(story("b", "World"), headline="Two islands sign a treaty about the lighthouse lamp", source="wire")
    results = [FetchResult(Source("feed", item.source), (item,)) for item in (one, two)]
    selection = select(results, {"desk": WINDOW, "wire": WINDOW}, now=NOW, already_sent={})
    assert [item.also_in for item in selection.stories] == [("wire",)]


def test_a_section_links_to_its_own_page() -> None:
    rules = LayoutRules(order=("City",), limit=1, pages={"CITY": "https://www.example.com/city/"})
    edition = laid_out(story("a", "City"), story("b", "City"), rules=rules)
    assert edition
    assert [(section.more, section.url) for section in edition.sections] == [(1, "https://www.example.com/city/")]
