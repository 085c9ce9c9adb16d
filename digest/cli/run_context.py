"""The run of a command that sends: its progress bar, signal handling, result lines and exit status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

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

    with console.progress(f"Sending {label}") as progress, graceful_shutdown() as stopping:
        yield SendRun(
            config=config,
            cadence=cadence,
            now=moment(config, now),
            clock=lambda: moment(config, now),
            tell=console.problem,
            progress=progress,
            trace=console.trace,
            limit=limit,
            late=late,
            stopping=stopping,
        )


def finish_run(console: Console, run: SendRun, reports: Sequence[Report]) -> int:
    """Print the reports of a run whose progress bar is gone. Returns the exit status."""
    for report in reports:
        console.result(str(report))
    if run.stopping() and (not reports or any(report.left for report in reports)):
        click.echo("digest: stopped; run the same command again to continue", err=True)
        return 1
    return max((report.exit_status for report in reports), default=0)
