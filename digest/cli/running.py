"""A run of a command that sends: begun with a progress bar and an ear for signals, ended with its lines and status."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import click

from digest.cli.console import Console, moment
from digest.cli.signals import until_told_to_stop

if TYPE_CHECKING:
    from digest.config import Config
    from digest.models import Cadence
    from digest.sending.report import Report
    from digest.sending.send_run import SendRun


@contextmanager
def begun(
    console: Console,
    config: Config,
    cadence: Cadence,
    what: str,
    *,
    now: datetime | None = None,
    limit: int = 0,
    late: bool = False,
) -> Iterator[SendRun]:
    """A run that tells this console of itself, under a progress bar that says what is sent."""
    from digest.sending.send_run import SendRun

    with console.progress(f"Sending {what}") as progress, until_told_to_stop() as stopping:
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


def concluded(console: Console, run: SendRun, reports: Sequence[Report]) -> int:
    """Print what a run came to, once its progress bar is gone; the exit status that says the same."""
    for report in reports:
        console.result(str(report))
    if run.stopping() and (not reports or any(report.left for report in reports)):
        click.echo("digest: stopped; the same command goes on where this one left off", err=True)
        return 1
    return max((report.exit_status for report in reports), default=0)
