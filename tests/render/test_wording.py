"""The sentences of the email, dates, ages and lists of names."""

from datetime import UTC, datetime, timedelta

import pytest
from babel import Locale

from digest.models import Article, Author, Section
from digest.render.languages import load_translations
from digest.render.wording import Wording, format_age, format_authors, format_long_date

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
EN = Locale("en")


@pytest.mark.parametrize(
    ("passed", "age"),
    [
        (timedelta(seconds=-30), "1 minute ago"),
        (timedelta(minutes=40), "40 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(hours=3), "3 hours ago"),
        (timedelta(days=3), "3 days ago"),
        (timedelta(weeks=2), "2 weeks ago"),
    ],
)
def test_ages(passed: timedelta, age: str) -> None:
    assert format_age(NOW - passed, NOW, EN) == age


def test_other_languages() -> None:
    assert format_age(NOW - timedelta(days=3), NOW, Locale("de")) == "vor 3 Tagen"
    assert format_long_date(NOW.date(), Locale("de")) == "Montag, 23. November 2026"


def test_names() -> None:
    assert format_authors((Author("Ada", "Editor"), Author("Bo"), Author("Cy")), EN) == "Ada, Editor, Bo, and Cy"


def test_sentences_in_another_language() -> None:
    german = load_translations(Locale("de"))
    assert german
    wording = Wording(Locale("de"), german)
    article = Article(
        "", "Ferry", "feed", published=NOW - timedelta(hours=3), authors=(Author("Ada"),), also_in=("Post",)
    )
    assert wording.write_byline(article, NOW) == "Von Ada · vor 3 Stunden · auch bei Post"
    assert wording.describe_contents(12, ["word " * 700]) == "12 Artikel in 3 Minuten"
    assert wording.count_more(Section("City", (article,), more=4)) == "und 4 weitere in City"
    assert wording.translate_section_name("City") == "City"
