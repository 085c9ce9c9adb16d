"""Which editions a subscriber gets, and with whom they share a Message."""

from __future__ import annotations

from datetime import date

from digest.models import Cadence, Segment, Subscriber

_SATURDAY = 5


def wants(subscriber: Subscriber, cadence: Cadence, day: date) -> bool:
    """Return whether an active subscriber gets the edition of this cadence and day.

    `day` is the edition's date in the publication's time zone; `weekdays` means the daily edition, Monday to Friday.
    """
    if subscriber.status != "active":
        return False
    if subscriber.cadence == "weekdays":
        return cadence == "daily" and day.weekday() < _SATURDAY
    return subscriber.cadence == cadence


def segment_of(subscriber: Subscriber, language: str) -> Segment:
    """Return the segment of a subscriber; `language` is the publication's own."""
    categories = tuple(sorted({" ".join(name.casefold().split()) for name in subscriber.categories}))
    own = subscriber.language.casefold()
    return Segment(categories, "" if own == language.casefold() else subscriber.language)
