"""One reader's whole history: whether they are subscribed, what they chose, and what became of each edition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import subscribers
from digest.config import Config
from digest.editions.recipients import assign_segment
from digest.models import Subscriber, Suppression
from digest.storage import Consent, Database, HistoryEntry, ReaderChoice


@dataclass(frozen=True, slots=True)
class ReaderEdition:
    """One edition: the recipient's `state` and the server's words; or an empty state and why they did not get it."""

    edition: str
    subject: str
    state: str
    detail: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ReaderHistory:
    """What is known of one reader; `subscriber` is None if they are not in the list, `choice` if they made none."""

    email: str
    list_location: str
    subscriber: Subscriber | None
    choice: ReaderChoice | None
    suppression: Suppression | None
    consents: Sequence[Consent]
    """The evidence of what the reader agreed to, oldest first."""
    editions: Sequence[ReaderEdition]

    @property
    def is_erased(self) -> bool:
        """Whether the reader was erased at their own request."""
        return self.suppression is not None and self.suppression.email != self.email

    @property
    def gets_mail(self) -> bool:
        """Whether editions are sent to this reader."""
        return self.suppression is None and self.subscriber is not None and self.subscriber.status == "active"

    @property
    def standing(self) -> str:
        """Whether the reader gets mail, and by whose word, in one line."""
        if self.suppression and self.is_erased:
            return f"erased on {self.suppression.since:%d %b %Y}, never mailed again"
        if self.subscriber is None:
            return f"not subscribed: not in {self.list_location}"
        is_own_word = self.choice is not None and self.subscriber.status in (self.choice.status, "paused")
        where = "by their own choice" if is_own_word else f"in {self.list_location}"
        listed = f"{self.subscriber.status} {where}"
        if self.suppression:
            return f"suppressed ({self.suppression.reason}), although {listed}"
        return f"subscribed: {listed}" if self.gets_mail else f"gets no mail: {listed}"


def read_history(config: Config, database: Database, address: str, now: datetime) -> ReaderHistory:
    """Return the history of the reader with an address, however it is spelled.

    Raises:
        SubscribersError: the address is not valid, or the list cannot be read.
        ConfigError: some readers were erased, and DIGEST_SECRET_KEY does not recognise them.
    """
    email = subscribers.normalize_address(address.strip())
    store = subscribers.open_store(config, database, now)
    reader = store.find(email) if store.exists() else None
    choice = database.reader_choices.find([email]).get(email)
    segment = assign_segment(config, reader).key if reader else ""
    entries = database.history.read(email, segment)
    return ReaderHistory(
        email=email,
        list_location=store.name,
        subscriber=reader,
        choice=choice,
        suppression=database.suppressions.find([email]).get(email),
        consents=database.reader_choices.find_consents([email]).get(email, []),
        editions=[
            ReaderEdition(
                entry.edition,
                entry.subject,
                entry.state,
                entry.detail if entry.state else _explain_absence(config, reader, entry),
                entry.changed_at,
            )
            for entry in entries
        ],
    )


def _explain_absence(config: Config, reader: Subscriber | None, entry: HistoryEntry) -> str:
    """Return why a reader was not among an edition's recipients, as far as today's list can say."""
    if entry.is_pruned:
        return "its recipients are not kept any more"
    if reader is None:
        return "not in the list when it was frozen"
    if reader.status != "active":
        return f"{reader.status} in the list"
    if not subscribers.wants(reader, entry.cadence, entry.day):
        return f"reads the {reader.cadence} edition" if reader.cadence != "weekdays" else "reads on weekdays only"
    if reader.categories and not entry.has_segment:
        return "no news in their categories"
    reason = "not in the list when it was frozen, or had chosen otherwise"
    return f"{reason}, or it was too late at their local time" if config.schedules[entry.cadence].local_time else reason
