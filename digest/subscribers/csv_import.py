"""An import plan carried out on the text of a CSV list: rows filled in and added, everything else copied as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from digest.errors import SubscribersError
from digest.subscribers.address import normalize_address
from digest.subscribers.csv_editor import edit_csv
from digest.subscribers.csv_rows import COLUMNS
from digest.subscribers.csv_table import Row
from digest.subscribers.import_plan import ImportPlan, ImportResult


class CsvImport:
    """One import into one list: stream `lines`, then ask for the `result`."""

    def __init__(self, plan: ImportPlan) -> None:
        self._plan = plan
        self._added = 0
        self._unchanged = 0
        self._seen: set[str] = set()
        self._changed: set[str] = set()

    def result(self) -> ImportResult:
        """Return what the import changed, once all lines were streamed."""
        return ImportResult(self._added, len(self._changed), self._unchanged)

    def lines(self, file: Path) -> Iterator[str]:
        """Yield the list's new text, piece by piece."""
        with edit_csv(file) as editor:
            yield from editor.rows(self._edit, _missing_columns(self._plan, editor.columns))
            yield from editor.added(self._new_rows(editor.columns))

    def _edit(self, row: Row) -> Mapping[str, str]:
        try:
            email = normalize_address(row.fields.get("email", ""))
        except SubscribersError:
            return {}
        if status := self._plan.opt_out.get(email):
            self._changed.add(email)
            return {"status": status}
        reader = self._plan.merge.get(email)
        if reader is None or email in self._seen:
            return {}
        self._seen.add(email)
        changes = {column: value for column, value in reader.values.items() if not row.fields.get(column)}
        if changes:
            self._changed.add(email)
        else:
            self._unchanged += 1
        return changes

    def _new_rows(self, columns: Collection[str]) -> Iterator[Mapping[str, str]]:
        for email, reader in self._plan.merge.items():
            if email not in self._seen:
                self._added += 1
                status = {"status": reader.status} if "status" in columns else {}
                yield {"email": email, **reader.values, **status}


def _missing_columns(plan: ImportPlan, columns: Sequence[str]) -> list[str]:
    """Return the columns that the plan has values for and the list lacks."""
    needed = {column for reader in plan.merge.values() for column in reader.values}
    if plan.opt_out or any(reader.status != "active" for reader in plan.merge.values()):
        needed.add("status")
    return [column for column in COLUMNS if column in needed and column not in columns]
