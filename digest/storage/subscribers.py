"""Readers who ask to be forgotten (GDPR, art. 17): a pseudonym takes their address's place, to recognise them again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select, text, update

from digest.errors import ConfigError
from digest.storage.engine import dialect_insert, to_text, transaction
from digest.storage.pseudonyms import make_pseudonym
from digest.storage.tables import recipients, suppressions


class Subscribers:
    """What the ledger holds of a reader, over all editions."""

    def __init__(self, engine: Engine, secret: str) -> None:
        self._engine = engine
        self._secret = secret

    def erase(self, email: str, now: datetime) -> int:
        """Forget an address and never mail it again; return how many editions it was in.

        Only the holder of the run lock may call this. In one transaction, a recipient who was still to be sent to is
        suppressed, one whose mail was on its way when a run died is in doubt, and then a pseudonym takes the address's
        place in every edition and among the suppressions. Name, links, Message-ID and the provider's words, which may
        hold the address, are gone. The outcome of each mail stays, and so does the reason of a suppression;
        `unsubscribed` if there was none.

        Raises:
            ConfigError: there is no secret. Without one, anybody could try addresses against the hash.
        """
        if not self._secret:
            raise ConfigError(
                "hashing an erased address needs a DIGEST_SECRET_KEY",
                hint="set it in the environment to a long random text, the same on every run",
            )
        pseudonym = make_pseudonym(email, self._secret)
        with transaction(self._engine) as connection:
            theirs = update(recipients).where(recipients.c.email == email)
            for old, new in (("sending", "in_doubt"), ("pending", "suppressed"), ("deferred", "suppressed")):
                connection.execute(theirs.where(recipients.c.state == old).values(state=new, changed_at=to_text(now)))
            forgotten = connection.execute(
                theirs.values(email=pseudonym, message_id="", slot_values={}, detail="erased")
            )
            _rename_suppression(connection, email, pseudonym, now)
        if self._engine.dialect.name == "sqlite":
            _wipe(self._engine)
        return forgotten.rowcount


def _rename_suppression(connection: Connection, email: str, pseudonym: str, now: datetime) -> None:
    theirs = suppressions.c.email == email
    known = connection.execute(select(suppressions).where(theirs)).one_or_none()
    row = {
        "email": pseudonym,
        "reason": known.reason if known else "unsubscribed",
        "since": known.since if known else to_text(now),
    }
    connection.execute(dialect_insert(connection, suppressions).values(**row).on_conflict_do_nothing())
    connection.execute(delete(suppressions).where(theirs))


def _wipe(engine: Engine) -> None:
    """Rewrite the file: SQLite leaves what it deletes readable in pages it has not reused, and in the log."""
    with transaction(engine.execution_options(isolation_level="AUTOCOMMIT")) as connection:
        connection.execute(text("vacuum"))
        connection.execute(text("pragma wal_checkpoint(truncate)"))
