"""A CSV list with some rows changed, added or deleted, and every other byte as it was."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import TextIO

from digest.subscribers.csv_rows import COLUMNS
from digest.subscribers.csv_table import COMMENT, Row, Table, open_csv

Edit = Callable[[Row], Mapping[str, str] | None]
"""An edit of a row: its new values by column, an empty mapping to keep it as it is, None to delete it."""


@contextmanager
def edit_csv(file: Path) -> Iterator[CsvEditor]:
    """Open a list to edit; one that does not exist yet starts as a header with all our columns.

    Raises:
        SubscribersError: it cannot be read, is empty, or has no `email` column.
    """
    if not file.exists():
        header = ",".join(COLUMNS) + "\n"
        yield CsvEditor(file, io.StringIO(header), io.StringIO(header))
        return
    with ExitStack() as stack:
        parsed = stack.enter_context(open_csv(file, "run the command again"))
        yield CsvEditor(file, parsed, stack.enter_context(file.open(encoding="utf-8", newline="")))


class CsvEditor:
    """Streams the text of a list: edited rows are rewritten, the rest is copied."""

    def __init__(self, file: Path, parsed: TextIO, copied: TextIO) -> None:
        """Both streams read the list: one for its rows, the other for its text."""
        self._table = Table(file, parsed)
        self._table.require("email", COLUMNS)
        self._columns = list(self._table.columns)
        self._lines = enumerate(copied, 1)
        self._number = 0
        self._last = ""
        self._line_end = "\n"

    @property
    def columns(self) -> Sequence[str]:
        """The list's columns, in lower case."""
        return self._columns

    def rows(self, edit: Edit, more_columns: Sequence[str] = ()) -> Iterator[str]:
        """Yield the list's text, piece by piece, with its rows edited; comments and invalid rows are copied.

        `more_columns` are appended to the header; rows that are not edited stay shorter than it.
        """
        yield from self._copy(self._table.header_line - 1)
        header = self._next_lines(1)
        self._line_end = _line_end(header) or "\n"
        self._columns += more_columns
        names = "".join(f"{self._table.separator}{name}" for name in more_columns)
        yield header.removesuffix(_line_end(header)) + names + _line_end(header)
        for row in self._table.rows():
            if isinstance(row, Row):
                yield from self._copy(row.line - 1 - self._number)
                text = self._next_lines(row.last - self._number)
                changes = edit(row)
                if changes is not None:
                    yield self._text(row.cells, changes, _line_end(text)) if changes else text
        yield from self._copy(None)

    def added(self, rows: Iterable[Mapping[str, str]]) -> Iterator[str]:
        """New rows, by column, as text to append after all others."""
        for values in rows:
            if not _line_end(self._last):
                yield self._line_end
            self._last = self._text([""] * len(self._columns), values, self._line_end)
            yield self._last

    def _copy(self, count: int | None) -> Iterator[str]:
        for number, line in islice(self._lines, count):
            self._number, self._last = number, line
            yield line

    def _next_lines(self, count: int) -> str:
        return "".join(self._copy(count))

    def _text(self, cells: Sequence[str], changes: Mapping[str, str], line_end: str) -> str:
        filled = [*cells, *[""] * (len(self._columns) - len(cells))]
        for column, value in changes.items():
            filled[self._columns.index(column)] = value
        text = self._written(filled)
        return (self._written(filled, quote_all=True) if COMMENT.match(text) else text) + line_end

    def _written(self, cells: Sequence[str], *, quote_all: bool = False) -> str:
        out = io.StringIO(newline="")
        # The writer quotes a field that contains a character of its line end, so a field of two lines is unchanged.
        csv.writer(
            out,
            delimiter=self._table.separator,
            quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL,
            lineterminator="\r\n",
        ).writerow(cells)
        return out.getvalue().removesuffix("\r\n")


def _line_end(text: str) -> str:
    return text[len(text.rstrip("\r\n")) :]
