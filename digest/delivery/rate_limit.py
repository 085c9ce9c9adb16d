"""When the next mails may go out: the rate over a whole run, and the waits before deferred recipients are retried."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from datetime import date


def rate_on(day: date, rate: float, since: date, rates: Sequence[float]) -> float:
    """Return the rate on a day: `rates`, one a day from `since` on, while the warm-up lasts, and `rate` otherwise."""
    number = (day - since).days
    return rates[number] if 0 <= number < len(rates) else rate


class RateLimiter:
    """Limits a sender to `rate` mails a second; 0 means no limit."""

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._clock = clock
        self._due = clock()

    def delay(self) -> float:
        """Return the seconds until the next mail may go out, 0 for now. Idle time earns no credit."""
        return max(0.0, self._due - self._clock())

    def spend(self, count: int) -> None:
        """Record that `count` mails go out now."""
        if self.rate:
            self._due = max(self._due, self._clock()) + count / self.rate


class Backoff:
    """Exponential backoff: how often, and after which waits, one run retries deferred recipients."""

    FIRST_WAIT = 3.0
    """Seconds before the first retry. Each later wait is twice as long, and varies by a fifth at random, so that many
    senders that were deferred together do not come back together."""
    MAX_RETRY_AFTER = 600.0
    """The longest wait, in seconds, that a provider may ask for itself (Retry-After)."""

    def __init__(self, seconds: float) -> None:
        """Allow waits of up to `seconds` in all, from the first one on."""
        self._left = seconds
        self._next = self.FIRST_WAIT

    def next_wait(self, retry_after: float = 0.0) -> float | None:
        """Return the seconds to wait before the next retry, None for no more retries.

        A wait that the provider asks for does not count against our own limit: the provider said when it takes more.
        """
        if retry_after:
            return retry_after if retry_after <= self.MAX_RETRY_AFTER else None
        wait = self._next * random.uniform(0.8, 1.2)  # noqa: S311 - chance, not a secret
        if wait > self._left:
            return None
        self._left -= wait
        self._next *= 2
        return wait
