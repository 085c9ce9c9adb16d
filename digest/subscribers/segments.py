"""Which edition a subscriber wants, and with whom they share its Message."""

from __future__ import annotations

from datetime import date

from digest.models import Cadence, Segment, Subscriber

_SATURDAY = 5


def wants(subscriber: Subscriber, cadence: Cadence, day: date) -> bool:
    """Whether a subscriber gets the edition of this cadence and day, while they are active.

    `day` is the edition's date where the publication is; who chose `weekdays` gets the daily one, Monday to Friday.
    """
    if subscriber.status != "active":
        return False
    if subscriber.cadence == "weekdays":
        return cadence == "daily" and day.weekday() < _SATURDAY
    return subscriber.cadence == cadence


def segment_of(subscriber: Subscriber, language: str) -> Segment:
    """The segment a subscriber reads with; `language` is the publication's, which needs no telling."""
    categories = tuple(sorted({" ".join(name.casefold().split()) for name in subscriber.categories}))
    own = subscriber.language.casefold()
    return Segment(categories, "" if own == language.casefold() else subscriber.language)
