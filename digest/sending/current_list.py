"""What the newsroom's list says now of the recipients of an edition that was frozen earlier."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Sequence
from time import monotonic, sleep

from digest import subscribers
from digest.core.text import format_count
from digest.errors import SubscribersError
from digest.models import Problem, Subscriber
from digest.sending.send_run import SendRun
from digest.storage import Database, EditionRecord, ListStatuses

_SETTLED = 0.3
"""Seconds without a change after which a file counts as completely written."""
_MAX_WAIT = 10.0
"""Seconds to wait for that."""
_MAX_ABSENT = 0.1
"""Share of an edition's recipients that a file may lack; if it lacks more, it counts as incomplete."""


class CurrentList:
    """Finds recipients who left the newsroom's list, or whose status changed, after their edition was frozen.

    A list in the database is looked up by each claim, in its own transaction. A CSV file has no index, so it is read as
    a whole, but only if its revision is not the one the edition was frozen from: once when a run resumes, and once more
    after each change during the run. Memory then holds 8 bytes for each reader, a hash of the address, by status.

    If the file cannot be read, or the list has no valid row, the recipients are sent to as they were frozen: a list
    that is just being uploaded, or not imported yet, must not end an edition. For the same reason a status that forbids
    mail always counts, but a row that is merely absent counts only in a file that is plausible as a whole: one without
    problems that lacks few of the recipients. Anything else may be half of a file, and is reported.
    """

    def __init__(self, run: SendRun, database: Database, record: EditionRecord) -> None:
        self._store = subscribers.open_newsroom_list(run.config, database, run.now)
        self._report_problem = run.report_problem
        self._database = database
        self._edition = record.id
        self._trusts_absence = False
        """Whether who is absent from the file counts as deleted from it."""
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
        ends = monotonic() + _MAX_WAIT
        while True:
            revision = self._wait_until_settled()
            hashes, is_complete = self._hashes, False
            try:
                hashes, is_complete = self._read()
            except SubscribersError as error:
                self._report_unusable(error.message, error.location)
            is_settled = self._store.revision() == revision
            if is_settled or monotonic() > ends:
                self._revision, self._hashes = revision, hashes
                self._trusts_absence = hashes is not None and self._judge_absence(
                    is_complete=is_complete and is_settled
                )
                return

    def _judge_absence(self, *, is_complete: bool) -> bool:
        """Report how many recipients the file lacks; return whether they count as deleted."""
        total = absent = 0
        for recipient in self._database.recipients.stream(self._edition):
            total += 1
            absent += recipient.state == "pending" and not self._look_up([recipient.email])
        if not absent:
            return True
        recipients = f"{absent} of {format_count(total, 'recipient', 'recipients')}"
        is_plausible = is_complete and absent <= max(1, _MAX_ABSENT * total)
        if is_plausible:
            message, hint = f"no longer lists {recipients}", "they are left out"
        else:
            message = f"lists {recipients} no more, and may be incomplete"
            hint = "they are sent to all the same; `digest suppress EMAIL` stops mail to an address at once"
        self._report_problem(Problem(self._store.location, message, hint))
        return is_plausible

    def _has_readers(self) -> bool:
        if next(self._store.read(), None):
            return True
        self._report_unusable("no valid subscribers")
        return False

    def _report_unusable(self, message: str, location: str = "") -> None:
        hint = "the recipients are sent to as they were when the edition was frozen"
        self._report_problem(Problem(location or self._store.location, message, hint))

    def _wait_until_settled(self) -> str:
        """Wait for whoever is writing the file, but not for ever: a file that keeps changing is read as it is."""
        revision = ""
        ends = monotonic() + _MAX_WAIT
        while (latest := self._store.revision()) != revision and monotonic() < ends:
            revision = latest
            sleep(_SETTLED)
        return latest

    def _read(self) -> tuple[dict[str, array[int]], bool]:
        """Return the hashes by status, and whether every row could be read."""
        hashes: dict[str, array[int]] = {}
        is_complete = True
        for row in self._store.read():
            if isinstance(row, Subscriber):
                hashes.setdefault(row.status, array("q")).append(hash(row.email))
            else:
                is_complete = False
        if not hashes:
            raise SubscribersError("no valid subscribers", location=self._store.location)
        return {status: array("q", sorted(values)) for status, values in hashes.items()}, is_complete

    def _find(self, emails: Sequence[str]) -> dict[str, str]:
        """Return the status of each address; those that count as deleted are left out."""
        if self._hashes is None:
            return dict.fromkeys(emails, "active")
        listed = self._look_up(emails)
        return listed if self._trusts_absence else {**dict.fromkeys(emails, "active"), **listed}

    def _look_up(self, emails: Sequence[str]) -> dict[str, str]:
        """Return the status of those of these addresses that are in the file."""
        assert self._hashes is not None, "the file has been read"
        found = {}
        for email in emails:
            wanted = hash(email)
            for status, hashes in self._hashes.items():
                place = bisect_left(hashes, wanted)
                if place < len(hashes) and hashes[place] == wanted:
                    found[email] = status
        return found
