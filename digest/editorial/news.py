"""The date that decides whether an article is news: its own, or when it was first seen."""

from __future__ import annotations

from datetime import datetime

from digest.models import Article, FirstSeen


def make_first_seen(
    article: Article, last_read: datetime | None, oldest_seen: datetime | None, now: datetime
) -> FirstSeen:
    """Return what to remember of an article that was never seen before.

    Args:
        article: The article.
        last_read: When its source was last read, None if this is the first time.
        oldest_seen: The oldest date in the source at that time. An article that is new to us but even older has only
            resurfaced: a feed of the latest ten posts shows an old eleventh once a newer one is deleted.
        now: When it is seen.
    """
    is_late = (
        article.published is not None
        and last_read is not None
        and oldest_seen is not None
        and oldest_seen < article.published <= last_read
    )
    return FirstSeen(now, is_late)


def get_effective_date(article: Article, seen: FirstSeen | None, now: datetime) -> datetime:
    """Return the date that decides whether an article is in a window.

    This is its own date. For an article without a date, and for one that its source showed only after its date had
    passed (published late, or republished under the old date), it is when the article was first seen.
    """
    if article.published is None or (seen and seen.late):
        return seen.moment if seen else now
    return article.published
