"""What the newsroom's list says now of the recipients of an edition that was frozen earlier."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from time import sleep

from digest import subscribers
from digest.errors import SubscribersError
from digest.models import Problem, Subscriber
from digest.sending.send_run import SendRun
from digest.storage import Database, EditionRecord, ListStatuses

_SETTLED = 0.3
"""Seconds without a change after which a file counts as completely written."""


class CurrentList:
    """Finds recipients who left the newsroom's list, or whose status changed, after their edition was frozen.

    A list in the database is looked up by each claim, in its own transaction. A CSV file has no index, so it is read as
    a whole, but only if its revision is not the one the edition was frozen from: once when a run resumes, and once more
    after each change during the run. Memory then holds 8 bytes for each reader, a hash of the address, by status.

    If the file cannot be read, or the list has no valid row, the recipients are sent to as they were frozen: a list
    that is just being uploaded, or not imported yet, must not end an edition.
    """

    def __init__(self, run: SendRun, database: Database, record: EditionRecord) -> None:
        self._store = subscribers.open_newsroom_list(run.config, database, run.now)
        self._report_problem = run.report_problem
        self._revision = record.subscribers_revision
        self._hashes: dict[str, array[int]] | None = None
        """Sorted hashes of the addresses, by status; None while the list is the one the edition was frozen from."""
        self._is_file = run.config.audience.subscribers is not None
        in_database = not self._is_file and self._has_readers()
        self.statuses = ListStatuses(self._store.name, None if in_database else self._find)
        """What a claim looks the recipients up by."""

    def refresh(self) -> None:
        """Read the list again if it has changed. Call it before a claim, outside of any transaction."""
        if not self._is_file or self._store.revision() == self._revision:
            return
        while True:
            revision = self._wait_until_settled()
            hashes = self._hashes
            try:
                hashes = self._read()
            except SubscribersError as error:
                self._report_unusable(error.message, error.location)
            if self._store.revision() == revision:
                self._revision, self._hashes = revision, hashes
                return

    def _has_readers(self) -> bool:
        if next(self._store.read(), None):
            return True
        self._report_unusable("no valid subscribers")
        return False

    def _report_unusable(self, message: str, location: str = "") -> None:
        hint = "the recipients are sent to as they were when the edition was frozen"
        self._report_problem(Problem(location or self._store.location, message, hint))

    def _wait_until_settled(self) -> str:
        revision = ""
        while (latest := self._store.revision()) != revision:
            revision = latest
            sleep(_SETTLED)
        return revision

    def _read(self) -> dict[str, array[int]]:
        hashes: dict[str, array[int]] = {}
        for row in self._store.read():
            if isinstance(row, Subscriber):
                hashes.setdefault(row.status, array("q")).append(hash(row.email))
        if not hashes:
            raise SubscribersError("no valid subscribers", location=self._store.location)
        return {status: array("q", sorted(values)) for status, values in hashes.items()}

    def _find(self, emails: Sequence[str]) -> dict[str, str]:
        if self._hashes is None:
            return dict.fromkeys(emails, "active")
        found = {}
        for email in emails:
            wanted = hash(email)
            for status, hashes in self._hashes.items():
                place = bisect_left(hashes, wanted)
                if place < len(hashes) and hashes[place] == wanted:
                    found[email] = status
        return found
