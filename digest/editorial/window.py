"""The time that an edition covers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.models import Cadence, Window

_DAYS: dict[Cadence, int] = {"daily": 1, "weekly": 7}

_MAX_CADENCES = 7
"""How many days (daily) or weeks (weekly) an edition reaches back at most: after a pause readers get the last week, not
the whole archive."""


def compute_window(cadence: Cadence, now: datetime, timezone: str, since: datetime | None) -> Window:
    """Return the window that ends now, in UTC.

    A daily edition starts where the last one ended (`since`), but at most a week back; the first one starts a day ago.
    If `since` is after `now`, because a clock was set back, the window is empty. A weekly edition starts seven days
    ago, or earlier if a source failed since: where that source left off, but at most seven weeks back. Days are the
    publication's: "a day ago" is the same time on its clocks, even across a change to or from summer time.
    """
    now = now.astimezone(UTC)
    start = _subtract_days(now, _DAYS[cadence], timezone)
    if since is not None:
        since = since.astimezone(UTC)
        start = since if cadence == "daily" else min(start, since)
    earliest = _subtract_days(now, _MAX_CADENCES * _DAYS[cadence], timezone)
    return Window(min(max(start, earliest), now), now)


def _subtract_days(now: datetime, days: int, timezone: str) -> datetime:
    # Arithmetic on an aware datetime keeps the wall clock; the conversion to UTC then applies that day's offset. A time
    # that occurred twice or never on that day (Samoa had no 30 December 2011) is ambiguous: the earlier loses no story.
    then = now.astimezone(ZoneInfo(timezone)) - timedelta(days=days)
    return min(then.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
