"""Who reads: the subscribers of subscribers.csv, the segments they fall into, and the links they leave by."""

from digest.audience.address import normalised
from digest.audience.erasing import erase
from digest.audience.exports import read_addresses, read_export
from digest.audience.local_time import days_due, due_at
from digest.audience.merging import backup_of, merge, plan
from digest.audience.segments import segment_of, wants
from digest.audience.subscribers import COLUMNS, read_subscribers, standing
from digest.audience.unsubscribe import preferences_url, read_token, unsubscribe_token, unsubscribe_url

__all__ = [
    "COLUMNS",
    "backup_of",
    "days_due",
    "due_at",
    "erase",
    "merge",
    "normalised",
    "plan",
    "preferences_url",
    "read_addresses",
    "read_export",
    "read_subscribers",
    "read_token",
    "segment_of",
    "standing",
    "unsubscribe_token",
    "unsubscribe_url",
    "wants",
]
