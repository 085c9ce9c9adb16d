"""Which edition a subscriber wants, and with whom they share its Message."""

from __future__ import annotations

from digest.models import Cadence, Segment, Subscriber


def wants(subscriber: Subscriber, cadence: Cadence) -> bool:
    """Whether a subscriber gets editions of this cadence: their own, while they are active."""
    return subscriber.status == "active" and subscriber.cadence == cadence


def segment_of(subscriber: Subscriber, language: str) -> Segment:
    """The segment a subscriber reads with; `language` is the publication's, which needs no telling."""
    categories = tuple(sorted({" ".join(name.casefold().split()) for name in subscriber.categories}))
    own = subscriber.language.casefold()
    return Segment(categories, "" if own == language.casefold() else subscriber.language)
