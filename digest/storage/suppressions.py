"""Addresses that must not be mailed, looked up again in the very transaction that claims them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from digest.models import Suppression, SuppressionReason
from digest.storage.engine import batched, dialect_insert, reading, to_moment, to_text
from digest.storage.info import unleased_transaction
from digest.storage.pseudonyms import check_secret, make_pseudonym
from digest.storage.tables import suppressions


class Suppressions:
    """The addresses that must not be mailed."""

    def __init__(self, engine: Engine, secret: str) -> None:
        self._engine = engine
        self._secret = secret

    def add(self, email: str, reason: SuppressionReason, now: datetime) -> bool:
        """Suppress an address; return False if it was suppressed already, as `add_all` counts."""
        return self.add_all({email: reason}.items(), now) == 1

    def add_all(self, reasons: Iterable[tuple[str, SuppressionReason]], now: datetime) -> int:
        """Suppress these addresses in one transaction; return how many of them were not suppressed before.

        An address keeps its first reason, except that what people say of themselves replaces a bounce, which may turn
        out to be the provider's fault.
        """
        added = 0
        with unleased_transaction(self._engine) as connection:
            for chunk in batched(reasons):
                known = find_suppressed(connection, [email for email, _ in chunk], self._secret)
                rows = [
                    {"email": email, "reason": reason, "since": to_text(now)}
                    for email, reason in dict(chunk).items()
                    if email not in known
                ]
                for email, reason in dict(chunk).items():
                    if reason != "bounced" and email in known and known[email].reason == "bounced":
                        theirs = update(suppressions).where(suppressions.c.email == known[email].email)
                        connection.execute(theirs.values(reason=reason, since=to_text(now)))
                if rows:
                    connection.execute(_insert_unless_known(connection), rows)
                added += len(rows)
        return added

    def remove(self, email: str) -> bool:
        """Allow mail to an address, or the one a pseudonym stands for, again; return False if it was not suppressed."""
        names = [email, *([make_pseudonym(email, self._secret)] if self._secret else [])]
        with unleased_transaction(self._engine) as connection:
            return connection.execute(delete(suppressions).where(suppressions.c.email.in_(names))).rowcount > 0

    def list_all(self) -> list[Suppression]:
        """Return every suppression, by address; those of erased readers have the pseudonym."""
        with reading(self._engine) as connection:
            rows = connection.execute(select(suppressions).order_by(suppressions.c.email)).all()
        return [Suppression(row.email, row.reason, to_moment(row.since)) for row in rows]

    def find(self, emails: Collection[str]) -> dict[str, Suppression]:
        """Return the suppressions of these addresses, by address; that of an erased reader has the pseudonym.

        Raises:
            ConfigError: some readers were erased, and the secret does not recognise them.
        """
        with reading(self._engine) as connection:
            check_secret(connection, self._secret)
            return find_suppressed(connection, emails, self._secret)


def _insert_unless_known(connection: Connection) -> Any:
    """Insert suppressions; a run may have suppressed some for a bounce since they were looked up."""
    statement = dialect_insert(connection, suppressions)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["email"],
        set_={"reason": new.reason, "since": new.since},
        where=(suppressions.c.reason == "bounced") & (new.reason != "bounced"),
    )


def add_bounce(connection: Connection, email: str, now: datetime) -> None:
    """Suppress an address that bounced, within a transaction; one that is suppressed keeps its reason."""
    row = {"email": email, "reason": "bounced", "since": to_text(now)}
    connection.execute(dialect_insert(connection, suppressions).values(**row).on_conflict_do_nothing())


def find_suppressed(connection: Connection, emails: Collection[str], secret: str) -> dict[str, Suppression]:
    """Return the suppressions of these addresses by address; with the secret, those of erased readers too."""
    found: dict[str, Suppression] = {}
    for chunk in batched(emails):
        addresses = {email: email for email in chunk}
        if secret:
            addresses.update((make_pseudonym(email, secret), email) for email in chunk)
        for names in batched(addresses):
            for row in connection.execute(select(suppressions).where(suppressions.c.email.in_(names))):
                found[addresses[row.email]] = Suppression(row.email, row.reason, to_moment(row.since))
    return found
