"""What a send came to, in the one line that a cron log keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from digest.config import Config
from digest.core.text import format_count
from digest.models import Outcome, Receipt
from digest.storage import EditionRecord


@dataclass
class Report:
    """What became of one edition in one run; `note` says why nothing was sent, where nothing was.

    `suppressed` readers left since the freeze, to `left` this run did not come, for `later` ones it is not yet the
    hour, and `given_up` are those who were left when somebody cancelled it; `trouble` is set when readers of an edition
    will never get it.
    """

    edition: str
    stories: int = 0
    recipients: int = 0
    suppressed: int = 0
    left: int = 0
    later: int = 0
    given_up: int = 0
    seconds: float = 0.0
    note: str = ""
    trouble: bool = False
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))

    def count(self, receipts: Sequence[Receipt]) -> None:
        """Add what became of a batch."""
        for receipt in receipts:
            self.outcomes[receipt.outcome] += 1

    @property
    def exit_status(self) -> int:
        """0, or 3 when some recipients were refused, deferred or in doubt."""
        settled = self.outcomes[Outcome.ACCEPTED]
        return 3 if self.trouble or sum(self.outcomes.values()) > settled else 0

    def __str__(self) -> str:
        """`2026-11-23-daily: 12 stories, 100 recipients, 98 accepted, 2 refused, 1.4 s`."""
        if self.note:
            return f"{self.edition}: {self.note}"
        rare = (
            (self.outcomes[Outcome.DEFERRED], "deferred"),
            (self.outcomes[Outcome.IN_DOUBT], "in doubt"),
            (self.suppressed, "suppressed"),
            (self.left, "left for the next run"),
            (self.later, "due later by their own clocks"),
            (self.given_up, "without it: it was cancelled"),
        )
        parts = (
            format_count(self.stories, "story", "stories"),
            format_count(self.recipients, "recipient", "recipients"),
            f"{self.outcomes[Outcome.ACCEPTED]} accepted",
            f"{self.outcomes[Outcome.REFUSED]} refused",
            *(f"{count} {what}" for count, what in rare if count),
            f"{self.seconds:.1f} s",
        )
        return f"{self.edition}: {', '.join(parts)}"


def nothing_to_do(config: Config, record: EditionRecord) -> str:
    """Why a closed edition is not sent again."""
    moment = (record.finished_at or record.frozen_at).astimezone(ZoneInfo(config.publication.timezone))
    if record.state == "sent":
        return f"already sent to {format_count(record.reached, 'reader', 'readers')} at {moment:%H:%M}, nothing to do"
    if record.state == "stopped":
        without = format_count(record.counts.get("skipped", 0), "reader", "readers")
        return f"already stopped at {moment:%H:%M}: {record.reached} got it, {without} did not; nothing to do"
    return f"already given up at {moment:%H:%M}, nobody got it; nothing to do"
