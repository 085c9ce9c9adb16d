"""What readers say themselves, which wins over the newsroom's list field by field, and the evidence of consent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, get_args
from uuid import uuid4

from sqlalchemy import Connection, Engine, delete, exists, select

from digest.models import Subscriber, SubscriberCadence, SuppressionReason
from digest.storage.engine import batched, dialect_insert, reading, to_moment, to_text
from digest.storage.info import get_info, set_info, unleased_transaction
from digest.storage.newsroom_list import find_listed_statuses
from digest.storage.tables import consents, reader_choices, subscribers

_PAGE = 1000
_REVISION = "reader_choices_revision"
_OPTED_OUT = get_args(SuppressionReason)


@dataclass(frozen=True, slots=True)
class ReaderChoice:
    """What one reader chose; None leaves a field to the newsroom. `status` is active, pending or unsubscribed."""

    email: str
    name: str | None = None
    categories: tuple[str, ...] | None = None
    cadence: SubscriberCadence | None = None
    timezone: str | None = None
    language: str | None = None
    status: str | None = None
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consent:
    """Evidence of what a reader agreed to: when, through which page or import (`source`), and with which wording.

    `action` is a word such as imported, subscribed, confirmed or unsubscribed.
    """

    email: str
    action: str
    given_at: datetime
    source: str
    wording: str = ""


@dataclass(frozen=True, slots=True)
class ListStatuses:
    """How a claim looks up what the newsroom's list says now: by `find`, or if that is None, in `subscribers`."""

    name: str
    """The list's name, for the reason: `subscribers.csv`."""
    find: Callable[[Sequence[str]], Mapping[str, str]] | None = None
    """Returns the status of those of these addresses that are in the list."""


def combine_status(listed: str, choice: ReaderChoice | None, now: datetime) -> str:
    """Return a reader's status, from the newsroom's list and their own choice; `listed` is empty if they are not in it.

    Either may stop the mail: a reader who unsubscribes, a newsroom that has a bounce or a complaint. Otherwise either
    may confirm it: a form that somebody filled in with another's address stops nobody's mail. A pause is the reader's.
    """
    chosen = (choice.status if choice else None) or ""
    stopped = next((status for status in (listed, chosen) if status in _OPTED_OUT), "")
    status = stopped or ("active" if "active" in (listed, chosen) else listed or chosen)
    is_paused = choice is not None and choice.paused_until is not None and choice.paused_until > now
    return "paused" if status == "active" and is_paused else status


def apply_choice(listed: Subscriber, choice: ReaderChoice, now: datetime) -> Subscriber:
    """Return a reader as the newsroom's list has them, with what they chose themselves in its place."""
    fields = ("name", "categories", "cadence", "timezone", "language")
    chosen = {field: value for field in fields if (value := getattr(choice, field)) is not None}
    return replace(listed, **chosen, status=combine_status(listed.status, choice, now))


