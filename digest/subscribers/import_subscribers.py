"""Import another service's export: readers who left are suppressed first, then the list is updated."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from digest.config import Config
from digest.models import Problem
from digest.storage import Consent, Database
from digest.subscribers.import_file import read_export
from digest.subscribers.import_plan import ImportResult, plan_import
from digest.subscribers.open_store import open_store


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: changes to the list, rows left out, readers who had left, and repeated rows of one reader."""

    result: ImportResult
    left_out: int
    opted_out: int
    repeated: int

    def __str__(self) -> str:
        """`3 added, 1 changed, 0 already there, 0 left out, 2 opted out and not mailed`."""
        result = self.result
        parts = [f"{result.added} added", f"{result.changed} changed", f"{result.unchanged} already there"]
        rare = ((self.opted_out, "opted out and not mailed"), (self.repeated, "repeated rows"))
        parts += [f"{self.left_out} left out", *(f"{count} {label}" for count, label in rare if count)]
        return ", ".join(parts)


def import_subscribers(
    config: Config, file: Path, now: datetime, report: Callable[[Problem], None], *, dry_run: bool = False
) -> ImportReport:
    """Import a file; a `dry_run` writes nothing.

    Args:
        config: The newsroom.
        file: An export of another service, or a list like our own.
        now: When the suppressions begin.
        report: Receives a Problem for each row that is left out and each value that is not imported.
        dry_run: Only count what would change.

    Raises:
        SubscribersError: the file or the list cannot be used.
        StorageError: the ledger cannot be used.
        LockedError: another import or erasure takes too long.
    """
    export = read_export(file, _known_sections(config), report)
    with (Database.read_for if dry_run else Database.open_for)(config) as database:
        store = open_store(config, database, now)
        with nullcontext() if dry_run else database.hold_subscribers():
            statuses = store.statuses(export.readers) if store.exists() else {}
            plan = plan_import(
                export.readers,
                statuses,
                database.suppressions.find(export.readers),
                lambda line, message, hint: Problem(f"{file}:{line}", message, hint),
            )
            for problem in plan.left_out:
                report(problem)
            if not dry_run:
                # Before the list is written, so that nobody who left is mailed even if this stops half-way.
                database.suppressions.add_all(plan.suppress.items(), now)
                added = (email for email in plan.merge if email not in statuses)
                evidence = (Consent(email, "imported", now, file.name) for email in added)
                database.reader_choices.add_consents(evidence)
            result = store.apply(plan, write=not dry_run)
    return ImportReport(result, export.left_out + len(plan.left_out), plan.opted_out, export.repeated)


def _known_sections(config: Config) -> set[str]:
    """Return every section and category that the configuration names."""
    sections = config.sections
    return {*sections.order, *sections.names, *sections.names.values(), *sections.limits, *sections.pages}
