"""Subscribers together with their suppressions, for people to read and for export."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

    The rows have the list's columns, `suppressed` (the reason) and `suppressed_since` (ISO 8601, UTC).
    """
    listed: set[str] = set()
    for item in list_subscribers(store, database, report):
        reader = item.subscriber
        listed.add(reader.email)
        yield {
            "email": reader.email,
            "name": reader.name,
            "categories": "|".join(reader.categories),
            "cadence": reader.cadence,
            "timezone": reader.timezone,
            "language": reader.language,
            "status": reader.status,
            **_suppression_columns(item.suppression),
        }
    for suppression in database.suppressions.list_all():
        is_erased = "@" not in suppression.email
        if suppression.email not in listed and not is_erased:
            yield {"email": suppression.email, "status": suppression.reason, **_suppression_columns(suppression)}


def _suppression_columns(suppression: Suppression | None) -> dict[str, str]:
    if suppression is None:
        return {}
    return {"suppressed": suppression.reason, "suppressed_since": suppression.since.isoformat(timespec="seconds")}
