"""When an edition is due by each reader's own clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def due_at(day: date, at: time, timezone: str) -> datetime:
    """Return the moment, in UTC, at which it is `at` on that day in a time zone.

    Of an hour that occurs twice, the first counts; an hour that daylight saving skips is moved forward by the length of
    the gap (PEP 495).
    """
    return datetime.combine(day, at, ZoneInfo(timezone)).astimezone(UTC)


def days_due(timezones: Iterable[str], at: time, now: datetime, max_lateness: timedelta) -> list[date]:
    """Return the days on which `at` has passed in one of these time zones, by no more than `max_lateness`; in order.

    There may be two: when it is seven in the morning in Honolulu, it is seven in Kiritimati, a calendar day later.
    """
    days = set()
    for timezone in timezones:
        today = now.astimezone(ZoneInfo(timezone)).date()
        for day in (today - timedelta(days=1), today):
            if timedelta() <= now - due_at(day, at, timezone) <= max_lateness:
                days.add(day)
    return sorted(days)
