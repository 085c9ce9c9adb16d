"""What other newsletter services export, in our own columns and statuses."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digest.models import Problem, Subscriber, SuppressionReason
from digest.subscribers.csv_reader import RowReader, split
from digest.subscribers.csv_table import Row, Table, reading
from digest.subscribers.statuses import OPTED_OUT, status_of, suppression_reason, worst

# Names of columns as `_plain` makes them: `E-Mail-Adresse` is `e mail adresse`.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "email": (
        *(
            "email",
            "email address",
            "e mail",
            "e mail address",
            "emailaddress",
            "mail",
            "subscriber",
            "subscriber email",
        ),
        *(
            "adresse e mail",
            "e mail adresse",
            "correo electronico",
            "direccion de correo electronico",
            "endereco de e mail",
        ),
    ),
    "name": ("name", "full name", "fullname", "display name"),
    "first": ("first name", "firstname", "given name", "fname", "prenom", "vorname", "nombre"),
    "last": ("last name", "lastname", "surname", "family name", "lname", "nom", "nachname", "apellidos", "apellido"),
    "categories": ("categories", "sections", "topics"),
    "tags": ("tags", "labels"),
    "cadence": ("cadence", "frequency"),
    "timezone": ("timezone", "time zone", "tz"),
    "language": ("language", "locale", "lang"),
}
_STATUS = (
    *("status", "subscriber status", "subscription status", "email status", "global status", "list status"),
    *("email permission status", "email marketing status", "suppressed"),
)
"""Columns that hold a status in words; a word nobody knows leaves the row out."""
_KIND = ("type", "subscriber type", "state")
"""Columns that may hold one among other things: Buttondown's types say who pays, and a state may be California."""
_ANSWERS: Mapping[str, tuple[bool, str]] = {
    **dict.fromkeys(
        ("subscribed", "is subscribed", "subscribed to emails", "opted in", "opt in"), (False, "unsubscribed")
    ),
    **dict.fromkeys(("confirmed", "verified"), (False, "pending")),
    **dict.fromkeys(
        ("unsubscribed", "unsubscribed at", "unsubscribe date", "unsubscribed date"), (True, "unsubscribed")
    ),
    **dict.fromkeys(
        ("unsubscription date", "date unsubscribed", "unsub time", "opted out", "opt out"), (True, "unsubscribed")
    ),
    **dict.fromkeys(("unsubscribed from all email", "email disabled", "deleted at"), (True, "unsubscribed")),
    **dict.fromkeys(("blocklisted", "blacklisted", "email blacklisted"), (True, "unsubscribed")),
    **dict.fromkeys(
        ("bounced", "bounced at", "bounce date", "hard bounced", "cleaned", "clean time"), (True, "bounced")
    ),
    **dict.fromkeys(("complained", "complained at", "complaint date", "marked as spam"), (True, "complained")),
}
"""Columns that answer with yes, no or a date, and the status that one of the answers means."""

_TAGS_SHOWN = 10
_NO = {"false", "no", "0", "n", "f", "off"}
_NOTHING = {"", "-", "null", "none", "nil", "n/a", "0000-00-00 00:00:00", "0000-00-00"}


@dataclass(frozen=True, slots=True)
class ImportedSubscriber:
    """What an export says of one reader: its line, the reader's `status`, and `values` by our columns, none empty."""

    line: int
    status: str
    values: Mapping[str, str]


@dataclass
class Export:
    """An export as it was read: its readers by address; how many rows were left out, and of a reader it had before."""

    readers: dict[str, ImportedSubscriber] = field(default_factory=dict)
    left_out: int = 0
    again: int = 0


def read_export(file: Path, sections: Collection[str], tell: Callable[[Problem], None]) -> Export:
    """Read what another service exported, or a list of our own, whole.

    Several columns may say where a reader stands (a status, a yes or no, the date of leaving), and several rows: the
    worst counts. `tags` become categories only where they are among `sections`, because a reader whose one category
    is `VIP` would get no mail at all.

    Args:
        file: UTF-8, with a header; parted by `,`, `;` or tabs.
        sections: The newsroom's own sections and categories.
        tell: Hears of rows that are left out, of values that are not taken over, and once of columns that are not.

    Raises:
        SubscribersError: the file is missing, unreadable, empty, or has no column of addresses.
    """
    with reading(file, "name the file that the other service exported") as stream:
        table = Table(file, stream)
        columns = _Columns(table, sections)
        export = Export()
        rows = RowReader(table)
        for row in table.rows():
            if isinstance(row, Row):
                for told in _told(rows, columns, row):
                    if isinstance(told, Problem):
                        tell(told)
                    else:
                        _add(export, row.line, told)
                        break
                else:
                    export.left_out += 1
            else:
                tell(row)
                export.left_out += 1
        for problem in columns.not_taken():
            tell(problem)
        return export


def _told(rows: RowReader, columns: _Columns, row: Row) -> Iterator[Subscriber | Problem]:
    fields = columns.ours(row.fields)
    email = rows.address(row.line, fields)
    if isinstance(email, Problem):
        yield email
    else:
        yield from rows.subscriber(row.line, email, fields)


def _add(export: Export, line: int, reader: Subscriber) -> None:
    values = {
        "name": reader.name,
        "categories": "|".join(reader.categories),
        "cadence": "" if reader.cadence == "daily" else reader.cadence,  # daily is what an empty one means
        "timezone": reader.timezone,
        "language": reader.language,
    }
    values = {column: value for column, value in values.items() if value}
    if before := export.readers.get(reader.email):
        export.again += 1
        told = ImportedSubscriber(before.line, worst(before.status, reader.status), {**values, **before.values})
    else:
        told = ImportedSubscriber(line, reader.status, values)
    export.readers[reader.email] = told


