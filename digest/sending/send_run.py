"""One run of `digest send`: what it is told, and how it tells of itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from digest.config import Config
from digest.errors import DeliveryError
from digest.models import Cadence, Problem
from digest.sending.report import Report


@dataclass
class Begun:
    """A count that the editions of a run share."""

    count: int = 0


@dataclass(frozen=True)
class SendRun:
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

    begun: Begun = field(default_factory=Begun)
    """Recipients that were claimed in this run, whichever edition's, less those given back."""

    @property
    def is_full(self) -> bool:
        """Whether it has sent to as many as it may."""
        return 0 < self.limit <= self.begun.count


def one_by_one(run: SendRun, editions: Iterable[Callable[[], Iterable[Report]]]) -> Iterator[Report]:
    """Each edition in turn, as long as the run may go on; one that fails does not keep the others from their readers.

    Raises:
        DeliveryError: the last of those that failed, once the others are done; the ones before are told.
    """
    failed: DeliveryError | None = None
    for edition in editions:
        if run.is_full or run.stopping():
            break
        try:
            yield from edition()
        except DeliveryError as error:
            if failed:
                run.tell(failed.as_problem())
            failed = error
    if failed:
        raise failed
