"""A CSV file into rows by column name, as they stream: separators, quotes, line numbers."""

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

_LONGEST_ROW = 100
"""Lines a quoted field may go over; past these its quote was never meant to be open."""

_SEPARATORS = ",;\t"
COMMENT = re.compile(r"#(?![\d,;\t])")


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the lines it begins and ends on, its cells as they are, and by column its fields, each on one line."""

    line: int
    last: int
    cells: Sequence[str]
    fields: Mapping[str, str]


@contextmanager
def reading(file: Path, missing: str) -> Iterator[TextIO]:
    """Open a list to read. SubscribersError when it is not there (`missing` is what to do then), or is not UTF-8."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            yield stream
    except FileNotFoundError:
        raise SubscribersError("no such file", location=str(file), hint=missing) from None
    except UnicodeDecodeError as error:
        raise not_utf8(file, _first_undecodable(file), f"byte {error.object[error.start]:#04x}") from None
    except OSError as error:
        raise SubscribersError(
            f"cannot be read: {error.strerror}", location=str(file), hint="name another file, or mend its rights"
        ) from None


class Table:
    """The header of a file and, as they stream, its rows. `columns` are casefolded, in the order of the file.

    A line that begins with `#` is a comment, but for `#1` and for a column called `#`.
    """

    def __init__(self, file: Path, stream: TextIO, columns: Sequence[str] = ()) -> None:
        """Read the header; with `columns` the file has none. Raises SubscribersError when it is empty."""
        self.file = file
        self._lines = _Lines(stream)
        header = self._first_line()
        if "\0" in header:
            raise not_utf8(file, 1, "it holds zero bytes")
        if not header:
            raise SubscribersError("is empty", location=str(file), hint="begin it with a header: email,name")
        # The separator is the one the header has most of: names of columns hold none of the three.
        self.separator = max(_SEPARATORS, key=header.count)
        self.columns = [name.strip().casefold() for name in next(csv.reader([header], delimiter=self.separator))]
        self.header_line = self._lines.first
        if columns:
            self.columns = list(columns)
            stream.seek(0)
            parted = (line for line in stream if any(mark in line for mark in _SEPARATORS) and not COMMENT.match(line))
            self.separator = max(_SEPARATORS, key=next(parted, header).count)
            stream.seek(0)
            self._lines = _Lines(stream)

    def _first_line(self) -> str:
        for line in self._lines:
            if line.strip():
                return line
            self._lines.begin_row()
        return ""

    def require(self, column: str, known: Collection[str]) -> None:
        """Refuse a header without a column, or with one of the known ones twice. Raises SubscribersError."""
        where = f"{self.file}:{self.header_line}"
        if column not in self.columns:
            names = ", ".join(filter(None, self.columns)) or "none"
            seen = f"its columns, parted by {_spoken(self.separator)}: {names}"
            near = next((name for name in self.columns if column in name or "mail" in name), "")
            if any("@" in name for name in self.columns):
                hint = f"its first line is no header: put one before it that begins with `{column}`"
            elif near:
                hint = f"rename its column `{near}` to `{column}`"
            else:
                hint = f"name the column that holds the addresses `{column}`"
            raise SubscribersError(f"has no `{column}` column ({seen})", location=where, hint=hint)
        if twice := [name for name in known if self.columns.count(name) > 1]:
            raise SubscribersError(f"has more than one `{twice[0]}` column", location=where, hint="keep the right one")

    def unknown(self, known: Collection[str]) -> Iterator[Problem]:
        """One Problem for all the columns that nobody reads."""
        if names := [name for name in self.columns if name and name not in known]:
            what = f"unknown columns are ignored: {', '.join(names)}"
            yield self.problem(self.header_line, what, f"known: {', '.join(known)}")

    def rows(self) -> Iterator[Row | Problem]:
        """Each row that is not blank; a Problem for one that cannot be read, or that would lose a field."""
        # Not strict, an open quote would take in every row to the end of the file, and with them their readers.
        reader = csv.reader(self._lines, delimiter=self.separator, strict=True)
        while True:
            self._lines.begin_row()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield self.problem(self._lines.first, f"cannot be read: {error}", "left out; mend the row's quotes")
                self._lines.read_again()
                continue
            line = self._lines.first
            fields = [one_line(cell) for cell in cells]
            if any(fields[len(self.columns) :]):
                hint = f"left out; quote a field that holds {_spoken(self.separator)}"
                yield self.problem(line, f"has {len(fields)} fields, the header {len(self.columns)}", hint)
            elif any(fields):
                yield Row(line, self._lines.last, cells, dict(zip(self.columns, fields, strict=False)))

    def problem(self, line: int, what: str, hint: str) -> Problem:
        """Something wrong with a line."""
        return Problem(f"{self.file}:{line}", what, hint)


class _Lines(Iterator[str]):
    """The lines of a file, numbered, where those of a row that did not end can be read again as rows of their own."""

    def __init__(self, stream: TextIO) -> None:
        self._numbered = enumerate(stream, 1)
        self._again: deque[tuple[int, str]] = deque()
        self._row: list[tuple[int, str]] = []
        self.first = 0
        """The number of the line the present row begins on."""
        self.last = 0
        """The number of the line read last."""

    def __next__(self) -> str:
        if len(self._row) == _LONGEST_ROW:
            raise csv.Error(f"a quote that opens here is still open {_LONGEST_ROW} lines on")
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
        """Give out the lines of this row once more, but for the one it begins on."""
        self._again.extendleft(reversed(self._row[1:]))


def not_utf8(file: Path, line: int, how: str) -> SubscribersError:
    """The error for a file in another encoding."""
    return SubscribersError(
        f"not UTF-8 ({how})",
        location=f"{file}:{line}",
        hint="save it as UTF-8; a spreadsheet calls it CSV UTF-8",
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


def _spoken(separator: str) -> str:
    return "tabs" if separator == "\t" else f"`{separator}`"
