"""Resume an edition that a person names, however late, and resolve its recipients in doubt as they decide."""

from __future__ import annotations

from digest.errors import UsageError
from digest.models import Outcome
from digest.sending.cancel import close_cancelled, get_edition
from digest.sending.deliver import deliver, recover
from digest.sending.providers import require_providers
from digest.sending.readiness import require_sendable
from digest.sending.report import Report, describe_closed
from digest.sending.send_run import SendRun
from digest.storage import Database


def resume(run: SendRun, edition: str, in_doubt: str = "") -> Report:
    """Continue an edition and return its Report.

    Args:
        run: The run.
        edition: The edition's id.
        in_doubt: `send` to send to its recipients in doubt again, `skip` to skip them, empty to leave them in doubt.

    Raises:
        UsageError: there is no such edition, or it was cancelled.
        LockedError: another run holds the lease of this cadence.
        DigestError: as for delivery.
    """
    require_sendable(run.config)
    require_providers(run.config)
    with Database.open_for(run.config) as database, database.hold(run.cadence):
        record = get_edition(database, edition)
        if record.state == "stopping":  # the run that was to close it died
            note = close_cancelled(database, record, run.clock())
            return Report(edition, note=note, has_missed_readers=True)
        if record.state == "cancelled" or (record.state == "stopped" and not in_doubt):
            hint = "readers who did not get it get the next edition; `--in-doubt` decides about those in doubt"
            raise UsageError(f"{edition} was {record.state}", hint=hint)
        lost = recover(run, database, edition)
        if in_doubt:
            database.recipients.resolve_in_doubt(edition, run.clock(), send=in_doubt == "send")
            lost = 0
        record = database.editions.get(edition) or record
        if record.finished_at:
            report = Report(edition, note=describe_closed(run.config, record))
        else:
            report = deliver(run, database, record)
        report.outcomes[Outcome.IN_DOUBT] += lost
        return report
