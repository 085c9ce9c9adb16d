"""No more than so many mails a second, over the whole run."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Holds a sender back to `rate` mails a second, 0 for as fast as it goes."""

    def __init__(
        self,
        rate: float,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._rate = rate
        self._clock = clock
        self._sleep = sleep
        self._due = clock()

    def wait(self, count: int) -> None:
        """Wait until `count` more may go out. A pause before costs nothing and saves nothing up."""
        if not self._rate:
            return
        now = self._clock()
        if now < self._due:
            self._sleep(self._due - now)
        self._due = max(self._due, now) + count / self._rate
