"""The stretch of time an edition covers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.models import Cadence, Window

_DAYS: dict[Cadence, int] = {"daily": 1, "weekly": 7}

LONGEST = 7
"""How many cadences an edition reaches back at most: after a pause readers get the last week, not the archive."""


def window(cadence: Cadence, now: datetime, timezone: str, since: datetime | None) -> Window:
    """The window that ends now, in UTC.

    A daily edition begins where the last one ended (`since`), at most a week back, and without a last one a day ago;
    if `since` is after `now`, because a clock was set back, its window is empty. A weekly edition begins seven days
    ago, or where a source that failed left off if that is earlier, at most seven weeks back. Days are the
    publication's: "a day ago" is the same time by its clocks, across a change of summer time too.
    """
    now = now.astimezone(UTC)
    start = _days_before(now, _DAYS[cadence], timezone)
    if since is not None:
        since = since.astimezone(UTC)
        start = since if cadence == "daily" else min(start, since)
    earliest = _days_before(now, LONGEST * _DAYS[cadence], timezone)
    return Window(min(max(start, earliest), now), now)


def _days_before(now: datetime, days: int, timezone: str) -> datetime:
    # Arithmetic on an aware datetime keeps the wall clock; through UTC the offset of that day comes in. A time that
    # came twice or never that day (Samoa had no 30 December 2011) has two readings: the earlier one loses no story.
    then = now.astimezone(ZoneInfo(timezone)) - timedelta(days=days)
    return min(then.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
