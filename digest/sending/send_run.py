"""One run that sends: what it is asked to do, and how it reports progress and problems."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from digest.config import Config
from digest.errors import DeliveryError
from digest.models import Cadence, Problem
from digest.sending.report import Report


@dataclass
class SendRun:
    """One run of `digest send` or `digest resume`.

    `now` is the time the run acts at, `clock` returns the time it writes into its records. What happens is logged;
    problems that the operator should see, and that do not stop the run, go to `report_problem`.
    """

    config: Config
    cadence: Cadence
    now: datetime
    clock: Callable[[], datetime]
    report_problem: Callable[[Problem], None]
    report_progress: Callable[[int, int], None] = lambda _done, _total: None
    """Called with the recipients done and the recipients in all."""
    limit: int = 0
    """The most recipients this run may send to, in all editions together; 0 for no limit."""
    allow_late: bool = False
    """Whether to send although `max_lateness` has passed."""
    should_stop: Callable[[], bool] = lambda: False
    """Whether somebody asked the run to stop: it then finishes and records what is in flight, and sends no more."""
    claimed: int = 0
    """Recipients claimed so far, less those put back."""

    @property
    def is_full(self) -> bool:
        """Whether the run has reached its limit."""
        return 0 < self.limit <= self.claimed


def send_in_turn(run: SendRun, deliveries: Iterable[Callable[[], Iterable[Report]]]) -> Iterator[Report]:
    """Run deliveries one after another, as long as the run may continue; one that fails does not stop the others.

    Raises:
        DeliveryError: the last delivery that failed, once the others are done; earlier ones are reported as problems.
    """
    failure: DeliveryError | None = None
    for deliver in deliveries:
        if run.is_full or run.should_stop():
            break
        try:
            yield from deliver()
        except DeliveryError as error:
            if failure:
                run.report_problem(failure.as_problem())
            failure = error
    if failure:
        raise failure
