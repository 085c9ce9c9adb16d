"""Run a piece of work in its own process; measure time, CPU and peak memory."""

from __future__ import annotations

import multiprocessing
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any


@dataclass(frozen=True)
class Row:
    """A line of the table: a task and its rate, the alternative and its rate; the peak of its memory in MB."""

    task: str
    rate: float
    unit: str
    beside: str = ""
    other: float = 0.0
    peak: float = 0.0
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times faster it is than the alternative."""
        return self.rate / self.other if self.other else 0.0


@dataclass(frozen=True)
class Measured:
    """Seconds on the clock, seconds of CPU, MB at the peak, and what the work returned."""

    seconds: float
    cpu: float
    peak: float
    result: Any


def measured(work: Callable[..., Any], *args: Any) -> Measured:
    """Do some work in a fresh process; time counts from the call of its last argument, `begin`."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(theirs, work, args))
    process.start()
    theirs.close()
    try:
        found: Measured = ours.recv()
    except EOFError:
        raise RuntimeError(f"{work.__name__} failed") from None
    finally:
        process.join()
    return found


def _run(out: Connection, work: Callable[..., Any], args: tuple[Any, ...]) -> None:
    started = [time.perf_counter(), time.process_time()]

    def begin() -> None:
        started[:] = [time.perf_counter(), time.process_time()]

    result = work(*args, begin)
    seconds, cpu = time.perf_counter() - started[0], time.process_time() - started[1]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out.send(Measured(seconds, cpu, peak, result))
