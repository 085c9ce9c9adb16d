"""Who reads: where subscribers are stored, how they are imported and erased, their segments and their signed links.

May import sources and every package below it; uses storage for what readers chose, and for suppressions.
"""

from digest.subscribers.address import normalize_address
from digest.subscribers.csv_rows import COLUMNS
from digest.subscribers.csv_store import CsvSubscriberStore
from digest.subscribers.erase_subscriber import ErasureResult, erase_subscriber
from digest.subscribers.import_file import read_addresses
from digest.subscribers.import_subscribers import ImportReport, import_subscribers
from digest.subscribers.listing import ListedSubscriber, export_rows, list_subscribers
from digest.subscribers.local_time import days_due, due_at
from digest.subscribers.open_store import find_subscriber, open_newsroom_list, open_store
from digest.subscribers.segments import segment_of, wants
from digest.subscribers.signed_links import preferences_url, read_token, unsubscribe_token, unsubscribe_url
from digest.subscribers.store import SubscriberStore

__all__ = [
    "COLUMNS",
    "CsvSubscriberStore",
    "ErasureResult",
    "ImportReport",
    "ListedSubscriber",
    "SubscriberStore",
    "days_due",
    "due_at",
    "erase_subscriber",
    "export_rows",
    "find_subscriber",
    "import_subscribers",
    "list_subscribers",
    "normalize_address",
    "open_newsroom_list",
    "open_store",
    "preferences_url",
    "read_addresses",
    "read_token",
    "segment_of",
    "unsubscribe_token",
    "unsubscribe_url",
    "wants",
]
