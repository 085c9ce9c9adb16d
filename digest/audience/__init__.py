"""Who reads: the subscribers of subscribers.csv, the segments they fall into, and the links they leave by."""

from digest.audience.address import normalised
from digest.audience.segments import segment_of, wants
from digest.audience.subscribers import read_subscribers
from digest.audience.unsubscribe import preferences_url, read_token, unsubscribe_token, unsubscribe_url

__all__ = [
    "normalised",
    "preferences_url",
    "read_subscribers",
    "read_token",
    "segment_of",
    "unsubscribe_token",
    "unsubscribe_url",
    "wants",
]
