"""Readers who ask to be forgotten (GDPR, art. 17): a pseudonym takes their address's place, to recognise them again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Engine, delete, select, text, update

from digest.errors import ConfigError
from digest.storage.block_reader import Place, find_places
from digest.storage.blocks import Entry, decode_block, encode_block, hash_emails
from digest.storage.engine import autocommit, dialect_insert, to_text, transaction
from digest.storage.exception_rows import add_missing_exceptions, make_exception
from digest.storage.newsroom_list import erase_listed
from digest.storage.pseudonyms import make_pseudonym
from digest.storage.reader_choices import erase_choices
from digest.storage.tables import open_claims, recipient_blocks, recipient_exceptions, suppressions


class Subscribers:
    """What the ledger holds of a reader, over all editions."""

    def __init__(self, engine: Engine, secret: str) -> None:
        self._engine = engine
        self._secret = secret

    def require_secret(self) -> None:
        """Raise ConfigError if there is no secret: without one, anybody could try addresses against the hash."""
        if not self._secret:
            raise ConfigError(
                "hashing an erased address needs a DIGEST_SECRET_KEY",
                hint="set it in the environment to a long random text, the same on every run",
            )

    def erase(self, email: str, now: datetime) -> int:
        """Forget an address and never mail it again; return how many editions it was in.

        Only the holder of every lease may call this. In one transaction, the reader's row, choices and consents are
        deleted, and a pseudonym takes the address's place in every edition and among the suppressions. A recipient who
        was still to be sent to is suppressed; one whose mail was on its way when a run died is in doubt. Name, links,
        Message-ID and the provider's words, which may hold the address, are gone. The outcome of each mail stays, and
        so does the reason of a suppression; `unsubscribed` if there was none.

        Raises:
            ConfigError: there is no secret.
        """
        self.require_secret()
        pseudonym = make_pseudonym(email, self._secret)
        with transaction(self._engine) as connection:
            places = list(find_places(connection, email))
            for place in places:
                _replace_entry(connection, place, Entry(pseudonym, ""))
                _settle_claim(connection, place, now)
                _clear_exception(connection, place, now)
            _rename_suppression(connection, email, pseudonym, now)
            erase_listed(connection, email)
            erase_choices(connection, email)
        if self._engine.dialect.name == "sqlite":
            _wipe(self._engine)
        return len(places)


def _replace_entry(connection: Connection, place: Place, entry: Entry) -> None:
    columns = recipient_blocks.c
    row = connection.execute(
        select(recipient_blocks)
        .where(columns.edition == place.edition, columns.number == place.number, columns.start <= place.position)
        .order_by(columns.start.desc())
        .limit(1)
    ).one()
    entries = decode_block(row.body)
    entries[place.position - row.start] = entry
    this = (columns.edition == place.edition) & (columns.number == place.number) & (columns.start == row.start)
    new = {"body": encode_block(entries), "hashes": hash_emails(entry.email for entry in entries)}
    connection.execute(update(recipient_blocks).where(this).values(**new))


def _settle_claim(connection: Connection, place: Place, now: datetime) -> None:
    """Put in doubt a recipient whom a dead run had claimed: the claim will not find them by their address."""
    claims = open_claims.c
    claim = connection.execute(
        select(open_claims).where(
            claims.edition == place.edition,
            claims.number == place.number,
            claims.start <= place.position,
            claims.start + claims.span > place.position,
        )
    ).one_or_none()
    if claim is None:
        return
    row = make_exception(place.edition, place.number, place.position, "in_doubt", "erased", now)
    if add_missing_exceptions(connection, [row]):
        this = (claims.edition == place.edition) & (claims.number == place.number) & (claims.start == claim.start)
        connection.execute(update(open_claims).where(this).values(sending=claims.sending - 1))


def _clear_exception(connection: Connection, place: Place, now: datetime) -> None:
    """Settle a recipient who is being retried, and delete the provider's words."""
    columns = recipient_exceptions.c
    this = (columns.edition == place.edition) & (columns.number == place.number) & (columns.position == place.position)
    theirs = update(recipient_exceptions).where(this)
    for old, new in (("sending", "in_doubt"), ("pending", "suppressed"), ("deferred", "suppressed")):
        connection.execute(theirs.where(columns.state == old).values(state=new, changed_at=to_text(now)))
    connection.execute(theirs.values(detail="erased"))


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
    with autocommit(engine) as connection:
        connection.execute(text("vacuum"))
        connection.execute(text("pragma wal_checkpoint(truncate)"))
