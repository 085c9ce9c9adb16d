"""Subscribers in the database: `[audience] subscribers = "database"`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from digest.models import Problem, Subscriber
from digest.storage import Database
from digest.subscribers.import_plan import ImportPlan, ImportResult


class SqlSubscriberStore:
    """A SubscriberStore over the `subscribers` table."""

    def __init__(self, database: Database, now: datetime) -> None:
        """`now` is the time to write into rows that change."""
        self._database = database
        self._list = database.newsroom_list
        self._now = now

    @property
    def location(self) -> str:
        """The database's URL without its password."""
        return self._database.name

    @property
    def name(self) -> str:
        """What messages call it."""
        return "the database"

    def exists(self) -> bool:
        """Return whether there is such a table: always."""
        return True

    def revision(self) -> str:
        """Return a random text that every change of the table replaces."""
        return self._list.revision()

    def read(self) -> Iterator[Subscriber | Problem]:
        """Stream the readers in the order of their addresses, in constant memory. Raises StorageError."""
        return self._list.stream()

    def find(self, email: str) -> Subscriber | None:
        """Return the reader with an address, looked up by its key. Raises StorageError."""
        return self._list.find(email)

    def statuses(self, emails: Collection[str]) -> dict[str, str]:
        """Return the status of each of these addresses that is stored. Raises StorageError."""
        return self._list.find_statuses(emails)

    def apply(self, plan: ImportPlan, *, write: bool = True) -> ImportResult:
        """Carry out an import, some thousand readers in each transaction; one that was interrupted can be repeated.

        Raises:
            StorageError: the database cannot be written.
        """
        readers = ((email, reader.status, reader.values) for email, reader in plan.merge.items())
        added, changed, unchanged = self._list.merge(readers, self._now, write=write)
        if write:
            changed += self._list.set_statuses(plan.opt_out, self._now)
        else:
            changed += len(self._list.find_statuses(plan.opt_out))
        return ImportResult(added, changed, unchanged)

    def erase(self, email: str) -> tuple[int, list[Problem]]:
        """Delete a reader's row; return the number of rows deleted. Raises StorageError."""
        return self._list.erase(email), []
