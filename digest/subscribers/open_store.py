"""Open the store that a newsroom has configured, and find a subscriber in it."""

from __future__ import annotations

from datetime import datetime

from digest.config import Config
from digest.errors import UsageError
from digest.models import Subscriber
from digest.storage import Database
from digest.subscribers.address import normalize_address
from digest.subscribers.choices_store import ReaderChoicesStore
from digest.subscribers.csv_store import CsvSubscriberStore
from digest.subscribers.sql_store import SqlSubscriberStore
from digest.subscribers.store import SubscriberStore


def open_store(config: Config, database: Database, now: datetime) -> SubscriberStore:
    """Return the newsroom's list with the readers' own choices laid over it. `now` decides whose pause is over."""
    return ReaderChoicesStore(open_newsroom_list(config, database, now), database, now)


def open_newsroom_list(config: Config, database: Database, now: datetime) -> SubscriberStore:
    """Return the list that `[audience] subscribers` names, as the newsroom has it: without the readers' own choices."""
    file = config.audience.subscribers
    return CsvSubscriberStore(file) if file else SqlSubscriberStore(database, now)


def find_subscriber(store: SubscriberStore, address: str) -> Subscriber:
    """Return the subscriber with an address, however it is spelled.

    Raises:
        UsageError: nobody has that address.
        SubscribersError: the address is not valid, or the store cannot be read.
    """
    wanted = normalize_address(address.strip())
    if subscriber := store.find(wanted):
        return subscriber
    raise UsageError(
        f"{address} is not a subscriber",
        location=store.location,
        hint="name an address that is in the list, or leave out --as",
    )
