"""Graceful shutdown on Ctrl-C and SIGTERM: finish what is in flight, record it, and exit."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def graceful_shutdown() -> Iterator[Callable[[], bool]]:
    """Yield a function that says whether a stop was requested; a second request ends the process at once."""
    from digest.cli.logging_setup import operator_log

    requests: list[int] = []

    def request_stop(number: int, _frame: FrameType | None) -> None:
        if requests:
            raise KeyboardInterrupt
        requests.append(number)
        operator_log.warning("finishing emails in flight, then stopping; interrupt again to stop at once")

    before = {number: signal.signal(number, request_stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(requests)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
