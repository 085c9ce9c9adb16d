"""Where subscribers live: what every store does, and the one a newsroom has configured."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from digest.config import Config
from digest.errors import UsageError
from digest.models import Problem, Subscriber
from digest.subscribers.address import normalize_address
from digest.subscribers.csv_store import CsvSubscriberStore
from digest.subscribers.import_plan import ImportPlan, ImportResult


class SubscriberStore(Protocol):
    """The subscribers of one newsroom. Every method raises SubscribersError if the store cannot be read or written."""

    @property
    def location(self) -> str:
        """The file or database, for messages."""
        ...

    @property
    def name(self) -> str:
        """A short name for messages: `subscribers.csv`."""
        ...

    def exists(self) -> bool:
        """Whether there is anything to read yet."""
        ...

    def revision(self) -> str:
        """A text that changes whenever the stored subscribers may have changed."""
        ...

    def read(self) -> Iterator[Subscriber | Problem]:
        """Stream every subscriber once, in stored order, and a Problem for each row that is invalid."""
        ...

    def statuses(self, emails: Collection[str]) -> dict[str, str]:
        """The status of each of these addresses that is stored; `unknown` for a word digest does not know."""
        ...

    def apply(self, plan: ImportPlan, *, write: bool = True) -> ImportResult:
        """Add and update subscribers as an import planned; without `write`, only count what would change."""
        ...

    def erase(self, email: str) -> tuple[int, list[Problem]]:
        """Delete a subscriber, backups included: the rows deleted, and a Problem for each place to clean by hand."""
        ...


def open_store(config: Config) -> SubscriberStore:
    """The store that `[audience] subscribers` names."""
    return CsvSubscriberStore(config.audience.subscribers)


def find_subscriber(store: SubscriberStore, address: str) -> Subscriber:
    """The subscriber with an address, however it is spelled.

    Raises:
        UsageError: nobody has that address.
        SubscribersError: the address is not valid, or the store cannot be read.
    """
    wanted = normalize_address(address.strip())
    for row in store.read():
        if isinstance(row, Subscriber) and row.email == wanted:
            return row
    raise UsageError(
        f"{address} is not a subscriber",
        location=store.location,
        hint="name an address that is in the list, or leave out --as",
    )
