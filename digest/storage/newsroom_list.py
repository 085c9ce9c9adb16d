"""The newsroom's list of subscribers, if it lives in the database rather than in a CSV file."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import uuid4

from sqlalchemy import Connection, Engine, delete, insert, select, update

from digest.models import Subscriber, SubscriberCadence
from digest.storage.engine import batched, reading, to_text
from digest.storage.info import get_info, set_info, unleased_transaction
from digest.storage.tables import subscribers

_PAGE = 1000
"""Readers that are read together: memory holds this many, and no transaction stays open while they are used."""
_WRITTEN_AT_ONCE = 2000
"""Readers written in one transaction, so that no other writer waits for long."""
_REVISION = "subscribers_revision"
_FIELDS = ("name", "categories", "cadence", "timezone", "language")


class NewsroomList:
    """The `subscribers` table."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def revision(self) -> str:
        """Return a text that changes with every change of the list, empty if it was never written."""
        with reading(self._engine) as connection:
            return get_info(connection, _REVISION) or ""

    def stream(self) -> Iterator[Subscriber]:
        """Yield every reader by address; what is written meanwhile may or may not be among them."""
        last = ""
        query = select(subscribers).order_by(subscribers.c.email).limit(_PAGE)
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query.where(subscribers.c.email > last)).all()
            yield from map(_make_subscriber, rows)
            if len(rows) < _PAGE:
                return
            last = rows[-1].email

    def find(self, email: str) -> Subscriber | None:
        """Return the reader with an address, None if there is none."""
        with reading(self._engine) as connection:
            row = connection.execute(select(subscribers).where(subscribers.c.email == email)).one_or_none()
        return _make_subscriber(row) if row else None

    def find_statuses(self, emails: Collection[str]) -> dict[str, str]:
        """Return the status of each of these addresses that is in the list."""
        with reading(self._engine) as connection:
            return find_listed_statuses(connection, emails)

    def merge(
        self, readers: Iterable[tuple[str, str, Mapping[str, str]]], now: datetime, *, write: bool = True
    ) -> tuple[int, int, int]:
        """Add readers, and fill the empty fields of those who are in the list; return the added, changed and unchanged.

        The caller holds the lease on the list. Without `write`, only count.

        Args:
            readers: Address, status if they are added, and values by column.
            now: The time to write.
            write: Whether to change the list.
        """
        added = changed = unchanged = 0
        for chunk in batched(readers, _WRITTEN_AT_ONCE):
            with unleased_transaction(self._engine) if write else reading(self._engine) as connection:
                known = _find_rows(connection, [email for email, _, _ in chunk])
                new = []
                changes = []
                for email, status, values in chunk:
                    if row := known.get(email):
                        filled = {column: value for column, value in values.items() if not getattr(row, column)}
                        if filled:
                            changes.append((email, filled))
                        else:
                            unchanged += 1
                    else:
                        fields = {column: values.get(column, "") for column in _FIELDS}
                        new.append({"email": email, **fields, "status": status, "changed_at": to_text(now)})
                added += len(new)
                changed += len(changes)
                if write and (new or changes):
                    _write(connection, new, changes, now)
        return added, changed, unchanged

    def set_statuses(self, statuses: Mapping[str, str], now: datetime) -> int:
        """Set the status of readers who are in the list; return how many they are."""
        count = 0
        for chunk in batched(statuses.items(), _WRITTEN_AT_ONCE):
            with unleased_transaction(self._engine) as connection:
                known = _find_rows(connection, [email for email, _ in chunk])
                changes = [(email, {"status": status}) for email, status in chunk if email in known]
                if changes:
                    _write(connection, [], changes, now)
                count += len(changes)
        return count

    def erase(self, email: str) -> int:
        """Delete a reader from the list; return the number of rows deleted."""
        with unleased_transaction(self._engine) as connection:
            return erase_listed(connection, email)


def find_listed_statuses(connection: Connection, emails: Collection[str]) -> dict[str, str]:
    """Return the status of each of these addresses that is in the list, within a transaction."""
    columns = subscribers.c
    found: dict[str, str] = {}
    for chunk in batched(emails):
        rows = connection.execute(select(columns.email, columns.status).where(columns.email.in_(chunk)))
        found.update((row.email, row.status) for row in rows)
    return found


def erase_listed(connection: Connection, email: str) -> int:
    """Delete a reader from the list, within a transaction; return the number of rows deleted."""
    deleted = connection.execute(delete(subscribers).where(subscribers.c.email == email)).rowcount
    if deleted:
        set_info(connection, _REVISION, uuid4().hex)
    return deleted


def _find_rows(connection: Connection, emails: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for chunk in batched(emails):
        rows = connection.execute(select(subscribers).where(subscribers.c.email.in_(chunk)))
        found.update((row.email, row) for row in rows)
    return found


def _write(
    connection: Connection,
    new: Sequence[dict[str, str]],
    changes: Sequence[tuple[str, Mapping[str, str]]],
    now: datetime,
) -> None:
    if new:
        connection.execute(insert(subscribers), new)
    for email, values in changes:
        theirs = update(subscribers).where(subscribers.c.email == email)
        connection.execute(theirs.values(**values, changed_at=to_text(now)))
    set_info(connection, _REVISION, uuid4().hex)


def _make_subscriber(row: Any) -> Subscriber:
    return Subscriber(
        email=row.email,
        name=row.name,
        categories=tuple(filter(None, row.categories.split("|"))),
        cadence=cast("SubscriberCadence", row.cadence or "daily"),
        timezone=row.timezone,
        language=row.language,
        status=row.status,
    )
