"""When the next mails may go out: the rate over the whole run, and the waits before those who were deferred."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import date


def rate_on(day: date, rate: float, since: date, rates: Sequence[float]) -> float:
    """The rate of a day of a warm-up: `rates` one a day from `since` on, `rate` before and after."""
    number = (day - since).days
    return rates[number] if 0 <= number < len(rates) else rate


class RateLimiter:
    """Holds a sender back to `rate` mails a second, 0 for as fast as it goes."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._due = clock()

    def delay(self) -> float:
        """The seconds until the next mail may go out; 0 for now. A pause before saves nothing up."""
        return max(0.0, self._due - self._clock())

    def spend(self, count: int) -> None:
        """Note that so many go out now."""
        if self.rate:
            self._due = max(self._due, self._clock()) + count / self.rate


class Backoff:
    """How often, and after which waits, one run tries again for those who were deferred."""

    FIRST = 3.0
    """Seconds before the first retry; each later wait is twice as long, and a fifth more or less by chance, so that
    many senders that were turned away together do not come back together."""
    ASKED = 600.0
    """The longest wait, in seconds, that a provider may ask for by itself (Retry-After)."""

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`seconds` is how long to go on trying, from the first wait on."""
        self._left = seconds
        self._next = self.FIRST
        self._clock = clock

    def wait(self, asked: float = 0.0) -> float | None:
        """The seconds to wait before the next try, None when there is to be none.

        What the provider asked for is granted beside our own patience: it said when it will take more.
        """
        if asked:
            return asked if asked <= self.ASKED else None
        wait = self._next * random.uniform(0.8, 1.2)  # noqa: S311 - chance, not a secret
        if wait > self._left:
            return None
        self._left -= wait
        self._next *= 2
        return wait
