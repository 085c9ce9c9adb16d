"""Rows of a CSV list into Subscribers; an invalid row becomes a Problem and the rest continue."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from functools import reduce
from pathlib import Path
from typing import get_args

from digest.core.locales import is_language_tag, is_timezone
from digest.errors import SubscribersError
from digest.models import Problem, Subscriber, SubscriberCadence
from digest.subscribers.address import normalize_address
from digest.subscribers.csv_table import Row, Table, open_csv
from digest.subscribers.statuses import KNOWN, most_restrictive, parse_status

COLUMNS = ("email", "name", "categories", "cadence", "timezone", "language", "status")

_CADENCES: tuple[SubscriberCadence, ...] = get_args(SubscriberCadence)
_MAX_NAME_LENGTH = 200
_MISSING_HINT = "create it, with a header `email` and a row for each reader, or correct [audience] subscribers"


def read_subscribers(file: Path) -> Iterator[Subscriber | Problem]:
    """Stream a subscriber list: each row as a Subscriber, or as a Problem with its line.

    The header must have `email` and may have the other COLUMNS, in any order and case; other columns are reported once
    and ignored. Fields are separated by `,`, `;` or tabs, whichever the header uses. The file is UTF-8, with or without
    a byte order mark; lines that begin with `#` are comments. Addresses are checked for syntax only (RFC 5321, by
    email-validator). Two addresses are the same if they differ only in case or in the Unicode form of the domain; a
    second row of the same address is a Problem. An address that any row opts out is not active, whatever its other rows
    say. An invalid cadence, time zone or language is a Problem, and the row is kept with the default; a row with an
    unknown status is left out.

    Raises:
        SubscribersError: the file is missing, unreadable, empty, or has no `email` column.
    """
    with open_csv(file, _MISSING_HINT) as stream:
        opted_out = _find_opted_out(Table(file, stream))
        stream.seek(0)
        yield from _read_rows(Table(file, stream), opted_out)


def find_subscriber_row(file: Path, email: str) -> Subscriber | None:
    """Return the reader with an address as `read_subscribers` does, several times as fast. Raises SubscribersError."""
    with open_csv(file, _MISSING_HINT) as stream:
        table = Table(file, stream)
        table.require("email", COLUMNS)
        reader = RowReader(table)
        rows = [row for row in table.rows() if isinstance(row, Row) and _may_be(row.fields.get("email", ""), email)]
        theirs = [row for row in rows if reader.read_address(row.line, row.fields) == email]
    statuses = [parse_status(row.fields.get("status", "")) or "unknown" for row in theirs]
    status = reduce(most_restrictive, statuses, "active")
    found = (item for row in theirs for item in reader.read_subscriber(row.line, email, row.fields, status))
    return next((item for item in found if isinstance(item, Subscriber)), None)


def _may_be(address: str, email: str) -> bool:
    """Return whether an address as it is written may be this one: validating it takes longer than everything else."""
    return not address.isascii() or address.strip().lower().rpartition("@")[0] == email.rpartition("@")[0]


def read_statuses(file: Path, emails: Collection[str]) -> dict[str, str]:
    """Return the most restrictive status that a list has for each of these addresses; `unknown` for an unknown word.

    Raises:
        SubscribersError: as for reading it.
    """
    with open_csv(file, _MISSING_HINT) as stream:
        found: dict[str, str] = {}
        for address, status in _read_raw_statuses(Table(file, stream)):
            with suppress(SubscribersError):
                if (email := normalize_address(address)) in emails:
                    found[email] = most_restrictive(found.get(email, "active"), status)
        return found


def _read_raw_statuses(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the address of every row, as written, and its status."""
    table.require("email", COLUMNS)
    for row in table.rows():
        if isinstance(row, Row):
            yield row.fields.get("email", ""), parse_status(row.fields.get("status", "")) or "unknown"


def _find_opted_out(table: Table) -> dict[str, str]:
    """Return the addresses that some row does not call active, with its status, which then holds for all their rows."""
    table.require("email", COLUMNS)
    opted_out: dict[str, str] = {}
    if "status" in table.columns:
        for address, status in _read_raw_statuses(table):
            if status != "active":  # validating an address takes longer than everything else
                with suppress(SubscribersError):
                    email = normalize_address(address)
                    opted_out[email] = most_restrictive(opted_out.get(email, "active"), status)
    return opted_out


