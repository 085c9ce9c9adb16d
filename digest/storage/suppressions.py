"""Addresses that must not be mailed, read again in the very transaction that claims them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select, update

from digest.models import Suppression, SuppressionReason
from digest.storage.engine import chunks, insert_or, to_moment, to_text, transaction
from digest.storage.erasure import pseudonym, some_are_erased
from digest.storage.tables import suppressions


class Suppressions:
    """The addresses that must not be mailed."""

    def __init__(self, engine: Engine, secret: str = "") -> None:
        self._engine = engine
        self._secret = secret

    def add(self, email: str, reason: SuppressionReason, now: datetime) -> bool:
        """Mail this address no more; False if it is suppressed already, whose first reason then stays."""
        return self.add_all({email: reason}.items(), now) == 1

    def add_all(self, reasons: Iterable[tuple[str, SuppressionReason]], now: datetime) -> int:
        """Mail these addresses no more, in one transaction; how many of them were not suppressed already.

        What people say of themselves takes the place of a bounce, which may turn out to be the provider's fault.
        """
        added = 0
        with transaction(self._engine) as connection:
            for chunk in chunks(reasons):
                known = suppressed_among(connection, [email for email, _ in chunk], self._secret)
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
                    connection.execute(insert_or(connection, suppressions).on_conflict_do_nothing(), rows)
                added += len(rows)
        return added

    def remove(self, email: str) -> bool:
        """Mail this address again, or the one a pseudonym stands for; False if it was not suppressed."""
        names = [email, *([pseudonym(email, self._secret)] if self._secret else [])]
        with transaction(self._engine) as connection:
            return connection.execute(delete(suppressions).where(suppressions.c.email.in_(names))).rowcount > 0

    def all(self) -> list[Suppression]:
        """Every suppressed address, by address; of those who were erased the pseudonym."""
        with transaction(self._engine) as connection:
            rows = connection.execute(select(suppressions).order_by(suppressions.c.email)).all()
        return [Suppression(row.email, row.reason, to_moment(row.since)) for row in rows]

    def find(self, emails: Collection[str]) -> dict[str, Suppression]:
        """Those of these addresses that are suppressed; who was erased too, whose Suppression has the pseudonym.

        Raises:
            ConfigError: somebody was erased, and the secret to know them by is not at hand.
        """
        with transaction(self._engine) as connection:
            some_are_erased(connection, self._secret)
            return suppressed_among(connection, emails, self._secret)


def add_suppression(connection: Connection, email: str, reason: SuppressionReason, now: datetime) -> bool:
    """Add an address within a transaction; False if it is there already."""
    row = {"email": email, "reason": reason, "since": to_text(now)}
    added = insert_or(connection, suppressions).values(**row).on_conflict_do_nothing().returning(suppressions.c.email)
    return connection.scalar(added) is not None


def suppressed_among(connection: Connection, emails: Collection[str], secret: str) -> dict[str, Suppression]:
    """Those of these addresses that are suppressed, within a transaction; given the secret, the erased ones too."""
    found: dict[str, Suppression] = {}
    for chunk in chunks(emails):
        whose = {email: email for email in chunk}
        if secret:
            whose.update((pseudonym(email, secret), email) for email in chunk)
        for names in chunks(whose):
            rows = connection.execute(select(suppressions).where(suppressions.c.email.in_(names)))
            found.update({whose[row.email]: Suppression(row.email, row.reason, to_moment(row.since)) for row in rows})
    return found
