"""The run of a command that sends: its progress bar, signal handling, result lines and exit status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from digest.cli.console import Console, moment
from digest.cli.signals import graceful_shutdown

if TYPE_CHECKING:
    from digest.config import Config
    from digest.models import Cadence
    from digest.sending.report import Report
    from digest.sending.send_run import SendRun


@contextmanager
def start_run(
    console: Console,
    config: Config,
    cadence: Cadence,
    label: str,
    *,
    now: datetime | None = None,
    limit: int = 0,
    late: bool = False,
) -> Iterator[SendRun]:
    """Yield a SendRun that reports to this console, under a progress bar with this label."""
    from digest.sending.send_run import SendRun

    with console.progress(f"Sending {label}") as progress, graceful_shutdown() as should_stop:
        yield SendRun(
            config=config,
            cadence=cadence,
            now=moment(config, now),
            clock=lambda: moment(config, now),
            report_problem=console.problem,
            report_progress=progress,
            limit=limit,
            allow_late=late,
            should_stop=should_stop,
        )


def finish_run(console: Console, run: SendRun, reports: Sequence[Report]) -> int:
    """Print the reports of a run whose progress bar is gone. Returns the exit status."""
    from digest.cli.logging_setup import operator_log

    for report in reports:
        console.result(str(report))
    if run.should_stop() and (not reports or any(report.remaining for report in reports)):
        operator_log.error("stopped; run the same command again to continue")
        return 1
    return max((report.exit_status for report in reports), default=0)
