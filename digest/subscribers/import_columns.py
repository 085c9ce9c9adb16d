"""The columns of other services' exports, and what each says about a reader."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence

from digest.models import Problem
from digest.subscribers.csv_rows import split_names
from digest.subscribers.csv_table import Table
from digest.subscribers.statuses import OPTED_OUT, most_restrictive, parse_status

# Column names as `normalize_column` returns them: `E-Mail-Adresse` is `e mail adresse`.
_NAMES: Mapping[str, tuple[str, ...]] = {
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
STATUS_COLUMNS = (
    *("status", "subscriber status", "subscription status", "email status", "global status", "list status"),
    *("email permission status", "email marketing status", "suppressed"),
)
"""Columns that hold a status in words; an unknown word leaves the row out."""
_KIND = ("type", "subscriber type", "state")
"""Columns that may hold a status among other values: Buttondown's types say who pays, and a state may be California."""
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
"""Columns that hold yes, no or a date: whether it is the yes (or date) that has a meaning, and the status it means."""

_MAX_TAGS_SHOWN = 10
_NO = {"false", "no", "0", "n", "f", "off"}
_EMPTY = {"", "-", "null", "none", "nil", "n/a", "0000-00-00 00:00:00", "0000-00-00"}


class ImportColumns:
    """Which columns of an export say what, and a row read by our own column names."""

    def __init__(self, table: Table, sections: Collection[str]) -> None:
        """Raises SubscribersError if no column holds addresses."""
        self._table = table
        self._sections = {name.casefold(): name for name in sections}
        self._unknown_tags: dict[str, None] = {}
        normalized = {column: normalize_column(column) for column in table.columns}
        self._columns = {ours: _first_match(normalized, names) for ours, names in _NAMES.items()}
        if not self._columns["email"]:
            table.require("email", ())
        self._statuses = [column for column, name in normalized.items() if name in STATUS_COLUMNS]
        self._kinds = [column for column, name in normalized.items() if name in _KIND]
        self._answers = {column: _ANSWERS[name] for column, name in normalized.items() if name in _ANSWERS}
        # Mailchimp (`euid`) exports customers who never subscribed to a file that only its name distinguishes.
        is_nonsubscribed = "euid" in table.columns and table.file.stem.startswith("nonsubscribed")
        self._default_status = "pending" if is_nonsubscribed else "active"

    def translate(self, row: Mapping[str, str]) -> dict[str, str]:
        """Return a row's fields by our own column names."""
        fields = {column: row.get(self._columns[column], "") for column in ("email", "cadence", "timezone", "language")}
        categories = split_names(row.get(self._columns["categories"], ""))
        return {
            **fields,
            "name": self._read_name(row),
            "categories": "|".join(dict.fromkeys([*categories, *self._read_tags(row)])),
            "status": self._read_status(row),
        }

    def report_ignored(self) -> Iterator[Problem]:
        """Yield problems for the columns that are not imported, and for tags that are not sections."""
        known = {*self._columns.values(), *self._statuses, *self._kinds, *self._answers}
        line = self._table.header_line
        if names := [column for column in self._table.columns if column and column not in known]:
            yield self._table.problem(line, f"columns not imported: {', '.join(names)}", "")
        if tags := list(self._unknown_tags):
            more = f" and {len(tags) - _MAX_TAGS_SHOWN} more" if len(tags) > _MAX_TAGS_SHOWN else ""
            shown = ", ".join(tags[:_MAX_TAGS_SHOWN]) + more
            hint = "add those that are sections to [sections] order, then import again"
            yield self._table.problem(line, f"tags not imported: {shown}", hint)

    def _read_name(self, row: Mapping[str, str]) -> str:
        # Spreadsheets leave a space before a quote, which makes the quotes part of the name.
        whole, first, last = (row.get(self._columns[part], "").strip('" ') for part in ("name", "first", "last"))
        start = first or whole
        # TinyNews has `Name` and `Surname`; others have a whole `Name` beside its parts.
        return start if last in start else f"{start} {last}".strip()

    def _read_tags(self, row: Mapping[str, str]) -> Iterator[str]:
        """Yield the sections among a row's tags; the others are kept for `report_ignored`."""
        for tag in split_names(row.get(self._columns["tags"], "")):
            bare = tag.strip(" \"'[]")  # Mailchimp quotes each tag, others write JSON
            if section := self._sections.get(bare.casefold()):
                yield section
            elif bare:
                self._unknown_tags[bare] = None

    def _read_status(self, row: Mapping[str, str]) -> str:
        """Return the most restrictive status of all columns; else an unknown word, so that the row is left out."""
        found = [self._default_status]
        found += [parse_status(row.get(column, "")) or "active" for column in self._kinds]
        found += [_read_answer(row.get(column, ""), meaning) for column, meaning in self._answers.items()]
        unknown = []
        for column in self._statuses:
            word = row.get(column, "")
            if status := parse_status(word):
                found.append(status)
            else:
                unknown.append(word)
        status = most_restrictive(*found)
        return unknown[0] if unknown and status not in OPTED_OUT else status


def find_email_column(table: Table) -> str:
    """Return the column that holds the addresses. Raises SubscribersError if there is none."""
    column = _first_match({column: normalize_column(column) for column in table.columns}, _NAMES["email"])
    if not column:
        table.require("email", ())
    return column


def normalize_column(name: str) -> str:
    """Return a column's name in lower case, without accents, its words separated by single spaces."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", bare.casefold().replace("_", " ")))


def _first_match(normalized: dict[str, str], names: Sequence[str]) -> str:
    """Return the column with the first of these names that any column has, else empty."""
    by_name = {name: column for column, name in reversed(normalized.items())}
    return next((by_name[name] for name in names if name in by_name), "")


def _read_answer(value: str, meaning: tuple[bool, str]) -> str:
    """Return the status that a yes, a no or a date means, `active` if none; some services answer with a status word."""
    if (word := parse_status(value)) and word != "active":
        return word
    answer = value.casefold()
    if answer in _EMPTY:
        return "active"
    meaningful, status = meaning
    return status if (answer not in _NO) is meaningful else "active"
