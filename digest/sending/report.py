"""The outcome of a send: of each recipient in the log, and of all of them in the one line that a cron log keeps."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from digest.config import Config
from digest.core.text import format_count
from digest.models import Outcome, Receipt
from digest.storage import EditionRecord

logger = logging.getLogger(__name__)


@dataclass
class Report:
    """The outcome of one edition in one run."""

    edition: str
    stories: int = 0
    recipients: int = 0
    suppressed: int = 0
    """Readers who were suppressed after the edition was frozen."""
    remaining: int = 0
    """Recipients that this run left for the next one."""
    due_later: int = 0
    """Recipients whose local time has not come yet."""
    skipped: int = 0
    """Recipients who were left when somebody cancelled the edition."""
    seconds: float = 0.0
    note: str = ""
    """Why nothing was sent, where nothing was."""
    has_missed_readers: bool = False
    """Whether some readers will never get the edition."""
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))

    def count(self, receipts: Sequence[Receipt]) -> None:
        """Count the outcomes of a batch."""
        for receipt in receipts:
            self.outcomes[receipt.outcome] += 1

    @property
    def exit_status(self) -> int:
        """0, or 3 when some recipients were refused, deferred or in doubt, or will never get the edition."""
        accepted = self.outcomes[Outcome.ACCEPTED]
        return 3 if self.has_missed_readers or sum(self.outcomes.values()) > accepted else 0

    def __str__(self) -> str:
        """`2026-11-23-daily: 12 stories, 100 recipients, 98 accepted, 2 refused, 1.4 s`."""
        if self.note:
            return f"{self.edition}: {self.note}"
        only_if_any = (
            (self.outcomes[Outcome.DEFERRED], "deferred"),
            (self.outcomes[Outcome.IN_DOUBT], "in doubt"),
            (self.suppressed, "suppressed"),
            (self.remaining, "left for the next run"),
            (self.due_later, "due later at their local time"),
            (self.skipped, "skipped because it was cancelled"),
        )
        parts = (
            format_count(self.stories, "story", "stories"),
            format_count(self.recipients, "recipient", "recipients"),
            f"{self.outcomes[Outcome.ACCEPTED]} accepted",
            f"{self.outcomes[Outcome.REFUSED]} refused",
            *(f"{count} {label}" for count, label in only_if_any if count),
            f"{self.seconds:.1f} s",
        )
        return f"{self.edition}: {', '.join(parts)}"


def describe_closed(config: Config, record: EditionRecord) -> str:
    """Return why a closed edition is not sent again, in words."""
    closed_at = (record.finished_at or record.frozen_at).astimezone(ZoneInfo(config.publication.timezone))
    if record.state == "sent":
        reached = format_count(record.reached, "reader", "readers")
        return f"already sent to {reached} at {closed_at:%H:%M}, nothing to do"
    if record.state == "stopped":
        missed = format_count(record.counts.get("skipped", 0), "reader", "readers")
        return f"already stopped at {closed_at:%H:%M}: {record.reached} received it, {missed} did not; nothing to do"
    return f"already cancelled at {closed_at:%H:%M}; nobody received it, nothing to do"


def log_outcomes(edition: str, receipts: Sequence[Receipt]) -> None:
    """Log the outcome of each recipient: `2026-11-23-daily ada@example.com accepted 250 ok`."""
    for receipt in receipts:
        logger.info(
            "%s %s %s%s",
            edition,
            receipt.recipient.email,
            receipt.outcome.value.replace("_", " "),
            f" {receipt.detail}" if receipt.detail else "",
            extra={
                "edition": edition,
                "recipient": receipt.recipient.email,
                "outcome": receipt.outcome.value,
                "detail": receipt.detail,
            },
        )
