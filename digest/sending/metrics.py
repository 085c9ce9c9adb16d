"""How a send went, for the programs that watch over crons: Prometheus's textfile, and an address to ping."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from digest.config import Config
from digest.core.atomic_file import AtomicFile
from digest.core.text import describe_error
from digest.errors import DigestError
from digest.models import Cadence, Problem
from digest.sending.report import Report

_PING_SECONDS = 10.0


def tell_monitors(
    config: Config, cadence: Cadence, now: datetime, reports: Sequence[Report], exit_status: int
) -> list[Problem]:
    """Tell each monitor that is configured how a run went; the problems with those that could not be told.

    A run with exit status 0 or 3 is a success that is pinged; 3 means that some recipients have trouble of their own.
    """
    problems = []
    options = config.monitor
    if options.textfile:
        try:
            _write(options.textfile, metrics(cadence, now, reports, exit_status))
        except DigestError as error:
            problems.append(Problem(error.location, error.message, "mend [monitor] textfile or its rights"))
    url = options.ping_success if exit_status in (0, 3) else options.ping_failure
    if url:
        problems += _ping(url)
    return problems


def metrics(cadence: Cadence, now: datetime, reports: Sequence[Report], exit_status: int) -> str:
    """A run in Prometheus's text format (prometheus.io/docs/instrumenting/exposition_formats)."""
    label = f'{{cadence="{cadence}"'
    lines = [
        "# HELP digest_last_run_timestamp_seconds When digest send last ran.",
        "# TYPE digest_last_run_timestamp_seconds gauge",
        f"digest_last_run_timestamp_seconds{label}}} {now.timestamp():.0f}",
        "# HELP digest_last_run_exit_status What it exited with: 0 done, 3 done with trouble, anything else failed.",
        "# TYPE digest_last_run_exit_status gauge",
        f"digest_last_run_exit_status{label}}} {exit_status}",
        "# HELP digest_last_run_recipients What became of its recipients.",
        "# TYPE digest_last_run_recipients gauge",
    ]
    counts: dict[str, int] = {}
    for report in reports:
        for outcome, count in report.outcomes.items():
            counts[outcome.value] = counts.get(outcome.value, 0) + count
    lines += [f'digest_last_run_recipients{label},outcome="{name}"}} {count}' for name, count in counts.items()]
    lines += [
        "# HELP digest_last_run_duration_seconds How long it was sending.",
        "# TYPE digest_last_run_duration_seconds gauge",
        f"digest_last_run_duration_seconds{label}}} {sum(report.seconds for report in reports):.3f}",
    ]
    return "\n".join(lines) + "\n"


def _write(file: Path, text: str) -> None:
    """In one step, so that a collector, which is another user, never reads half of it."""
    with AtomicFile(file, DigestError, mode=0o644) as replacement:
        replacement.stream.write(text)
        replacement.commit()


def _ping(url: str) -> list[Problem]:
    import httpx

    try:
        answer = httpx.get(url, timeout=_PING_SECONDS, follow_redirects=True)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return [Problem(url, f"cannot be pinged: {describe_error(error)}")]
    if answer.is_success:
        return []
    return [Problem(url, f"answers the ping with {answer.status_code}", "look it up in your monitor")]
