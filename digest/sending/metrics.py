"""Report a run to whatever monitors cron jobs: a text file for Prometheus, and a URL to ping."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from digest.config import Config
from digest.core.atomic_file import AtomicFile
from digest.core.text import describe_error
from digest.errors import DigestError
from digest.models import Cadence, Problem
from digest.sending.report import Report

logger = logging.getLogger(__name__)

_PING_TIMEOUT_SECONDS = 10.0


def notify_monitors(
    config: Config, cadence: Cadence, now: datetime, reports: Sequence[Report], exit_status: int
) -> list[Problem]:
    """Report a run to each configured monitor; return a Problem for each that could not be reached.

    Exit status 0 and 3 are pinged as a success: 3 means only that some recipients have problems of their own.
    """
    problems = []
    options = config.monitor
    if options.textfile:
        try:
            _write(options.textfile, format_metrics(cadence, now, reports, exit_status))
        except DigestError as error:
            problems.append(Problem(error.location, error.message, "fix [monitor] textfile or its permissions"))
    url = options.ping_success if exit_status in (0, 3) else options.ping_failure
    if url:
        problems += _ping(url)
    return problems


def format_metrics(cadence: Cadence, now: datetime, reports: Sequence[Report], exit_status: int) -> str:
    """Return a run in Prometheus's text format (prometheus.io/docs/instrumenting/exposition_formats)."""
    label = f'{{cadence="{cadence}"'
    lines = [
        "# HELP digest_last_run_timestamp_seconds When digest send last ran.",
        "# TYPE digest_last_run_timestamp_seconds gauge",
        f"digest_last_run_timestamp_seconds{label}}} {now.timestamp():.0f}",
        "# HELP digest_last_run_exit_status Its exit status: 0 done, 3 done with recipients that failed, else failed.",
        "# TYPE digest_last_run_exit_status gauge",
        f"digest_last_run_exit_status{label}}} {exit_status}",
        "# HELP digest_last_run_recipients Its recipients, by outcome.",
        "# TYPE digest_last_run_recipients gauge",
    ]
    counts: dict[str, int] = {}
    for report in reports:
        for outcome, count in report.outcomes.items():
            counts[outcome.value] = counts.get(outcome.value, 0) + count
    lines += [f'digest_last_run_recipients{label},outcome="{name}"}} {count}' for name, count in counts.items()]
    lines += [
        "# HELP digest_last_run_duration_seconds How long it took to send.",
        "# TYPE digest_last_run_duration_seconds gauge",
        f"digest_last_run_duration_seconds{label}}} {sum(report.seconds for report in reports):.3f}",
    ]
    return "\n".join(lines) + "\n"


def _write(file: Path, text: str) -> None:
    """Write the whole file at once, so that a collector, which is another user, never reads half of it."""
    with AtomicFile(file, DigestError, mode=0o644) as atomic_file:
        atomic_file.stream.write(text)
        atomic_file.commit()


def _ping(url: str) -> list[Problem]:
    import httpx

    try:
        response = httpx.get(url, timeout=_PING_TIMEOUT_SECONDS, follow_redirects=True)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return [Problem(url, f"ping failed: {describe_error(error)}")]
    if not response.is_success:
        return [Problem(url, f"ping failed: HTTP status {response.status_code}", "look the URL up in your monitor")]
    logger.info("pinged the monitor")
    return []
