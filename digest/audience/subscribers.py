"""subscribers.csv into Subscribers, row by row; a row that is wrong is named and the rest go on."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import get_args

from digest.audience.address import normalised
from digest.audience.table import Row, Table, not_utf8
from digest.errors import AudienceError
from digest.models import Problem, Subscriber, SubscriberCadence

COLUMNS = ("email", "name", "categories", "cadence", "timezone", "language", "status")

_CADENCES: tuple[SubscriberCadence, ...] = get_args(SubscriberCadence)

_STATUSES = {
    "": "active",
    "active": "active",
    "subscribed": "active",
    "enabled": "active",
    "unsubscribed": "unsubscribed",
    "inactive": "unsubscribed",
    "bounced": "bounced",
    "cleaned": "bounced",
    "complained": "complained",
    "pending": "pending",
    "unconfirmed": "pending",
}
"""What newsletter services write into their exports, and what it means here. Only `active` readers get mail."""

_LONGEST_NAME = 200


def read_subscribers(file: Path) -> Iterator[Subscriber | Problem]:
    """Read a subscriber list as it streams: each row a Subscriber, or a Problem with its line.

    The header must have `email`, and may have the other COLUMNS, in any order and case; columns beyond these are named
    once and ignored. Fields are parted by `,`, `;` or tabs, whichever the header uses; the file is UTF-8, with or
    without a byte order mark. Addresses are checked by syntax only (RFC 5321, through email-validator), and are the
    same when they differ in case or in the Unicode form of the domain; a second row of one is a Problem. An address
    that any row says must not be mailed is not active, whatever its other rows say. A cadence, timezone or language
    that is wrong is a Problem, and the row kept with the usual one; with a status that is not known it is left out.

    Raises:
        AudienceError: the file is missing, unreadable, empty, or has no `email` column.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            left = _who_left(Table(file, stream))
            stream.seek(0)
            yield from _Reader(Table(file, stream), left).subscribers()
    except FileNotFoundError:
        raise AudienceError(
            "no such file",
            where=str(file),
            next_step="make it, with a header `email` and a row for each reader, or mend [audience] subscribers",
        ) from None
    except UnicodeDecodeError as error:
        raise not_utf8(file, _first_undecodable(file), f"byte {error.object[error.start]:#04x}") from None
    except OSError as error:
        raise AudienceError(
            f"cannot be read: {error.strerror}", where=str(file), next_step="mend [audience] subscribers, or its rights"
        ) from None


def _who_left(table: Table) -> dict[str, str]:
    """Addresses that some row says must not be mailed, with its status: no other row of theirs may say otherwise."""
    table.require("email", COLUMNS)
    left: dict[str, str] = {}
    if "status" not in table.columns:
        return left
    for row in table.rows():
        if isinstance(row, Row):
            status = _STATUSES.get(row.fields.get("status", "").casefold(), "unknown")
            if status != "active":
                with suppress(AudienceError):
                    left[normalised(row.fields.get("email", ""))] = status
    return left


class _Reader:
    """Makes subscribers of a table's rows."""

    def __init__(self, table: Table, left: Mapping[str, str]) -> None:
        self.table = table
        self.left = left
        self.problem = table.problem
        self.lines: dict[str, int] = {}
        """The line each address was first seen on."""

    def subscribers(self) -> Iterator[Subscriber | Problem]:
        yield from self.table.unknown(COLUMNS)
        for row in self.table.rows():
            if isinstance(row, Problem):
                yield row
            else:
                yield from self.subscriber(row.line, row.fields)

    def subscriber(self, line: int, row: Mapping[str, str]) -> Iterator[Subscriber | Problem]:
        told = row.get("email", "")
        try:
            email = normalised(told)
        except AudienceError as error:
            yield self.problem(line, error.what, "left out")
            return
        if email in self.lines:
            yield self.problem(line, f"{email} is on line {self.lines[email]} already", "counted once")
            return
        status = _STATUSES.get(row.get("status", "").casefold())
        if status is None:
            yield self.problem(
                line, f"unknown status `{row['status'][:80]}`", f"left out; known: {', '.join(filter(None, _STATUSES))}"
            )
            return
        self.lines[email] = line
        cadence, trouble = self.cadence(line, row.get("cadence", ""))
        yield from trouble
        timezone, trouble = self.timezone(line, row.get("timezone", ""))
        yield from trouble
        language, trouble = self.language(line, row.get("language", ""))
        yield from trouble
        yield Subscriber(
            email=email,
            name=row.get("name", "")[:_LONGEST_NAME].rstrip(),
            categories=tuple(
                dict.fromkeys(filter(None, map(str.strip, re.split(r"[|;,]", row.get("categories", "")))))
            ),
            cadence=cadence,
            timezone=timezone,
            language=language,
            status=self.left.get(email, status),
        )

    def cadence(self, line: int, value: str) -> tuple[SubscriberCadence, list[Problem]]:
        for cadence in _CADENCES:
            if value.casefold() in (cadence, ""):
                return cadence, []
        return "daily", [
            self.problem(line, f"unknown cadence `{value[:80]}`", f"taken as daily; known: {', '.join(_CADENCES)}")
        ]

    def timezone(self, line: int, value: str) -> tuple[str, list[Problem]]:
        try:
            return (zoneinfo.ZoneInfo(value).key if value else ""), []
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            return "", [
                self.problem(
                    line, f"`{value[:80]}` is no timezone", "taken as the publication's; write America/Chicago"
                )
            ]

    def language(self, line: int, value: str) -> tuple[str, list[Problem]]:
        if not value:
            return "", []
        if re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*", value):
            return _conventional(value), []
        return "", [
            self.problem(line, f"`{value[:80]}` is no language tag", "taken as the publication's; write en or pt-BR")
        ]


def _conventional(tag: str) -> str:
    """A language tag in the case of RFC 5646 2.1.1, so that two spellings of it are one segment: `pt-BR`, `zh-Hans`."""
    first, *rest = tag.replace("_", "-").split("-")
    return "-".join(
        [first.lower(), *({2: part.upper(), 4: part.title()}.get(len(part), part.lower()) for part in rest)]
    )


def _first_undecodable(file: Path) -> int:
    """The number of the first line that is not UTF-8, 0 if all are."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0
