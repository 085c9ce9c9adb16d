"""Readers who asked to be forgotten (GDPR, art. 17): only a keyed hash of their address is kept, to know them again."""

from __future__ import annotations

import hmac
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Connection, Engine, delete, func, select, text, update

from digest.core.text import format_count
from digest.errors import ConfigError
from digest.storage.engine import insert_or, to_text, transaction
from digest.storage.tables import recipients, suppressions

ERASED = "erased:"
"""What a pseudonym begins with; no address does, for want of an `@`."""


class Erasure:
    """Forgets readers."""

    def __init__(self, engine: Engine, secret: str = "") -> None:
        self._engine = engine
        self._secret = secret

    def erase(self, email: str, now: datetime) -> int:
        """Forget an address and never mail it again; return in how many editions it was. For the holder of the lock.

        In one transaction whoever was still to be sent to is suppressed, whose mail was on its way when a run died is
        in doubt, and then a pseudonym takes the address's place in every edition and among the suppressions. Name,
        links, Message-ID and the provider's words, which may hold the address, are gone. What became of each mail
        stays, and so does why the address was suppressed: `unsubscribed` if it was not yet.

        Raises:
            ConfigError: there is no secret: without one, anybody could try addresses against the hash.
        """
        if not self._secret:
            raise ConfigError(
                "no DIGEST_SECRET_KEY to hash an erased address with",
                hint="set it in the environment to a long random text, the same on every run",
            )
        name = pseudonym(email, self._secret)
        with transaction(self._engine) as connection:
            theirs = update(recipients).where(recipients.c.email == email)
            for old, new in (("sending", "in_doubt"), ("pending", "suppressed"), ("deferred", "suppressed")):
                connection.execute(theirs.where(recipients.c.state == old).values(state=new, changed_at=to_text(now)))
            forgotten = connection.execute(theirs.values(email=name, message_id="", slot_values={}, detail="erased"))
            _rename_suppression(connection, email, name, now)
        if self._engine.dialect.name == "sqlite":
            _wipe(self._engine)
        return forgotten.rowcount


def _rename_suppression(connection: Connection, email: str, name: str, now: datetime) -> None:
    theirs = suppressions.c.email == email
    known = connection.execute(select(suppressions).where(theirs)).one_or_none()
    row = {
        "email": name,
        "reason": known.reason if known else "unsubscribed",
        "since": known.since if known else to_text(now),
    }
    connection.execute(insert_or(connection, suppressions).values(**row).on_conflict_do_nothing())
    connection.execute(delete(suppressions).where(theirs))


def _wipe(engine: Engine) -> None:
    """Write the file anew: SQLite leaves what it deletes readable in pages it has not used again, and in the log."""
    with transaction(engine.execution_options(isolation_level="AUTOCOMMIT")) as connection:
        connection.execute(text("vacuum"))
        connection.execute(text("pragma wal_checkpoint(truncate)"))


def pseudonym(email: str, secret: str) -> str:
    """What stands for an erased address: `erased:<of the key>:<HMAC-SHA256 of the address>`, in hexadecimal digits.

    It is the same at every call with this secret, and says nothing without it (GDPR, art. 4(5)).
    """
    return _beginning(secret) + _hash(secret, f"address {email}")


def some_are_erased(connection: Connection, secret: str) -> bool:
    """Whether anybody was erased, within a transaction.

    Raises:
        ConfigError: somebody was, and would not be known again: there is no secret, or it is another one.
    """
    erased = select(func.count()).where(suppressions.c.email.startswith(ERASED))
    count = connection.scalar(erased) or 0
    known = connection.scalar(erased.where(suppressions.c.email.startswith(_beginning(secret)))) if secret else 0
    if strangers := count - (known or 0):
        people = format_count(strangers, "erased reader", "erased readers")
        raise ConfigError(
            f"{people} would not be known again with {'this' if secret else 'no'} DIGEST_SECRET_KEY",
            hint="set the one of the day they were erased; if it is lost, `digest suppress --list` names them and "
            "`digest unsuppress erased:...` gives one up",
        )
    return count > 0


@lru_cache(maxsize=4)
def _beginning(secret: str) -> str:
    return f"{ERASED}{_hash(secret, 'key')[:8]}:"


def _hash(secret: str, what: str) -> str:
    # The secret also signs links: what is hashed for one purpose must be nothing that serves another.
    return hmac.digest(secret.encode(), f"digest.erased {what}".encode(), "sha256").hex()
