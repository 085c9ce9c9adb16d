"""Dates as sources write them: RFC 3339, and relative ones such as "3 days ago"."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {
    "second": timedelta(seconds=1),
    "sec": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "min": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "hr": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
    "month": timedelta(days=30),
    "year": timedelta(days=365),
}
_RELATIVE = re.compile(rf"(\d{{1,4}}|an?|one)\s*({'|'.join(_UNITS)})s?\s+ago")


def parse_relative_date(text: str, now: datetime) -> datetime | None:
    """Return the moment that a text such as "3 days ago" means, None if it is not a relative date.

    Months count as 30 days, years as 365.
    """
    text = text.strip().lower().rstrip(".")
    if text in ("just now", "now", "moments ago", "today"):
        return now
    if text == "yesterday":
        return now - timedelta(days=1)
    match = _RELATIVE.fullmatch(text)
    if not match:
        return None
    count = int(match[1]) if match[1].isdigit() else 1
    try:
        return now - count * _UNITS[match[2]]
    except OverflowError:  # "5000 years ago": before the calendar begins
        return None


def parse_iso_date(text: str) -> datetime | None:
    """Return an RFC 3339 date in UTC, None if the text is not one; without an offset it is taken as UTC."""
    try:
        return to_utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        return None


def to_utc(moment: datetime) -> datetime:
    """Return a moment in UTC; without an offset it is taken as UTC. Raises OverflowError at the calendar's ends."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
