"""How late an edition is, compared with `max_lateness`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from digest.editions.naming import local_date
from digest.errors import TooLateError
from digest.sending.send_run import SendRun
from digest.storage import EditionRecord


def compute_overrun(run: SendRun, record: EditionRecord | None) -> timedelta:
    """Return how far past its `max_lateness` an edition is; negative while there is time left.

    Without a record it is today's edition, which is not frozen yet. An edition is due at the configured time of its
    day, or without one when it was frozen.
    """
    at = run.config.schedules[run.cadence].at
    if at is not None:
        # A draft's window ends when it was made, which may be the evening before: its day is what counts.
        day = record.day if record else local_date(run.config, run.now)
        due = datetime.combine(day, at, ZoneInfo(run.config.publication.timezone)).astimezone(UTC)
    else:
        due = record.frozen_at if record else run.now
    return run.now - due - run.config.delivery.max_lateness


def make_too_late_error(edition: str, record: EditionRecord | None, overrun: timedelta) -> TooLateError:
    """Return the error for an edition that is past its `max_lateness` by `overrun`."""
    minutes = int(overrun.total_seconds() // 60)
    reached = (
        f"{record.reached} of {record.recipients} readers have received it" if record else "nobody has received it"
    )
    or_cancel = f", or cancel it with `digest cancel {edition}`" if record else ""
    return TooLateError(
        f"too late to send: {minutes // 60} h {minutes % 60} min past max_lateness; {reached}",
        location=edition,
        hint=f"send it anyway with --late{or_cancel}",
    )
