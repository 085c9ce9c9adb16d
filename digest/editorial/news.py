"""When an article became news: by its own date, or by when it was first seen."""

from __future__ import annotations

from datetime import datetime

from digest.models import Article, FirstSeen


def first_sight(article: Article, read_at: datetime | None, horizon: datetime | None, now: datetime) -> FirstSeen:
    """What to remember of an article that was never seen before.

    Args:
        article: The article.
        read_at: When its source was last read, None if this is the first time.
        horizon: The oldest date in the source then. What is new to us and older still has only come round again, as a
            feed of the latest ten shows an old eleventh once a post is deleted.
        now: The moment it is seen at.
    """
    late = (
        article.published is not None
        and read_at is not None
        and horizon is not None
        and horizon < article.published <= read_at
    )
    return FirstSeen(now, late)


def news_time(article: Article, seen: FirstSeen | None, now: datetime) -> datetime:
    """The moment that decides whether an article is in a window.

    Its own date; for one without a date, and one that a source shows only after its date was past (published late,
    republished under the old date), the moment it was first seen.
    """
    if article.published is None or (seen and seen.late):
        return seen.moment if seen else now
    return article.published
