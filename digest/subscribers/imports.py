"""An export merged into subscribers.csv: who is added, what is filled in, and who stays out, on either's word."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digest.core.atomic_file import AtomicFile
from digest.errors import SubscribersError
from digest.models import Problem, Suppression, SuppressionReason
from digest.subscribers.address import normalize_address
from digest.subscribers.csv_editor import editing
from digest.subscribers.csv_reader import COLUMNS
from digest.subscribers.csv_table import Row
from digest.subscribers.export_formats import ImportedSubscriber
from digest.subscribers.statuses import suppression_reason


@dataclass
class Plan:
    """What is to become of an export's readers, by address.

    `merge` are to be added to the list, or to fill what is empty in their row; `leave` are in the list and gone there,
    with the status their rows get; `suppress` are gone on either's word and not suppressed yet; `gone` is how many the
    export says are gone; `left_out` says of each of the others why they are not taken.
    """

    merge: dict[str, ImportedSubscriber] = field(default_factory=dict)
    leave: dict[str, SuppressionReason] = field(default_factory=dict)
    suppress: dict[str, SuppressionReason] = field(default_factory=dict)
    gone: int = 0
    left_out: list[Problem] = field(default_factory=list)


def plan(
    readers: Mapping[str, ImportedSubscriber],
    current_status: Mapping[str, str],
    suppressed: Mapping[str, Suppression],
    problem: Callable[[int, str, str], Problem],
) -> Plan:
    """Decide what becomes of each reader of an export.

    Args:
        readers: The export.
        current_status: The status of those of them who are in the list.
        suppressed: Those of them who are suppressed; of who was erased the Suppression has another address.
        problem: Makes a Problem of a line of the export.
    """
    made = Plan()
    for email, told in readers.items():
        here = current_status.get(email, "")
        known = suppressed.get(email)
        reason = suppression_reason(told.status)
        if reason:
            made.gone += 1
            if not known:
                made.suppress[email] = reason
            if here and not suppression_reason(here):
                made.leave[email] = reason
        elif known and known.email != email:
            what = f"{email} asked to be forgotten on {known.since:%d %b %Y}"
            made.left_out.append(problem(told.line, what, _left_out(email, "to be a reader again")))
        elif known:
            what = f"{email} is suppressed since {known.since:%d %b %Y} ({known.reason})"
            made.left_out.append(problem(told.line, what, _left_out(email, "to come back")))
        elif reason := suppression_reason(here):
            made.suppress[email] = reason
            step = "left out; if they asked to come back, change that and `digest unsuppress` them"
            made.left_out.append(problem(told.line, f"{email} is {here} in the list", step))
        elif here == "unknown":
            step = "left out; give them a status that is known"
            made.left_out.append(problem(told.line, f"{email} has an unknown status in the list", step))
        else:
            made.merge[email] = told
    return made


def _left_out(email: str, why: str) -> str:
    return f"left out; if they asked {why}: `digest unsuppress {email}`, then import again"


def merge(file: Path, made: Plan, *, write: bool = True) -> Merged:
    """Carry out a plan on the list, which is written only if something in it changes; the old one is kept beside it.

    Raises:
        SubscribersError: the list cannot be read or written, or is changed by somebody else meanwhile.
    """
    merging = Merged(made)
    if not write:
        for _ in merging.text(file):
            pass
        return merging
    with AtomicFile(file, SubscribersError) as replacement:
        replacement.stream.writelines(merging.text(file))
        if merging.added or merging.changed:
            replacement.commit(backup=backup_of(file))
    return merging


def backup_of(file: Path) -> Path:
    """Where the list is kept as it was before the last import."""
    return file.with_name(f"{file.name}.bak")


class Merged:
    """What came of a plan: how many readers were `added` and `changed`, and how many were `there` already."""

    def __init__(self, made: Plan) -> None:
        self.added = 0
        self.there = 0
        self._plan = made
        self._seen: set[str] = set()
        self._changed: set[str] = set()

    @property
    def changed(self) -> int:
        """How many readers of the list are not as they were."""
        return len(self._changed)

    def text(self, file: Path) -> Iterator[str]:
        """The list's new text, piece by piece."""
        with editing(file) as editor:
            yield from editor.rows(self._edit, _missing(self._plan, editor.columns))
            yield from editor.added(self._new(editor.columns))

    def _edit(self, row: Row) -> Mapping[str, str]:
        try:
            email = normalize_address(row.fields.get("email", ""))
        except SubscribersError:
            return {}
        if status := self._plan.leave.get(email):
            self._changed.add(email)
            return {"status": status}
        told = self._plan.merge.get(email)
        if told is None or email in self._seen:
            return {}
        self._seen.add(email)
        changes = {column: value for column, value in told.values.items() if not row.fields.get(column)}
        if changes:
            self._changed.add(email)
        else:
            self.there += 1
        return changes

    def _new(self, columns: Collection[str]) -> Iterator[Mapping[str, str]]:
        for email, told in self._plan.merge.items():
            if email not in self._seen:
                self.added += 1
                status = {"status": told.status} if "status" in columns else {}
                yield {"email": email, **told.values, **status}


def _missing(made: Plan, columns: Sequence[str]) -> list[str]:
    """Columns that the list has not and the plan has values for."""
    needed = {column for told in made.merge.values() for column in told.values}
    if made.leave or any(told.status != "active" for told in made.merge.values()):
        needed.add("status")
    return [column for column in COLUMNS if column in needed and column not in columns]
