"""Writes the rows of `recipient_exceptions`: one for each recipient who did not simply get the mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from digest.storage.engine import dialect_insert, to_text
from digest.storage.tables import recipient_exceptions


def make_exception(edition: str, number: int, position: int, state: str, detail: str, now: datetime) -> dict[str, Any]:
    """Return the row of `recipient_exceptions` for a recipient, by the number of the group and the position in it."""
    return {
        "edition": edition,
        "number": number,
        "position": position,
        "state": state,
        "detail": detail,
        "changed_at": to_text(now),
    }


def write_exceptions(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Write exceptions, in place of those that these recipients have."""
    statement = dialect_insert(connection, recipient_exceptions)
    changed = {name: statement.excluded[name] for name in ("state", "detail", "changed_at")}
    keys = ["edition", "number", "position"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), rows)


def add_missing_exceptions(connection: Connection, rows: Sequence[dict[str, Any]]) -> int:
    """Write exceptions for those of these recipients who have none; return how many they are."""
    if not rows:
        return 0
    first = rows[0]
    columns = recipient_exceptions.c
    span = {row["position"] for row in rows}
    known = connection.scalars(
        select(columns.position).where(
            columns.edition == first["edition"],
            columns.number == first["number"],
            columns.position >= min(span),
            columns.position <= max(span),
        )
    )
    missing = span - set(known)
    if missing:
        connection.execute(insert(recipient_exceptions), [row for row in rows if row["position"] in missing])
    return len(missing)
