"""One run of `digest send`: what it is told, and how it tells of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from digest.config import Config
from digest.models import Cadence, Problem
from digest.newsroom.report import Report


@dataclass(frozen=True)
class Run:
    """One run of `digest send`: what it is told, and how it tells of itself while at work.

    `now` is the moment it acts as if it were, `clock` what it stamps its records with. `tell` hears of trouble that
    does not stop the run, `progress` of recipients done and recipients in all, `trace` of each thing done. `limit` is
    the most recipients this run may send to, 0 for all. Once `stopping` says so, what is in flight is finished and
    recorded and nothing more begun.
    """

    config: Config
    cadence: Cadence
    now: datetime
    clock: Callable[[], datetime]
    tell: Callable[[Problem], None]
    progress: Callable[[int, int], None]
    trace: Callable[[str], None] = lambda _line: None
    limit: int = 0
    late: bool = False
    stopping: Callable[[], bool] = lambda: False

    def after(self, report: Report) -> Run:
        """The run once an edition is done: what is left of its limit; none left is a reason to stop."""
        if not self.limit:
            return self
        left = self.limit - sum(report.outcomes.values())
        return replace(self, limit=left) if left > 0 else replace(self, stopping=lambda: True)
