"""Who reads: the subscribers of subscribers.csv, the segments they fall into, and the links they leave by."""

from digest.subscribers.address import normalize_address
from digest.subscribers.csv_reader import COLUMNS, current_status, find_subscriber, read_subscribers
from digest.subscribers.erase import erase
from digest.subscribers.export_formats import read_addresses, read_export
from digest.subscribers.imports import backup_of, merge, plan
from digest.subscribers.local_time import days_due, due_at
from digest.subscribers.segments import segment_of, wants
from digest.subscribers.signed_links import preferences_url, read_token, unsubscribe_token, unsubscribe_url

__all__ = [
    "COLUMNS",
    "backup_of",
    "current_status",
    "days_due",
    "due_at",
    "erase",
    "find_subscriber",
    "merge",
    "normalize_address",
    "plan",
    "preferences_url",
    "read_addresses",
    "read_export",
    "read_subscribers",
    "read_token",
    "segment_of",
    "unsubscribe_token",
    "unsubscribe_url",
    "wants",
]
