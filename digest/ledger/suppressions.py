"""Addresses that must not be mailed, read again in the very transaction that claims them."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select

from digest.ledger.database import chunks, insert_or, to_moment, to_text, transaction
from digest.ledger.schema import suppressions
from digest.models import Suppression, SuppressionReason


class Suppressions:
    """The part of the ledger that is about who must not be mailed."""

    _engine: Engine

    def suppress(self, email: str, reason: SuppressionReason, now: datetime) -> bool:
        """Mail this address no more; False if it is suppressed already, whose first reason then stays."""
        with transaction(self._engine) as connection:
            return add_suppression(connection, email, reason, now)

    def unsuppress(self, email: str) -> bool:
        """Mail this address again; False if it was not suppressed."""
        with transaction(self._engine) as connection:
            return connection.execute(delete(suppressions).where(suppressions.c.email == email)).rowcount > 0

    def suppressions(self) -> list[Suppression]:
        """Every suppressed address, by address."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(suppressions).order_by(suppressions.c.email)).all()
        return [Suppression(row.email, row.reason, to_moment(row.since)) for row in rows]


def add_suppression(connection: Connection, email: str, reason: SuppressionReason, now: datetime) -> bool:
    """Add an address within a transaction; False if it is there already."""
    row = {"email": email, "reason": reason, "since": to_text(now)}
    added = insert_or(connection, suppressions).values(**row).on_conflict_do_nothing().returning(suppressions.c.email)
    return connection.scalar(added) is not None


def suppressed_among(connection: Connection, emails: Collection[str]) -> dict[str, str]:
    """Those of these addresses that are suppressed, each with the reason, within a transaction."""
    found: dict[str, str] = {}
    for chunk in chunks(emails):
        rows = connection.execute(
            select(suppressions.c.email, suppressions.c.reason).where(suppressions.c.email.in_(chunk))
        )
        found.update({row.email: row.reason for row in rows})
    return found
