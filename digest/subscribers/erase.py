"""A reader taken out of subscribers.csv for good (GDPR, art. 17)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from digest.core.atomic_file import AtomicFile
from digest.errors import SubscribersError
from digest.models import Problem
from digest.subscribers.address import normalize_address
from digest.subscribers.csv_editor import editing
from digest.subscribers.csv_table import Row


def erase(file: Path, email: str) -> tuple[int, list[Problem]]:
    """Take a reader's rows out of a list, if it is there, without keeping the old one.

    Args:
        file: The list, or the backup of one.
        email: Their address, normalised.

    Returns:
        How many rows those were; and the lines that name the address still, which are comments, rows that cannot be
        read, or rows of others.

    Raises:
        SubscribersError: the list cannot be read or written, or is changed by somebody else meanwhile.
    """
    if not file.exists():
        return 0, []
    taken = 0

    def edit(row: Row) -> Mapping[str, str] | None:
        nonlocal taken
        try:
            theirs = normalize_address(row.fields.get("email", "")) == email
        except SubscribersError:
            theirs = False
        taken += theirs
        return None if theirs else {}

    with AtomicFile(file, SubscribersError) as replacement, editing(file) as editor:
        replacement.stream.writelines(editor.rows(edit))
        if taken:
            replacement.commit()
    named = re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)")
    with file.open(encoding="utf-8", newline="") as lines:
        still = [number for number, line in enumerate(lines, 1) if named.search(line.casefold())]
    return taken, [Problem(f"{file}:{number}", f"names {email} still", "take it out by hand") for number in still]
