"""Cancel an edition: readers who have not received it yet will not."""

from __future__ import annotations

import logging
from datetime import datetime

from digest.config import Config
from digest.core.text import format_count
from digest.errors import LockedError, UsageError
from digest.sending.report import describe_closed
from digest.storage import Database, EditionRecord

logger = logging.getLogger(__name__)


def cancel(config: Config, edition: str, now: datetime) -> str:
    """Cancel what is left of an edition and return a line that says how far it had got.

    An active run sends to nobody else: it finishes and records what is in flight, and closes the edition itself.

    Raises:
        UsageError: there is no such edition.
    """
    with Database.open_for(config) as database:
        record = get_edition(database, edition)
        # Requested before the lease is tried: a run that starts in between finds it cancelled.
        if not database.editions.request_stop(edition):
            return f"{edition}: {describe_closed(config, database.editions.get(edition) or record)}"
        logger.info("%s: cancellation requested", edition, extra={"edition": edition})
        try:
            with database.hold(record.cadence):
                record = get_edition(database, edition)
                if record.finished_at:  # by the run that was active a moment ago
                    return f"{edition}: {describe_closed(config, record)}"
                return f"{edition}: {close_cancelled(database, record, now)}"
        except LockedError:
            return f"{edition}: cancelled; the active run finishes the emails in flight and sends no more"


def close_cancelled(database: Database, record: EditionRecord, now: datetime) -> str:
    """Close a cancelled edition, skipping all remaining recipients; return a note that says how far it had got."""
    database.recipients.recover(record.id, now)
    left = (database.editions.get(record.id) or record).unsent
    if database.editions.close(record.id, now, give_up="cancelled") == "cancelled":
        return "cancelled before anybody received it; its stories go into the next edition"
    return f"stopped; {left} of {format_count(record.recipients, 'reader', 'readers')} do not get it"


def get_edition(database: Database, edition: str) -> EditionRecord:
    """Return an edition that a person named. Raises UsageError if there is none."""
    record = database.editions.get(edition)
    if record is None:
        raise UsageError(f"there is no edition {edition}", hint="`digest status` lists the latest ones")
    return record
