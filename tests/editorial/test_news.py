"""The date that decides whether an article is news."""

from datetime import UTC, datetime, timedelta

import pytest

from digest.editorial import get_effective_date, make_first_seen
from digest.models import Article, FirstSeen

NOW = datetime(2026, 11, 23, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def article(published: datetime | None) -> Article:
    return Article("https://www.example.com/ferry", "The ferry is back", "feed", published=published)


def test_an_article_s_own_date_counts() -> None:
    published = NOW - 2 * HOUR
    assert get_effective_date(article(published), None, NOW) == published
    assert get_effective_date(article(published), FirstSeen(NOW - HOUR, late=False), NOW) == published


def test_without_a_date_or_published_late_it_is_when_it_was_first_seen() -> None:
    assert get_effective_date(article(None), None, NOW) == NOW
    assert get_effective_date(article(None), FirstSeen(NOW - HOUR, late=False), NOW) == NOW - HOUR
    late = FirstSeen(NOW - HOUR, late=True)
    assert get_effective_date(article(NOW - 48 * HOUR), late, NOW) == NOW - HOUR


@pytest.mark.parametrize(
    ("published", "late"),
    [
        (NOW - HOUR, False),  # since the source was last read
        (NOW - 24 * HOUR, True),  # it was not there when the source was last read, although its date had passed
        (NOW - 30 * HOUR, True),
        (NOW - 48 * HOUR, False),  # as old as the oldest that was there, or older: it has only resurfaced
        (NOW - 72 * HOUR, False),
        (None, False),
    ],
)
def test_an_article_is_late_if_its_source_showed_it_after_its_date(published: datetime | None, *, late: bool) -> None:
    seen = make_first_seen(article(published), NOW - 24 * HOUR, NOW - 48 * HOUR, NOW)
    assert seen == FirstSeen(NOW, late)


def test_nothing_is_late_the_first_time_a_source_is_read() -> None:
    assert make_first_seen(article(NOW - 24 * HOUR), None, None, NOW) == FirstSeen(NOW, late=False)
    assert make_first_seen(article(NOW - 24 * HOUR), NOW - HOUR, None, NOW) == FirstSeen(NOW, late=False)
