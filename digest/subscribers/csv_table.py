"""A CSV file as a stream of rows by column name: separators, quotes and line numbers."""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from digest.core.text import one_line
from digest.errors import SubscribersError
from digest.models import Problem

_MAX_ROW_LINES = 100
"""Lines that one row may span; a quote that is still open after them was left open by mistake."""

_SEPARATORS = ",;\t"
COMMENT = re.compile(r"#(?![\d,;\t])")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: its first and last line, its raw cells, and its fields by column, each folded onto one line."""

    line: int
    last: int
    cells: Sequence[str]
    fields: Mapping[str, str]


@contextmanager
def open_csv(file: Path, missing_hint: str) -> Iterator[TextIO]:
    """Open a list to read. Raises SubscribersError if it does not exist (with this hint) or is not UTF-8."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            yield stream
    except FileNotFoundError:
        raise SubscribersError("no such file", location=str(file), hint=missing_hint) from None
    except UnicodeDecodeError as error:
        raise _not_utf8_error(file, _find_undecodable_line(file), f"byte {error.object[error.start]:#04x}") from None
    except OSError as error:
        raise SubscribersError(
            f"cannot be read: {error.strerror}", location=str(file), hint="name another file, or fix its permissions"
        ) from None


class Table:
    """The header of a file, and its rows as a stream. `columns` are casefolded, in the order of the file.

    A line that begins with `#` is a comment, except `#1` and a column named `#`.
    """

    def __init__(self, file: Path, stream: TextIO, columns: Sequence[str] = ()) -> None:
        """Read the header; with `columns`, the file has none. Raises SubscribersError if it is empty."""
        self.file = file
        self._lines = _Lines(stream)
        header = self._first_line()
        if "\0" in header:
            raise _not_utf8_error(file, 1, "it contains zero bytes")
        if not header:
            raise SubscribersError("is empty", location=str(file), hint="start it with a header: email,name")
        # The separator is the one that occurs most often in the header: column names contain none of the three.
        self.separator = max(_SEPARATORS, key=header.count)
        self.columns = [name.strip().casefold() for name in next(csv.reader([header], delimiter=self.separator))]
        self.header_line = self._lines.first
        if columns:
            self.columns = list(columns)
            stream.seek(0)
            separated = (
                line for line in stream if any(mark in line for mark in _SEPARATORS) and not COMMENT.match(line)
            )
            self.separator = max(_SEPARATORS, key=next(separated, header).count)
            stream.seek(0)
            self._lines = _Lines(stream)

    def _first_line(self) -> str:
        for line in self._lines:
            if line.strip():
                return line
            self._lines.begin_row()
        return ""

    def require(self, column: str, known: Collection[str]) -> None:
        """Raise SubscribersError unless the header has this column, and none of the known ones twice."""
        location = f"{self.file}:{self.header_line}"
        if column not in self.columns:
            names = ", ".join(filter(None, self.columns)) or "none"
            found = f"its columns, separated by {_describe(self.separator)}: {names}"
            near = next((name for name in self.columns if column in name or "mail" in name), "")
            if any("@" in name for name in self.columns):
                hint = f"its first line is not a header: add one above it that begins with `{column}`"
            elif near:
                hint = f"rename its column `{near}` to `{column}`"
            else:
                hint = f"name the column with the addresses `{column}`"
            raise SubscribersError(f"has no `{column}` column ({found})", location=location, hint=hint)
        if twice := [name for name in known if self.columns.count(name) > 1]:
            raise SubscribersError(
                f"has more than one `{twice[0]}` column", location=location, hint="keep the right one"
            )

    def report_unknown_columns(self, known: Collection[str]) -> Iterator[Problem]:
        """Yield one Problem for all the columns that digest does not read."""
        if names := [name for name in self.columns if name and name not in known]:
            message = f"unknown columns are ignored: {', '.join(names)}"
            yield self.problem(self.header_line, message, f"known: {', '.join(known)}")

    def rows(self) -> Iterator[Row | Problem]:
        """Yield each row that is not blank; a Problem for one that cannot be read or has too many fields."""
        # Without `strict`, an open quote would swallow every row, and its reader, up to the end of the file.
        reader = csv.reader(self._lines, delimiter=self.separator, strict=True)
        while True:
            self._lines.begin_row()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self.problem(self._lines.first, f"cannot be read: {error}", "left out; fix the row's quotes")
                self._lines.read_again()
                continue
            line = self._lines.first
            fields = [one_line(cell) for cell in cells]
            if any(fields[len(self.columns) :]):
                hint = f"left out; quote a field that contains {_describe(self.separator)}"
                yield self.problem(line, f"has {len(fields)} fields, the header {len(self.columns)}", hint)
            elif any(fields):
                yield Row(line, self._lines.last, cells, dict(zip(self.columns, fields, strict=False)))

    def problem(self, line: int, message: str, hint: str) -> Problem:
        """Return a Problem with a line of the file."""
        return Problem(f"{self.file}:{line}", message, hint)


class _Lines(Iterator[str]):
    """The numbered lines of a file; the lines of a row that did not end can be read again as rows of their own."""

    def __init__(self, stream: TextIO) -> None:
        self._numbered = enumerate(stream, 1)
        self._again: deque[tuple[int, str]] = deque()
        self._row: list[tuple[int, str]] = []
        self.first = 0
        """The number of the current row's first line."""
        self.last = 0
        """The number of the last line read."""

    def __next__(self) -> str:
        if len(self._row) == _MAX_ROW_LINES:
            raise csv.Error(f"a quote that opens here is still open {_MAX_ROW_LINES} lines later")
        number, line = self._next()
        while not self._row and COMMENT.match(line):
            number, line = self._next()
        self._row.append((number, line))
        self.first = self._row[0][0]
        self.last = number
        return line

    def _next(self) -> tuple[int, str]:
        return self._again.popleft() if self._again else next(self._numbered)

    def begin_row(self) -> None:
        self._row.clear()

    def read_again(self) -> None:
        """Return the lines of this row again, except its first."""
        self._again.extendleft(reversed(self._row[1:]))


def _not_utf8_error(file: Path, line: int, detail: str) -> SubscribersError:
    """Return the error for a file in another encoding."""
    return SubscribersError(
        f"not UTF-8 ({detail})",
        location=f"{file}:{line}",
        hint="save it as UTF-8; spreadsheets call it CSV UTF-8",
    )


def _find_undecodable_line(file: Path) -> int:
    """Return the number of the first line that is not UTF-8, 0 if all are."""
    with file.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0


def _describe(separator: str) -> str:
    return "tabs" if separator == "\t" else f"`{separator}`"
