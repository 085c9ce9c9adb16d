"""What every store of subscribers does."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Protocol

from digest.models import Problem, Subscriber
from digest.subscribers.import_plan import ImportPlan, ImportResult


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
