"""When it is the hour to send where each reader is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def due_at(day: date, at: time, timezone: str) -> datetime:
    """The moment, in UTC, at which it is `at` o'clock of that day in a timezone.

    An hour that comes twice that day is the first of the two; one that is left out is as long after the clocks were
    put forward as it would have been after that moment (PEP 495).
    """
    return datetime.combine(day, at, ZoneInfo(timezone)).astimezone(UTC)


def days_due(timezones: Iterable[str], at: time, now: datetime, max_lateness: timedelta) -> list[date]:
    """The days whose hour has come in one of these timezones, and is not past by more than `max_lateness`; in order.

    They may be two: it is seven in the morning in Honolulu and, a day later by the calendar, in Kiritimati.
    """
    days = set()
    for timezone in timezones:
        today = now.astimezone(ZoneInfo(timezone)).date()
        for day in (today - timedelta(days=1), today):
            if timedelta() <= now - due_at(day, at, timezone) <= max_lateness:
                days.add(day)
    return sorted(days)
