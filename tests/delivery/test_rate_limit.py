"""The rate over a run, its steps over days, and the waits before a retry."""

from datetime import date
from itertools import pairwise

import pytest

from digest.delivery import Backoff, RateLimiter, rate_on


def test_a_rate_holds_over_the_whole_run() -> None:
    now = [100.0]
    limiter = RateLimiter(10, clock=lambda: now[0])
    for count in (1, 5, 25):
        limiter.spend(count)
        now[0] += limiter.delay()
    assert now[0] == pytest.approx(103.1)
    now[0] += 60  # idle time earns no credit
    limiter.spend(10)
    assert limiter.delay() == pytest.approx(1.0)


def test_no_rate_never_waits() -> None:
    limiter = RateLimiter(0, clock=lambda: 5.0)
    limiter.spend(10_000)
    assert limiter.delay() == 0


def test_a_warm_up_has_a_rate_a_day_and_ends() -> None:
    since = date(2026, 11, 30)
    days = [date(2026, 11, 29), since, date(2026, 12, 1), date(2026, 12, 2)]
    assert [rate_on(day, 50, since, (1, 5)) for day in days] == [50, 1, 5, 50]


def test_a_backoff_waits_longer_each_time_and_ends() -> None:
    backoff = Backoff(30)
    waits = []
    while (wait := backoff.next_wait()) is not None:
        waits.append(wait)
    assert len(waits) == 3
    assert all(2 * 0.8 / 1.2 < later / earlier < 2 * 1.2 / 0.8 for earlier, later in pairwise(waits))
    assert sum(waits) <= 30
    assert Backoff(0).next_wait() is None


def test_a_delay_that_the_provider_asks_for_is_granted_up_to_a_limit() -> None:
    backoff = Backoff(0)
    assert backoff.next_wait(45) == 45
    assert backoff.next_wait(Backoff.MAX_RETRY_AFTER + 1) is None
