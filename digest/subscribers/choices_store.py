"""The newsroom's list with what readers chose themselves laid over it, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from itertools import islice

from digest.models import Problem, Subscriber
from digest.storage import Database, apply_choice, combine_status
from digest.subscribers.import_plan import ImportPlan, ImportResult
from digest.subscribers.sql_store import SqlSubscriberStore
from digest.subscribers.store import SubscriberStore

_BATCH = 1000
"""Readers whose choices are looked up together."""


class ReaderChoicesStore:
    """A SubscriberStore that reads another one and applies the readers' own choices; what it writes goes to that one.

    Readers who are in no list, and subscribed themselves, come last.
    """

    def __init__(self, newsroom: SubscriberStore, database: Database, now: datetime) -> None:
        """`now` decides whose pause is over."""
        self._newsroom = newsroom
        self._choices = database.reader_choices
        self._now = now

    @property
    def location(self) -> str:
        """That of the newsroom's list."""
        return self._newsroom.location

    @property
    def name(self) -> str:
        """That of the newsroom's list."""
        return self._newsroom.name

    def exists(self) -> bool:
        """Return whether the newsroom's list exists."""
        return self._newsroom.exists()

    def revision(self) -> str:
        """Return a text that changes with the newsroom's list and with every choice of a reader."""
        return f"{self._newsroom.revision()}+{self._choices.revision()}"

    def read(self) -> Iterator[Subscriber | Problem]:
        """Stream the list, and then those readers who are only here by their own choice.

        Memory holds the addresses of those who chose something if the list is a file, which can be read only once; with
        a list in the database, the database itself finds who is in it.
        """
        in_database = isinstance(self._newsroom, SqlSubscriberStore)
        # Collected before the list is read: a reader who chooses something meanwhile must not come twice.
        unlisted = set() if in_database else {choice.email for choice in self._choices.stream()}
        rows = self._newsroom.read()
        while batch := list(islice(rows, _BATCH)):
            choices = self._choices.find([row.email for row in batch if isinstance(row, Subscriber)])
            for row in batch:
                if isinstance(row, Problem):
                    yield row
                else:
                    unlisted.discard(row.email)
                    choice = choices.get(row.email)
                    yield apply_choice(row, choice, self._now) if choice else row
        for choice in self._choices.stream(unlisted=in_database):
            if in_database or choice.email in unlisted:
                reader = apply_choice(Subscriber(choice.email, status=""), choice, self._now)
                if reader.status:  # without one, they chose something and are not in the list any more
                    yield reader

    def find(self, email: str) -> Subscriber | None:
        """Return the reader with an address, by the list or by their own choice."""
        listed = self._newsroom.find(email)
        choice = self._choices.find([email]).get(email)
        if choice is None:
            return listed
        reader = apply_choice(listed or Subscriber(email, status=""), choice, self._now)
        return reader if reader.status else None

    def statuses(self, emails: Collection[str]) -> dict[str, str]:
        """Return the status of each of these addresses, by the list and by their own choice."""
        listed = self._newsroom.statuses(emails)
        for email, choice in self._choices.find(emails).items():
            if status := combine_status(listed.get(email, ""), choice, self._now):
                listed[email] = status
        return listed

    def apply(self, plan: ImportPlan, *, write: bool = True) -> ImportResult:
        """Carry out an import on the newsroom's list."""
        return self._newsroom.apply(plan, write=write)

    def erase(self, email: str) -> tuple[int, list[Problem]]:
        """Delete a reader from the newsroom's list; the ledger's erasure deletes their choices."""
        return self._newsroom.erase(email)
