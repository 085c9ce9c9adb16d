"""subscribers.csv into Subscribers, row by row; a row that is wrong is named and the rest go on."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import get_args

from digest.errors import SubscribersError, UsageError
from digest.models import Problem, Subscriber, SubscriberCadence
from digest.subscribers.address import normalize_address
from digest.subscribers.csv_table import Row, Table, reading
from digest.subscribers.statuses import KNOWN, status_of, worst

COLUMNS = ("email", "name", "categories", "cadence", "timezone", "language", "status")

_CADENCES: tuple[SubscriberCadence, ...] = get_args(SubscriberCadence)
_LONGEST_NAME = 200
_MISSING = "make it, with a header `email` and a row for each reader, or mend [audience] subscribers"


def read_subscribers(file: Path) -> Iterator[Subscriber | Problem]:
    """Read a subscriber list as it streams: each row a Subscriber, or a Problem with its line.

    The header must have `email`, and may have the other COLUMNS, in any order and case; columns beyond these are named
    once and ignored. Fields are parted by `,`, `;` or tabs, whichever the header uses; the file is UTF-8, with or
    without a byte order mark; lines that begin with `#` are comments. Addresses are checked by syntax only (RFC 5321,
    through email-validator), and are the same when they differ in case or in the Unicode form of the domain; a second
    row of one is a Problem. An address that any row says must not be mailed is not active, whatever its other rows say.
    A cadence, timezone or language that is wrong is a Problem, and the row kept with the usual one; with a status that
    is not known it is left out.

    Raises:
        SubscribersError: the file is missing, unreadable, empty, or has no `email` column.
    """
    with reading(file, _MISSING) as stream:
        left = _who_left(Table(file, stream))
        stream.seek(0)
        yield from _subscribers(Table(file, stream), left)


def find_subscriber(file: Path, address: str) -> Subscriber:
    """The subscriber with an address, in any spelling of it.

    Raises:
        UsageError: there is none.
        SubscribersError: as for `read_subscribers`.
    """
    wanted = normalize_address(address.strip())
    for row in read_subscribers(file):
        if isinstance(row, Subscriber) and row.email == wanted:
            return row
    raise UsageError(
        f"{address} is not among the subscribers", location=str(file), hint="name one that is, or leave out --as"
    )


def current_status(file: Path, emails: Collection[str]) -> dict[str, str]:
    """Where those of these addresses stand that a list has: the worst that any row says, `unknown` for a word unknown.

    Raises:
        SubscribersError: as for reading it.
    """
    with reading(file, _MISSING) as stream:
        found: dict[str, str] = {}
        for told, status in _statuses(Table(file, stream)):
            with suppress(SubscribersError):
                if (email := normalize_address(told)) in emails:
                    found[email] = worst(found.get(email, "active"), status)
        return found


def _statuses(table: Table) -> Iterator[tuple[str, str]]:
    """The address of every row, as it is written, and its status."""
    table.require("email", COLUMNS)
    for row in table.rows():
        if isinstance(row, Row):
            yield row.fields.get("email", ""), status_of(row.fields.get("status", "")) or "unknown"


def _who_left(table: Table) -> dict[str, str]:
    """Addresses that some row says must not be mailed, with the worst it says: no other row of theirs may differ."""
    table.require("email", COLUMNS)
    left: dict[str, str] = {}
    if "status" in table.columns:
        for told, status in _statuses(table):
            if status != "active":  # to look at an address closely takes longer than all the rest
                with suppress(SubscribersError):
                    email = normalize_address(told)
                    left[email] = worst(left.get(email, "active"), status)
    return left


def _subscribers(table: Table, left: Mapping[str, str]) -> Iterator[Subscriber | Problem]:
    yield from table.unknown(COLUMNS)
    rows = RowReader(table)
    lines: dict[str, int] = {}  # the line each address was first seen on
    for row in table.rows():
        if isinstance(row, Problem):
            yield row
            continue
        email = rows.address(row.line, row.fields)
        if isinstance(email, Problem):
            yield email
        elif email in lines:
            yield table.problem(row.line, f"{email} is on line {lines[email]} already", "counted once")
        else:
            for told in rows.subscriber(row.line, email, row.fields, left.get(email, "active")):
                if isinstance(told, Subscriber):
                    lines[email] = row.line
                yield told


class RowReader:
    """Makes subscribers of a table's rows, whose fields go by the names of COLUMNS."""

    def __init__(self, table: Table) -> None:
        self.problem = table.problem

    def address(self, line: int, row: Mapping[str, str]) -> str | Problem:
        """The row's address, or what is wrong with it."""
        try:
            return normalize_address(row.get("email", ""))
        except SubscribersError as error:
            return self.problem(line, error.message, "left out")

    def subscriber(
        self, line: int, email: str, row: Mapping[str, str], at_best: str = "active"
    ) -> Iterator[Subscriber | Problem]:
        """The rest of the row, after what is wrong with it; only the Problem when it must be left out.

        `at_best` is what is known of the address besides, which counts where it is worse.
        """
        status = status_of(row.get("status", ""))
        if status is None:
            known = ", ".join(KNOWN)
            yield self.problem(line, f"unknown status `{row['status'][:80]}`", f"left out; known: {known}")
            return
        cadence, trouble = self._cadence(line, row.get("cadence", ""))
        yield from trouble
        timezone, trouble = self._timezone(line, row.get("timezone", ""))
        yield from trouble
        language, trouble = self._language(line, row.get("language", ""))
        yield from trouble
        yield Subscriber(
            email=email,
            name=row.get("name", "")[:_LONGEST_NAME].rstrip(),
            categories=tuple(dict.fromkeys(split(row.get("categories", "")))),
            cadence=cadence,
            timezone=timezone,
            language=language,
            status=worst(status, at_best),
        )

    def _cadence(self, line: int, value: str) -> tuple[SubscriberCadence, list[Problem]]:
        for cadence in _CADENCES:
            if value.casefold() in (cadence, ""):
                return cadence, []
        return "daily", [
            self.problem(line, f"unknown cadence `{value[:80]}`", f"taken as daily; known: {', '.join(_CADENCES)}")
        ]

    def _timezone(self, line: int, value: str) -> tuple[str, list[Problem]]:
        try:
            return (zoneinfo.ZoneInfo(value).key if value else ""), []
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return "", [
                self.problem(
                    line, f"`{value[:80]}` is no timezone", "taken as the publication's; write America/Chicago"
                )
            ]

    def _language(self, line: int, value: str) -> tuple[str, list[Problem]]:
        if not value:
            return "", []
        if re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", value):
            return _conventional(value), []
        return "", [
            self.problem(line, f"`{value[:80]}` is no language tag", "taken as the publication's; write en or pt-BR")
        ]


def split(value: str) -> list[str]:
    """The names in one field, parted by `|`, `;` or `,`."""
    return list(filter(None, map(str.strip, re.split(r"[|;,]", value))))


def _conventional(tag: str) -> str:
    """A language tag in the case of RFC 5646 2.1.1, so that two spellings of it are one segment: `pt-BR`, `zh-Hans`."""
    first, *rest = tag.replace("_", "-").split("-")
    return "-".join(
        [first.lower(), *({2: part.upper(), 4: part.title()}.get(len(part), part.lower()) for part in rest)]
    )
