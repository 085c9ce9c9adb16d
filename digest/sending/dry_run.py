"""A dry run: compose and render an edition as a send would, count its recipients, and change nothing."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from digest import subscribers
from digest.core.text import format_count
from digest.editions.approve import check_approval
from digest.editions.composition import Composition
from digest.editions.from_draft import compose_edition
from digest.editions.naming import edition_id
from digest.models import Segment
from digest.sending.freeze import RecipientList
from digest.sending.lateness import compute_overrun, make_too_late_error
from digest.sending.providers import require_providers
from digest.sending.readiness import require_sendable
from digest.sending.report import Report, describe_closed
from digest.sending.send_run import SendRun
from digest.storage import Database

_LOOKED_UP_AT_ONCE = 500
"""Recipients that are looked up among the suppressions in one query."""


def dry_run(run: SendRun) -> Report:
    """Compose and render today's edition as `send` would, count who would get it, and change nothing.

    With `local_time`, everyone who would get it in the course of the day is counted.

    Raises:
        TooLateError: it is too late to send it.
        DigestError: as for `send`.
    """
    require_sendable(run.config)
    require_providers(run.config)
    today = edition_id(run.config, run.cadence, run.now)
    with Database.read_for(run.config) as database:
        record = database.editions.get(today)
        if record and record.finished_at:
            return Report(today, note=describe_closed(run.config, record))
        if record and record.state == "stopping":
            return Report(today, note="dry run: it is being cancelled, would send to nobody else")
        overrun = compute_overrun(run, record)
        if overrun > timedelta() and not (run.allow_late or run.config.schedules[run.cadence].local_time):
            raise make_too_late_error(today, record, overrun)
        if record:
            recipients = format_count(record.unsent, "recipient", "recipients")
            return Report(today, note=f"dry run: would continue with {recipients}")
        composition = compose_edition(run.config, database, run.cadence, run.now, today)
        for problem in composition.problems:
            run.report_problem(problem)
        if composition.lay_out(Segment()) is None:
            return Report(today, note=f"{composition.no_news_reason}, nothing sent")
        if not_approved := check_approval(composition):
            run.report_problem(not_approved)
        return Report(today, note=f"dry run: would send {_rehearse(run, database, composition)}")


def _rehearse(run: SendRun, database: Database, composition: Composition) -> str:
    """Render the Message of every segment that would get one; return how many stories would go to how many."""
    store = subscribers.open_store(run.config, database, run.now)
    recipients = RecipientList(composition, store, run.report_problem)
    stream = recipients.stream()
    count = 0
    rendered: set[str] = set()
    while segments := {frozen.email: frozen.segment for frozen in islice(stream, _LOOKED_UP_AT_ONCE)}:
        suppressed = database.suppressions.find(segments)
        count += len(segments) - len(suppressed)
        for segment in {segments[email] for email in segments if email not in suppressed} - rendered:
            rendered.add(segment)
            recipients.render_message(segment)
    stories = format_count(len(list(recipients.list_articles())), "story", "stories")
    return f"{stories} to {format_count(count, 'recipient', 'recipients')}"
