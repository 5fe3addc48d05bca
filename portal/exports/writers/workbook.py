"""XLSX that Excel opens without a warning: typed cells, a frozen heading with filters, nothing to execute."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any
from uuid import UUID

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from portal.core.refusals import Refused
from portal.exports.listings import Row
from portal.exports.writers.values import as_text

ROWS_A_SHEET = 1_048_576
COLUMNS_A_SHEET = 16_384
CHARACTERS_A_CELL = 32_767
EXACT_NUMBERS = 10**15
"""Excel keeps 15 digits of a number; a longer one is written as text, so that none is lost."""
FIRST_DAY = datetime(1900, 3, 1, tzinfo=UTC)
"""Excel takes 1900 for a leap year: days before this are off by one, so they are written as text."""
MARK = "… [shortened here: Excel takes 32,767 characters a cell; CSV and JSONL hold all {:,}]"

_FORBIDDEN = re.compile("[\ud800-\udfff\ufffe\uffff]")
_BARRED_IN_TITLES = re.compile(r"[\[\]:*?/\\\x00-\x1f]")

About = Callable[[int], Iterable[tuple[str, str]]]
"""What the sheet "About" says once the number of rows is known."""


class TooManyColumns(Refused):
    """The table is wider than a sheet."""


@dataclass
class _Book:
    """A workbook that is being written, row by row."""

    book: xlsxwriter.Workbook
    title: str
    columns: Sequence[str]
    sheets: list[Worksheet] = field(default_factory=list)
    rows: int = 0
    shortened: int = 0

    def __post_init__(self) -> None:
        self.bold: Format = self.book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        self.moment: Format = self.book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})

    def write(self, rows: Iterable[Row], rows_a_sheet: int) -> None:
        """Write every row, on as many sheets as it takes; without rows, the heading alone."""
        line = self._new_sheet()
        for row in rows:
            if line == rows_a_sheet:
                self._close_sheet(line)
                line = self._new_sheet()
            for number, column in enumerate(self.columns):
                self._cell(line, number, row.get(column))
            line += 1
            self.rows += 1
        self._close_sheet(line)

    def describe(self, facts: Iterable[tuple[str, str]]) -> None:
        """Add the sheet "About"."""
        sheet = self.book.add_worksheet("About")
        sheet.set_column(0, 0, 24)
        sheet.set_column(1, 1, 100)
        for line, (name, value) in enumerate(facts):
            sheet.write_string(line, 0, self._text(name), self.bold)
            sheet.write_string(line, 1, self._text(value))

    def _new_sheet(self) -> int:
        number = len(self.sheets) + 1
        sheet = self.book.add_worksheet(_sheet_title(self.title, number))
        self.sheets.append(sheet)
        sheet.freeze_panes(1, 0)
        for number, column in enumerate(self.columns):
            sheet.set_column(number, number, min(max(len(column) + 4, 12), 40))
        for number, column in enumerate(self.columns):
            sheet.write_string(0, number, self._text(column), self.bold)
        return 1

    def _close_sheet(self, lines: int) -> None:
        if self.columns:
            self.sheets[-1].autofilter(0, 0, lines - 1, len(self.columns) - 1)

    def _cell(self, line: int, number: int, value: Any) -> None:
        sheet = self.sheets[-1]
        if value is None or value == "":
            return
        if isinstance(value, bool):
            sheet.write_boolean(line, number, value)
        elif isinstance(value, int | float) and isfinite(value) and abs(value) < EXACT_NUMBERS:
            sheet.write_number(line, number, value)
        elif isinstance(value, datetime) and value.tzinfo and value >= FIRST_DAY:
            sheet.write_datetime(line, number, value.astimezone(UTC).replace(tzinfo=None), self.moment)
        else:
            sheet.write_string(line, number, self._text(str(value) if isinstance(value, UUID) else as_text(value)))

    def _text(self, text: str) -> str:
        """Return `text` fit for a cell: what XML forbids replaced, cut to what Excel takes, and counted if cut."""
        clean = _FORBIDDEN.sub("\ufffd", text)
        if _units(clean) <= CHARACTERS_A_CELL:
            return clean
        self.shortened += 1
        mark = MARK.format(len(clean))
        return _cut(clean, CHARACTERS_A_CELL - _units(mark)) + mark


def write_xlsx(
    path: Path,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Row],
    about: About,
    *,
    rows_a_sheet: int = ROWS_A_SHEET,
) -> tuple[int, str]:
    """Write the rows and a sheet that says what they are; returns the number of rows and a note on what was shortened.

    Memory is constant: each row goes to a temporary file beside `path` at once. Raises `TooManyColumns`.
    """
    if len(columns) > COLUMNS_A_SHEET:
        raise TooManyColumns(
            f"{len(columns):,} columns are more than the {COLUMNS_A_SHEET:,} of an Excel sheet. Export CSV or JSONL."
        )
    options = {
        "constant_memory": True,
        "tmpdir": str(path.parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "use_zip64": True,
    }
    with xlsxwriter.Workbook(str(path), options) as workbook:
        book = _Book(workbook, title, columns)
        book.write(rows, rows_a_sheet)
        note = _note(book)
        book.describe([*about(book.rows), *([("Note", note)] if note else [])])
    return book.rows, note


def _note(book: _Book) -> str:
    parts = []
    if book.shortened:
        cells = "1 cell was" if book.shortened == 1 else f"{book.shortened:,} cells were"
        parts.append(f"{cells} longer than Excel takes and shortened; CSV and JSONL hold them whole.")
    if len(book.sheets) > 1:
        parts.append(f"The rows are on {len(book.sheets)} sheets, because a sheet holds {ROWS_A_SHEET - 1:,}.")
    return " ".join(parts)


def _sheet_title(title: str, number: int) -> str:
    """Return a name that Excel takes: 31 characters, none of `[]:*?/\\`, no apostrophe at either end."""
    suffix = f" {number}" if number > 1 else ""
    words = _BARRED_IN_TITLES.sub(" ", _FORBIDDEN.sub(" ", title))
    name = _cut(words, 31 - len(suffix)).strip().strip("'").strip()
    return f"{name if name and name.casefold() not in ('history', 'about') else 'Rows'}{suffix}"


def _units(text: str) -> int:
    """Return the length as Excel counts it: in UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def _cut(text: str, units: int) -> str:
    return text.encode("utf-16-le", "replace")[: units * 2].decode("utf-16-le", "ignore")
