"""Where subscribers live: what every store does, and the one a newsroom has configured."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Protocol

from digest.config import Config
from digest.errors import UsageError
from digest.models import Problem, Subscriber
from digest.storage import Database
from digest.subscribers.address import normalize_address
from digest.subscribers.choices_store import ReaderChoicesStore
from digest.subscribers.csv_store import CsvSubscriberStore
from digest.subscribers.import_plan import ImportPlan, ImportResult
from digest.subscribers.sql_store import SqlSubscriberStore


class SubscriberStore(Protocol):
    """The subscribers of one newsroom.

    Every method raises SubscribersError if the list cannot be read or written, StorageError if the database cannot.
    """

    @property
    def location(self) -> str:
        """The file or database, for messages."""
        ...

    @property
    def name(self) -> str:
        """A short name for messages: `subscribers.csv`."""
        ...

    def exists(self) -> bool:
        """Return whether there is anything to read yet."""
        ...

    def revision(self) -> str:
        """Return a text that changes whenever the stored subscribers may have changed."""
        ...

    def read(self) -> Iterator[Subscriber | Problem]:
        """Stream every subscriber once, in stored order, and a Problem for each row that is invalid."""
        ...

    def find(self, email: str) -> Subscriber | None:
        """Return the subscriber with a normalized address, None if there is none."""
        ...

    def statuses(self, emails: Collection[str]) -> dict[str, str]:
        """Return the status of each of these addresses that is stored; `unknown` for a word digest does not know."""
        ...

    def apply(self, plan: ImportPlan, *, write: bool = True) -> ImportResult:
        """Add and update subscribers as an import planned; without `write`, only count what would change."""
        ...

    def erase(self, email: str) -> tuple[int, list[Problem]]:
        """Delete a subscriber, backups included: the rows deleted, and a Problem for each place to clean by hand."""
        ...


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
