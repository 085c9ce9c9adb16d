"""Fields of an article as sources say them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.models import Author
from digest.sources.normalize import absolute_url, parse_author, strip_boilerplate


@pytest.mark.parametrize(
    ("value", "base", "url"),
    [
        ("/a b", "https://www.example.com/feed", "https://www.example.com/ab"),
        ("https://www.example.com/a", "", "https://www.example.com/a"),
        ("a", "", ""),
        ("", "https://www.example.com/feed", ""),
        ("http://[", "", ""),
        ("http://[", "https://www.example.com/feed", ""),
        ("javascript:alert(1)", "https://www.example.com/feed", ""),
    ],
)
def test_a_url_is_absolute_and_leads_to_the_web_or_is_empty(value: str, base: str, url: str) -> None:
    assert absolute_url(value, base) == url


@pytest.mark.parametrize(
    ("name", "author"),
    [
        ("By Ada Byron", Author("Ada Byron")),
        ("ada@example.com (Ada Byron)", Author("Ada Byron")),
        ("Ada Byron <ada@example.com>", Author("Ada Byron")),
        ("ada@example.com", None),
        ("  ", None),
    ],
)
def test_an_author_has_a_name_and_no_address(name: str, author: Author | None) -> None:
    assert parse_author(name) == author


@pytest.mark.parametrize(
    "tail",
    [
        "The post Tram 7 (again) appeared first on The Gazette.",
        "The post Tram 7 (again) appeared first on gazette.example.",
        "Der Beitrag Tram 7 (again) erschien zuerst auf Gazette.",
        "L\u2019article Tram 7 (again) est apparu en premier sur Gazette.",
        "La entrada Tram 7 (again) se publicó primero en Gaceta.",
        "Continue reading...",
        "Continue reading Tram 7 (again) \u2192",
        "Continue reading “Tram 7 (again)”",
        "Continue reading All about trams \u2192",
        "Read more",
        "Read more of this story at Slashdot.",
        "[Read more]",
        "Read more Continue reading \u2192",
    ],
)
def test_boilerplate_is_removed(tail: str) -> None:
    assert strip_boilerplate(f"It runs. {tail}", "Tram 7 (again)") == "It runs."
    assert strip_boilerplate(f"It runs on [\u2026] {tail}", "Tram 7 (again)") == "It runs on\u2026"


def test_the_separator_before_it_is_removed_too() -> None:
    assert strip_boilerplate("The tram runs again · Read more", "Tram 7") == "The tram runs again"
    assert strip_boilerplate("It runs · The post Tram 7 appeared first on The Gazette.", "Tram 7") == "It runs"


@pytest.mark.parametrize(
    "summary",
    [
        "Children who read more than one book a week do better in school, a study says.",
        "Pupils may continue reading at home this week, the board said on Monday.",
        "Read more books, says the library. It has a plan.",
        "The post office said the notice appeared first on Monday.",
        "Staff of the post office said the notice appeared first on Monday.",
        "The tram [...] runs",
        "",
    ],
)
def test_a_story_s_own_words_stay(summary: str) -> None:
    assert strip_boilerplate(summary, "Tram 7 (again)") == summary
    assert strip_boilerplate(summary, "") == summary


def test_nothing_remains_of_boilerplate_alone() -> None:
    assert strip_boilerplate("[\u2026]", "T") == ""
    assert strip_boilerplate("[...] Read more", "T") == ""


@given(st.text(alphabet="TheRad morpstiCnug.[]\u2026\u2192\u00bb", max_size=80), st.text(max_size=20))
def test_it_only_shortens_and_does_so_once(summary: str, headline: str) -> None:
    once = strip_boilerplate(summary, headline)
    assert len(once) <= len(summary)
    assert strip_boilerplate(once, headline) == once or once.endswith("\u2026")