class ReaderChoices:
    """The `reader_choices` and `consents` tables."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def revision(self) -> str:
        """Return a text that changes with every choice, empty if nobody ever chose anything."""
        with reading(self._engine) as connection:
            return get_info(connection, _REVISION) or ""

    def choose(self, email: str, now: datetime, evidence: Consent | None = None, **fields: Any) -> None:
        """Record what a reader chose, in one transaction with the evidence of it; other fields stay as they were.

        Args:
            email: The reader's address.
            now: The time to write.
            evidence: What they agreed to, if this is a consent or its withdrawal.
            fields: Fields of ReaderChoice; None leaves a field to the newsroom again.
        """
        row = {field: _to_column(value) for field, value in fields.items()} | {"changed_at": to_text(now)}
        with unleased_transaction(self._engine) as connection:
            statement = dialect_insert(connection, reader_choices).values(email=email, **row)
            connection.execute(statement.on_conflict_do_update(index_elements=["email"], set_=row))
            if evidence:
                _add_consents(connection, [evidence])
            set_info(connection, _REVISION, uuid4().hex)

    def find(self, emails: Collection[str]) -> dict[str, ReaderChoice]:
        """Return the choices of those of these readers who made any."""
        with reading(self._engine) as connection:
            return find_choices(connection, emails)

    def stream(self, *, unlisted: bool = False) -> Iterator[ReaderChoice]:
        """Yield every reader's choices in the order of addresses; `unlisted`: only of those not in `subscribers`."""
        last = ""
        query = select(reader_choices).order_by(reader_choices.c.email).limit(_PAGE)
        if unlisted:
            query = query.where(~exists().where(subscribers.c.email == reader_choices.c.email))
        while True:
            with reading(self._engine) as connection:
                rows = connection.execute(query.where(reader_choices.c.email > last)).all()
            yield from map(_make_choice, rows)
            if len(rows) < _PAGE:
                return
            last = rows[-1].email

    def add_consents(self, given: Iterable[Consent]) -> None:
        """Store evidence; the same evidence is stored once."""
        for chunk in batched(given):
            with unleased_transaction(self._engine) as connection:
                _add_consents(connection, chunk)

    def find_consents(self, emails: Collection[str]) -> dict[str, list[Consent]]:
        """Return the evidence there is of these readers, by address, oldest first."""
        columns = consents.c
        found: dict[str, list[Consent]] = {}
        with reading(self._engine) as connection:
            for chunk in batched(emails):
                query = select(consents).where(columns.email.in_(chunk))
                for row in connection.execute(query.order_by(columns.email, columns.given_at, columns.action)):
                    consent = Consent(row.email, row.action, to_moment(row.given_at), row.source, row.wording)
                    found.setdefault(row.email, []).append(consent)
        return found


def find_choices(connection: Connection, emails: Collection[str]) -> dict[str, ReaderChoice]:
    """Return the choices of those of these readers who made any, within a transaction."""
    found: dict[str, ReaderChoice] = {}
    for chunk in batched(emails):
        rows = connection.execute(select(reader_choices).where(reader_choices.c.email.in_(chunk)))
        found.update((row.email, _make_choice(row)) for row in rows)
    return found


def find_withdrawn(
    connection: Connection, emails: Sequence[str], newsroom_list: ListStatuses, now: datetime
) -> dict[str, str]:
    """Return why some of these recipients are not active readers any more, within the transaction of a claim."""
    listed = newsroom_list.find(emails) if newsroom_list.find else find_listed_statuses(connection, emails)
    choices = find_choices(connection, emails)
    reasons = {}
    for email in emails:
        by_newsroom, choice = listed.get(email, ""), choices.get(email)
        status = combine_status(by_newsroom, choice, now)
        if status == "active":
            continue
        if status and status == by_newsroom:
            reasons[email] = f"{status} in {newsroom_list.name}"
        else:
            reasons[email] = f"{status} by the reader" if status else f"no longer in {newsroom_list.name}"
    return reasons


def erase_choices(connection: Connection, email: str) -> None:
    """Delete what a reader chose and the evidence of it, within a transaction."""
    for table in (reader_choices, consents):
        connection.execute(delete(table).where(table.c.email == email))
    set_info(connection, _REVISION, uuid4().hex)


def _add_consents(connection: Connection, given: Iterable[Consent]) -> None:
    rows = [
        {
            "email": consent.email,
            "given_at": to_text(consent.given_at),
            "action": consent.action,
            "source": consent.source,
            "wording": consent.wording,
        }
        for consent in given
    ]
    if rows:
        connection.execute(dialect_insert(connection, consents).on_conflict_do_nothing(), rows)


def _to_column(value: Any) -> str | None:
    if isinstance(value, datetime):
        return to_text(value)
    return "|".join(value) if isinstance(value, tuple) else value


def _make_choice(row: Any) -> ReaderChoice:
    return ReaderChoice(
        email=row.email,
        name=row.name,
        categories=None if row.categories is None else tuple(filter(None, row.categories.split("|"))),
        cadence=row.cadence,
        timezone=row.timezone,
        language=row.language,
        status=row.status,
        paused_until=to_moment(row.paused_until) if row.paused_until else None,
    )
