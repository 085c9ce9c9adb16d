"""Dates as sources write them."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.sources.dates import parse_iso_date, parse_relative_date

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
def test_relative_dates(age: str, passed: timedelta) -> None:
    assert parse_relative_date(age, NOW) == NOW - passed


@pytest.mark.parametrize(
    "text", ["", "soon", "3 days", "in 3 days", "2026-11-23", "many days ago", "5000 years ago", "4 \u017fec ago"]
)
def test_other_texts_are_not_relative_dates(text: str) -> None:
    assert parse_relative_date(text, NOW) is None


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T08:00:00+02:00", datetime(2026, 11, 23, 6, tzinfo=UTC)),
        (" 2026-11-23 08:00 ", datetime(2026, 11, 23, 8, tzinfo=UTC)),
        ("0001-01-01T00:00:00+14:00", None),
        ("soon", None),
    ],
)
def test_an_iso_date_is_in_utc(text: str, moment: datetime | None) -> None:
    assert parse_iso_date(text) == moment