def _read_rows(table: Table, opted_out: Mapping[str, str]) -> Iterator[Subscriber | Problem]:
    yield from table.report_unknown_columns(COLUMNS)
    rows = RowReader(table)
    lines: dict[str, int] = {}  # the line on which each address was first seen
    for row in table.rows():
        if isinstance(row, Problem):
            yield row
            continue
        email = rows.read_address(row.line, row.fields)
        if isinstance(email, Problem):
            yield email
        elif email in lines:
            yield table.problem(row.line, f"{email} is already on line {lines[email]}", "counted once")
        else:
            for item in rows.read_subscriber(row.line, email, row.fields, opted_out.get(email, "active")):
                if isinstance(item, Subscriber):
                    lines[email] = row.line
                yield item


class RowReader:
    """Makes Subscribers of a table's rows, whose fields are named as in COLUMNS."""

    def __init__(self, table: Table) -> None:
        self.problem = table.problem

    def read_address(self, line: int, row: Mapping[str, str]) -> str | Problem:
        """Return the row's normalized address, or a Problem."""
        try:
            return normalize_address(row.get("email", ""))
        except SubscribersError as error:
            return self.problem(line, error.message, "left out")

    def read_subscriber(
        self, line: int, email: str, row: Mapping[str, str], known_status: str = "active"
    ) -> Iterator[Subscriber | Problem]:
        """Yield the Problems of the row, then its Subscriber; only a Problem if the row must be left out.

        `known_status` is what other rows say about the address: the more restrictive of the two counts.
        """
        status = parse_status(row.get("status", ""))
        if status is None:
            known = ", ".join(KNOWN)
            yield self.problem(line, f"unknown status `{row['status'][:80]}`", f"left out; known: {known}")
            return
        cadence, problems = self._read_cadence(line, row.get("cadence", ""))
        yield from problems
        timezone, problems = self._read_timezone(line, row.get("timezone", ""))
        yield from problems
        language, problems = self._read_language(line, row.get("language", ""))
        yield from problems
        yield Subscriber(
            email=email,
            name=row.get("name", "")[:_MAX_NAME_LENGTH].rstrip(),
            categories=tuple(dict.fromkeys(split_names(row.get("categories", "")))),
            cadence=cadence,
            timezone=timezone,
            language=language,
            status=most_restrictive(status, known_status),
        )

    def _read_cadence(self, line: int, value: str) -> tuple[SubscriberCadence, list[Problem]]:
        for cadence in _CADENCES:
            if value.casefold() in (cadence, ""):
                return cadence, []
        return "daily", [
            self.problem(line, f"unknown cadence `{value[:80]}`", f"read as daily; known: {', '.join(_CADENCES)}")
        ]

    def _read_timezone(self, line: int, value: str) -> tuple[str, list[Problem]]:
        if not value or is_timezone(value):
            return value, []
        return "", [
            self.problem(
                line,
                f"`{value[:80]}` is not a valid time zone",
                "the publication's is used; write it as America/Chicago",
            )
        ]

    def _read_language(self, line: int, value: str) -> tuple[str, list[Problem]]:
        if not value:
            return "", []
        if is_language_tag(value):
            return _normalize_language(value), []
        return "", [
            self.problem(
                line,
                f"`{value[:80]}` is not a valid language tag",
                "the publication's is used; write it as en or pt-BR",
            )
        ]


def split_names(value: str) -> list[str]:
    """Return the names in one field, separated by `|`, `;` or `,`."""
    return list(filter(None, map(str.strip, re.split(r"[|;,]", value))))


def _normalize_language(tag: str) -> str:
    """Return a language tag in the case of RFC 5646 2.1.1, so two spellings are one segment: `pt-BR`, `zh-Hans`."""
    first, *rest = tag.replace("_", "-").split("-")
    return "-".join(
        [first.lower(), *({2: part.upper(), 4: part.title()}.get(len(part), part.lower()) for part in rest)]
    )
