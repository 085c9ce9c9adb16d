"""Ages as sites write them."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.sources.relative_dates import moment_of

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "passed"),
    [
        ("3 days ago", timedelta(days=3)),
        ("2 weeks ago", timedelta(days=14)),
        ("1 hour ago", timedelta(hours=1)),
        ("an hour ago", timedelta(hours=1)),
        ("a day ago.", timedelta(days=1)),
        ("45 MINUTES AGO", timedelta(minutes=45)),
        ("5 mins ago", timedelta(minutes=5)),
        ("1 month ago", timedelta(days=30)),
        ("Yesterday", timedelta(days=1)),
        ("just now", timedelta()),
    ],
)
def test_ages(age: str, passed: timedelta) -> None:
    assert moment_of(age, NOW) == NOW - passed


@pytest.mark.parametrize("text", ["", "soon", "3 days", "in 3 days", "2026-11-23", "many days ago", "5000 years ago"])
def test_other_texts_are_no_ages(text: str) -> None:
    assert moment_of(text, NOW) is None