class _Columns:
    """Which columns of an export tell what."""

    def __init__(self, table: Table, sections: Collection[str]) -> None:
        """Raises SubscribersError when none holds addresses."""
        self._table = table
        self._sections = {name.casefold(): name for name in sections}
        self._foreign_tags: dict[str, None] = {}
        plain = {column: _plain(column) for column in table.columns}
        self._of = {ours: _first(plain, names) for ours, names in _CALLED.items()}
        if not self._of["email"]:
            table.require("email", ())
        self._statuses = [column for column, name in plain.items() if name in _STATUS]
        self._kinds = [column for column, name in plain.items() if name in _KIND]
        self._answers = {column: _ANSWERS[name] for column, name in plain.items() if name in _ANSWERS}
        # Mailchimp (`euid`) has customers who never subscribed in a file of its own, which only its name tells apart.
        apart = "euid" in table.columns and table.file.stem.startswith("nonsubscribed")
        self._at_best = "pending" if apart else "active"

    def ours(self, row: Mapping[str, str]) -> dict[str, str]:
        """A row's fields by the names of our columns."""
        fields = {column: row.get(self._of[column], "") for column in ("email", "cadence", "timezone", "language")}
        categories = split(row.get(self._of["categories"], ""))
        return {
            **fields,
            "name": self._name(row),
            "categories": "|".join(dict.fromkeys([*categories, *self._known_tags(row)])),
            "status": self._status(row),
        }

    def not_taken(self) -> Iterator[Problem]:
        """What the export says that we have no place for: columns, and tags that are no sections."""
        known = {*self._of.values(), *self._statuses, *self._kinds, *self._answers}
        where = self._table.header_line
        if names := [column for column in self._table.columns if column and column not in known]:
            yield self._table.problem(where, f"columns not taken over: {', '.join(names)}", "")
        if tags := list(self._foreign_tags):
            more = f" and {len(tags) - _TAGS_SHOWN} more" if len(tags) > _TAGS_SHOWN else ""
            told = ", ".join(tags[:_TAGS_SHOWN]) + more
            step = "name those that are sections in [sections] order, then import again"
            yield self._table.problem(where, f"tags not taken over: {told}", step)

    def _name(self, row: Mapping[str, str]) -> str:
        # A space before a quote, as spreadsheets leave it, makes the quotes a part of the name.
        whole, first, last = (row.get(self._of[part], "").strip('" ') for part in ("name", "first", "last"))
        start = first or whole
        # TinyNews has `Name` and `Surname`, others a whole `Name` beside its parts.
        return start if last in start else f"{start} {last}".strip()

    def _known_tags(self, row: Mapping[str, str]) -> Iterator[str]:
        for tag in split(row.get(self._of["tags"], "")):
            bare = tag.strip(" \"'[]")  # Mailchimp quotes each, others write JSON
            if section := self._sections.get(bare.casefold()):
                yield section
            elif bare:
                self._foreign_tags[bare] = None

    def _status(self, row: Mapping[str, str]) -> str:
        """The worst that any column says; or, of who is not gone, a word nobody knows, so that the row is left out."""
        said = [self._at_best]
        said += [status_of(row.get(column, "")) or "active" for column in self._kinds]
        said += [_answered(row.get(column, ""), meaning) for column, meaning in self._answers.items()]
        unknown = []
        for column in self._statuses:
            word = row.get(column, "")
            status = status_of(word)
            said += [status] if status else []
            unknown += [] if status else [word]
        found = worst(*said)
        return unknown[0] if unknown and found not in OPTED_OUT else found


def read_addresses(file: Path) -> Iterator[tuple[str, SuppressionReason | None] | Problem]:
    """Addresses that must not be mailed: a list of them, or a CSV with a header, and the reason where one is told.

    Raises:
        SubscribersError: the file is missing, unreadable, empty, or has no column of addresses.
    """
    with reading(file, "name the list of addresses") as stream:
        table = Table(file, stream)
        email, reasons = "email", ["reason"]
        if any("@" in name for name in table.columns):  # no header: the first line is an address already
            stream.seek(0)
            table = Table(file, stream, (email, *reasons))
        else:
            plain = {column: _plain(column) for column in table.columns}
            email = _first(plain, _CALLED["email"])
            reasons = [column for column, name in plain.items() if name in ("reason", *_STATUS)]
            if not email:
                table.require("email", ())
        rows = RowReader(table)
        for row in table.rows():
            if isinstance(row, Problem):
                yield row
                continue
            address = rows.address(row.line, {"email": row.fields.get(email, "")})
            said = [row.fields[column] for column in reasons if row.fields.get(column)]
            if isinstance(address, Problem):
                yield address
            elif status := next((word for word in said if status_of(word) in ("active", "pending")), ""):
                step = "left out; take the row's status away if the address must not be mailed"
                yield table.problem(row.line, f"{address} is `{status}` there", step)
            else:
                yield address, next(filter(None, (suppression_reason(status_of(word) or "") for word in said)), None)


def _plain(name: str) -> str:
    """A column's name in lower case, without accents, its words parted by single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare.casefold().replace("_", " ")))


def _first(plain: dict[str, str], names: Sequence[str]) -> str:
    """The column that goes by the first of these names that one goes by, or empty."""
    by_name = {name: column for column, name in reversed(plain.items())}
    return next((by_name[name] for name in names if name in by_name), "")


def _answered(value: str, meaning: tuple[bool, str]) -> str:
    """The status a yes, a no or a date means, `active` where it means nothing; some services answer in words."""
    if (word := status_of(value)) and word != "active":
        return word
    said = value.casefold()
    if said in _NOTHING:
        return "active"
    answer, status = meaning
    return status if (said not in _NO) is answer else "active"
