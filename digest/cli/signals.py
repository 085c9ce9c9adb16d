"""Ctrl-C and SIGTERM: finish what is in flight, record it, and leave."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import click


@contextmanager
def until_told_to_stop() -> Iterator[Callable[[], bool]]:
    """A function that says whether somebody asked to stop; asked a second time, the process ends at once."""
    told: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        if told:
            raise KeyboardInterrupt
        told.append(number)
        click.echo("digest: finishing what is on its way, then stopping; again to stop at once", err=True)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(told)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
