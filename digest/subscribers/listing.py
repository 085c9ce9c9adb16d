"""Subscribers together with their suppressions, for people to read and for export."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from digest.models import Problem, Subscriber, Suppression
from digest.storage import Database
from digest.subscribers.store import SubscriberStore

_BATCH = 1000
"""Readers whose suppressions are looked up together."""


@dataclass(frozen=True, slots=True)
class ListedSubscriber:
    """A subscriber and, if they are suppressed, their Suppression."""

    subscriber: Subscriber
    suppression: Suppression | None

    @property
    def gets_mail(self) -> bool:
        """Whether editions are sent to this reader."""
        return self.suppression is None and self.subscriber.status == "active"

    @property
    def reason(self) -> str:
        """Why this reader gets no mail, empty if they do."""
        if self.suppression is None:
            return "" if self.gets_mail else self.subscriber.status
        is_erased = self.suppression.email != self.subscriber.email
        return (
            f"suppressed since {self.suppression.since:%Y-%m-%d}: {'erased' if is_erased else self.suppression.reason}"
        )


def list_subscribers(
    store: SubscriberStore, database: Database, report: Callable[[Problem], None]
) -> Iterator[ListedSubscriber]:
    """Stream every subscriber; `report` receives a Problem for each invalid row. Raises SubscribersError."""
    rows = store.read()
    while batch := list(islice(rows, _BATCH)):
        suppressions = database.suppressions.find([row.email for row in batch if isinstance(row, Subscriber)])
        for row in batch:
            if isinstance(row, Problem):
                report(row)
            else:
                yield ListedSubscriber(row, suppressions.get(row.email))


def export_rows(
    store: SubscriberStore, database: Database, report: Callable[[Problem], None]
) -> Iterator[dict[str, str]]:
    """Stream everything known about everyone: the subscribers, then suppressed addresses that are not in the list.

    The rows have the list's columns, `suppressed` (the reason), `suppressed_since` and `paused_until` (ISO 8601, UTC),
    and `consents`, the evidence as JSON.
    """
    suppressed: set[str] = set()
    items = list_subscribers(store, database, report)
    while batch := list(islice(items, _BATCH)):
        own_words = _read_own_words(database, [item.subscriber.email for item in batch])
        for item in batch:
            reader = item.subscriber
            if item.suppression:
                suppressed.add(reader.email)
            yield {
                "email": reader.email,
                "name": reader.name,
                "categories": "|".join(reader.categories),
                "cadence": reader.cadence,
                "timezone": reader.timezone,
                "language": reader.language,
                "status": reader.status,
                **_suppression_columns(item.suppression),
                **own_words[reader.email],
            }
    for suppression in database.suppressions.list_all():
        is_erased = "@" not in suppression.email
        if suppression.email not in suppressed and not is_erased:
            row = {"email": suppression.email, "status": suppression.reason}
            own_words = _read_own_words(database, [suppression.email])
            yield {**row, **_suppression_columns(suppression), **own_words[suppression.email]}


def _read_own_words(database: Database, emails: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return the columns of what readers chose and agreed to themselves, by address."""
    choices = database.reader_choices.find(emails)
    consents = database.reader_choices.find_consents(emails)
    columns: dict[str, dict[str, str]] = {}
    for email in emails:
        choice = choices.get(email)
        pause = choice.paused_until if choice else None
        evidence = [
            {
                "action": consent.action,
                "given_at": consent.given_at.isoformat(timespec="seconds"),
                "source": consent.source,
                "wording": consent.wording,
            }
            for consent in consents.get(email, ())
        ]
        columns[email] = {
            "paused_until": pause.isoformat(timespec="seconds") if pause else "",
            "consents": json.dumps(evidence, ensure_ascii=False) if evidence else "",
        }
    return columns


def _suppression_columns(suppression: Suppression | None) -> dict[str, str]:
    if suppression is None:
        return {}
    return {"suppressed": suppression.reason, "suppressed_since": suppression.since.isoformat(timespec="seconds")}
