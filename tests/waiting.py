"""Waiting for what another process does, without trusting how fast the machine is."""

import time
from collections.abc import Callable


def wait_until(is_true: Callable[[], bool], *, timeout: float = 120.0) -> None:
    """Return as soon as `is_true` returns True; fail the test after `timeout` seconds."""
    ends = time.monotonic() + timeout
    while not is_true():
        assert time.monotonic() < ends, f"still not true after {timeout:.0f} seconds"
        time.sleep(0.02)
