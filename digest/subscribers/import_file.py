"""Files to import: another service's export of its readers, or a list of addresses to suppress."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from digest.models import Problem, Subscriber, SuppressionReason
from digest.subscribers.csv_rows import RowReader
from digest.subscribers.csv_table import Row, Table, open_csv
from digest.subscribers.import_columns import STATUS_COLUMNS, ImportColumns, find_email_column, normalize_column
from digest.subscribers.import_plan import ImportedSubscriber
from digest.subscribers.statuses import most_restrictive, parse_status, suppression_reason


@dataclass
class Export:
    """An export as read: its readers by address, the rows left out, and further rows of a reader it had before."""

    readers: dict[str, ImportedSubscriber] = field(default_factory=dict)
    left_out: int = 0
    repeated: int = 0


def read_export(file: Path, sections: Collection[str], report: Callable[[Problem], None]) -> Export:
    """Read all of what another service exported, or a list of our own.

    Several columns may give a reader's status (a word, a yes or no, the date of leaving), and several rows may: the
    most restrictive counts. `tags` become categories only if they are among `sections`, because a reader whose one
    category is `VIP` would get no mail at all.

    Args:
        file: UTF-8, with a header; separated by `,`, `;` or tabs.
        sections: The newsroom's own sections and categories.
        report: Receives a Problem for each row left out, each value not imported, and once for all ignored columns.

    Raises:
        SubscribersError: the file is missing, unreadable or empty, or has no column of addresses.
    """
    with open_csv(file, "name the file that the other service exported") as stream:
        table = Table(file, stream)
        columns = ImportColumns(table, sections)
        rows = RowReader(table)
        export = Export()
        for row in table.rows():
            reader = None
            for item in [row] if isinstance(row, Problem) else _read_row(rows, columns, row):
                if isinstance(item, Problem):
                    report(item)
                else:
                    reader = item
            if reader is None or isinstance(row, Problem):
                export.left_out += 1
            else:
                _add(export, row.line, reader)
        for problem in columns.report_ignored():
            report(problem)
        return export


def _read_row(rows: RowReader, columns: ImportColumns, row: Row) -> Iterator[Subscriber | Problem]:
    fields = columns.translate(row.fields)
    email = rows.read_address(row.line, fields)
    if isinstance(email, Problem):
        yield email
    else:
        yield from rows.read_subscriber(row.line, email, fields)


def _add(export: Export, line: int, reader: Subscriber) -> None:
    fields = {
        "name": reader.name,
        "categories": "|".join(reader.categories),
        "cadence": "" if reader.cadence == "daily" else reader.cadence,  # an empty cadence means daily
        "timezone": reader.timezone,
        "language": reader.language,
    }
    values = {column: value for column, value in fields.items() if value}
    if before := export.readers.get(reader.email):
        export.repeated += 1
        status = most_restrictive(before.status, reader.status)
        export.readers[reader.email] = ImportedSubscriber(before.line, status, {**values, **before.values})
    else:
        export.readers[reader.email] = ImportedSubscriber(line, reader.status, values)


def read_addresses(file: Path) -> Iterator[tuple[str, SuppressionReason | None] | Problem]:
    """Stream the addresses to suppress: a bare list, or a CSV with a header, with the reason if a column gives it.

    Raises:
        SubscribersError: the file is missing, unreadable or empty, or has no column of addresses.
    """
    with open_csv(file, "name the list of addresses") as stream:
        table = Table(file, stream)
        if any("@" in name for name in table.columns):  # no header: the first line is already an address
            stream.seek(0)
            email_column, reason_columns = "email", ["reason"]
            table = Table(file, stream, (email_column, *reason_columns))
        else:
            email_column = find_email_column(table)
            reason_columns = [
                column for column in table.columns if normalize_column(column) in ("reason", *STATUS_COLUMNS)
            ]
        rows = RowReader(table)
        for row in table.rows():
            if isinstance(row, Problem):
                yield row
                continue
            address = rows.read_address(row.line, {"email": row.fields.get(email_column, "")})
            words = [row.fields[column] for column in reason_columns if row.fields.get(column)]
            if isinstance(address, Problem):
                yield address
            elif word := next((word for word in words if parse_status(word) in ("active", "pending")), ""):
                hint = "left out; delete the row's status if the address must not be mailed"
                yield table.problem(row.line, f"{address} is `{word}` there", hint)
            else:
                reasons = (suppression_reason(parse_status(word) or "") for word in words)
                yield address, next(filter(None, reasons), None)
