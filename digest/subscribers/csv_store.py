"""Subscribers in a CSV file, the newsroom's own list: read, updated and erased without touching any other byte."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from digest.core.atomic_file import AtomicFile
from digest.errors import SubscribersError
from digest.models import Problem, Subscriber
from digest.subscribers.address import normalize_address
from digest.subscribers.csv_editor import edit_csv
from digest.subscribers.csv_import import CsvImport
from digest.subscribers.csv_rows import find_subscriber_row, read_statuses, read_subscribers
from digest.subscribers.csv_table import Row
from digest.subscribers.import_plan import ImportPlan, ImportResult


class CsvSubscriberStore:
    """A SubscriberStore over one CSV file; `docs/subscribers.md` describes its columns."""

    def __init__(self, file: Path) -> None:
        """The file need not exist yet: the first import creates it."""
        self.file = file

    @property
    def location(self) -> str:
        """The file's path."""
        return str(self.file)

    @property
    def name(self) -> str:
        """The file's name."""
        return self.file.name

    @property
    def backup(self) -> Path:
        """The list as it was before the last import."""
        return self.file.with_name(f"{self.file.name}.bak")

    def exists(self) -> bool:
        """Return whether there is such a file."""
        return self.file.exists()

    def revision(self) -> str:
        """Return the file's inode, size and time of change, empty if there is none."""
        try:
            seen = self.file.stat()
        except OSError:
            return ""
        return f"{seen.st_ino}-{seen.st_size}-{seen.st_mtime_ns}"

    def read(self) -> Iterator[Subscriber | Problem]:
        """Stream the rows: see `read_subscribers`. Raises SubscribersError."""
        return read_subscribers(self.file)

    def find(self, email: str) -> Subscriber | None:
        """Return the subscriber with an address, None if there is none. Raises SubscribersError."""
        return find_subscriber_row(self.file, email)

    def statuses(self, emails: Collection[str]) -> dict[str, str]:
        """Return the most restrictive status that any row gives each address. Raises SubscribersError."""
        return read_statuses(self.file, emails)

    def apply(self, plan: ImportPlan, *, write: bool = True) -> ImportResult:
        """Carry out an import. The file is written only if something changes; the old one is kept as `backup`.

        Raises:
            SubscribersError: the file cannot be read or written, or somebody else changed it during the import.
        """
        importing = CsvImport(plan)
        if not write:
            for _ in importing.lines(self.file):
                pass
            return importing.result()
        with AtomicFile(self.file, SubscribersError) as new_file:
            new_file.stream.writelines(importing.lines(self.file))
            result = importing.result()
            if result.added or result.changed:
                new_file.commit(backup=self.backup)
        return result

    def erase(self, email: str) -> tuple[int, list[Problem]]:
        """Delete a reader's rows from the list and its backup (GDPR, art. 17).

        Returns:
            The number of rows deleted from the list; and a Problem for each line that still contains the address: a
            comment, a row that cannot be read, or somebody else's row.

        Raises:
            SubscribersError: a file cannot be read or written, or somebody else changed it meanwhile.
        """
        deleted, problems = _erase_from(self.file, email)
        _, more = _erase_from(self.backup, email)
        return deleted, problems + more


def _erase_from(file: Path, email: str) -> tuple[int, list[Problem]]:
    if not file.exists():
        return 0, []
    deleted = 0

    def edit(row: Row) -> Mapping[str, str] | None:
        nonlocal deleted
        try:
            is_theirs = normalize_address(row.fields.get("email", "")) == email
        except SubscribersError:
            is_theirs = False
        deleted += is_theirs
        return None if is_theirs else {}

    with AtomicFile(file, SubscribersError) as new_file, edit_csv(file) as editor:
        new_file.stream.writelines(editor.rows(edit))
        if deleted:
            new_file.commit()
    address = re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)")
    with file.open(encoding="utf-8", newline="") as lines:
        left = [number for number, line in enumerate(lines, 1) if address.search(line.casefold())]
    return deleted, [Problem(f"{file}:{number}", f"still contains {email}", "delete it by hand") for number in left]
