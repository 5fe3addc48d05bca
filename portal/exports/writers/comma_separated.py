"""CSV that Excel opens right and no spreadsheet executes: UTF-8 with a byte order mark, quoted as RFC 4180 says."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

from portal.core.csv_rows import safe_cell
from portal.exports.listings import Row
from portal.exports.writers.values import as_text

NUL_SHOWN = "\u2400"
"""The picture of NUL: NUL itself ends a cell, or the whole file, for many readers."""


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write a file with a heading and one line a row; returns the number of rows."""
    with path.open("w", encoding="utf-8-sig", errors="replace", newline="") as file:
        return write_csv_lines(file, columns, rows)


def write_csv_lines(file: TextIO, columns: Sequence[str], rows: Iterable[Row]) -> int:
    """Write a heading and one line a row to an open text file; returns the number of rows."""
    writer = csv.writer(file)
    writer.writerow([_cell(column) for column in columns])
    count = 0
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
        count += 1
    return count


def _cell(value: Any) -> str:
    if isinstance(value, bool | int | float):
        return str(value)
    return safe_cell(as_text(value).replace("\x00", NUL_SHOWN))
