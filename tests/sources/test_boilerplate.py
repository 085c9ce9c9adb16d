"""What sites put after every excerpt."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.boilerplate import without_boilerplate


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
def test_boilerplate_goes(tail: str) -> None:
    assert without_boilerplate(f"It runs. {tail}", "Tram 7 (again)") == "It runs."
    assert without_boilerplate(f"It runs on [\u2026] {tail}", "Tram 7 (again)") == "It runs on\u2026"


def test_what_parted_it_from_the_story_goes_too() -> None:
    assert without_boilerplate("The tram runs again · Read more", "Tram 7") == "The tram runs again"
    assert without_boilerplate("It runs · The post Tram 7 appeared first on The Gazette.", "Tram 7") == "It runs"


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
def test_a_storys_own_words_stay(summary: str) -> None:
    assert without_boilerplate(summary, "Tram 7 (again)") == summary
    assert without_boilerplate(summary, "") == summary


def test_of_nothing_but_boilerplate_nothing_stays() -> None:
    assert without_boilerplate("[\u2026]", "T") == ""
    assert without_boilerplate("[...] Read more", "T") == ""


@given(st.text(alphabet="TheRad morpstiCnug.[]\u2026\u2192\u00bb", max_size=80), st.text(max_size=20))
def test_it_only_shortens_and_does_so_once(summary: str, headline: str) -> None:
    once = without_boilerplate(summary, headline)
    assert len(once) <= len(summary)
    assert without_boilerplate(once, headline) == once or once.endswith("\u2026")
