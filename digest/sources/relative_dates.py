"""Ages as sites write them, "3 days ago", into moments."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

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
_AGE = re.compile(rf"(\d{{1,4}}|an?|one)\s*({'|'.join(_UNITS)})s?\s+ago", re.IGNORECASE)


def moment_of(age: str, now: datetime) -> datetime | None:
    """The moment an age counts back to from `now`, None for a text that is no age. Months are 30 days, years 365."""
    text = age.strip().lower().rstrip(".")
    if text in ("just now", "now", "moments ago"):
        return now
    if text == "today":
        return now
    if text == "yesterday":
        return now - timedelta(days=1)
    match = _AGE.fullmatch(text)
    if not match:
        return None
    count = int(match[1]) if match[1].isdigit() else 1
    try:
        return now - count * _UNITS[match[2].lower()]
    except OverflowError:  # "5000 years ago": before the calendar begins
        return None
