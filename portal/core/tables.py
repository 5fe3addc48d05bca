"""Tables that people upload: text files of any usual encoding and separator, read into rows."""

import csv
from collections import Counter
from dataclasses import dataclass
from io import StringIO

from portal.core.refusals import Refused

LARGEST_FILE = 1_000_000
"""How many bytes of an uploaded table are read."""

MOST_ROWS = 20_000
MOST_COLUMNS = 500
_SEPARATORS = ",;\t|"
_LOOKED_AT = 50
_KINDS = (
    (b"PK\x03\x04", "a workbook or an archive. Save the sheet as CSV, and upload that"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook. Save the sheet as CSV, and upload that"),
    (b"%PDF", "a PDF. Export its table as CSV, and upload that"),
)


class UnreadableTable(Refused):
    """The file is no table that can be read."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table with the number of the line on which it begins, from 1."""

    line: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """A table that was read; `encoding` is how its text was stored, in words. Empty lines are left out."""

    rows: list[Row]
    encoding: str


def read_table(content: bytes) -> Table:
    """Return the rows of a CSV file; raises `UnreadableTable` and says what is wrong with it and what to do."""
    if len(content) > LARGEST_FILE:
        raise UnreadableTable(
            f"The file has {len(content):,} bytes; at most {LARGEST_FILE:,} are read. Keep only the column that counts."
        )
    for start, kind in _KINDS:
        if content.startswith(start):
            raise UnreadableTable(f"The file is {kind}.")
    text, encoding = _decoded(content)
    rows = _rows(text)
    if not rows:
        raise UnreadableTable("The file is empty. Choose one with an organization in each line.")
    return Table(rows, encoding)


def _decoded(content: bytes) -> tuple[str, str]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _text(content, "utf-16"), "UTF-16"
    if content.startswith(b"\xef\xbb\xbf"):
        return _text(content, "utf-8-sig"), "UTF-8"
    if b"\x00" in content[:200]:
        little = content[:200:2].count(0) < content[1:200:2].count(0)
        return _text(content, "utf-16-le" if little else "utf-16-be"), "UTF-16"
    try:
        return _checked(content.decode("utf-8")), "UTF-8"
    except UnicodeDecodeError:
        return _text(content, "cp1252"), "Windows-1252"


def _text(content: bytes, encoding: str) -> str:
    try:
        return _checked(content.decode(encoding))
    except UnicodeDecodeError as error:
        raise UnreadableTable(
            "The file is no text in UTF-8, UTF-16 or Windows-1252. Save it as “CSV UTF-8”, and upload that."
        ) from error


def _checked(text: str) -> str:
    """Return `text` unless it holds characters that no table has."""
    if any(character < " " and character not in "\t\r\n\x0b\x0c" for character in text):
        raise UnreadableTable("The file is binary, not text. Upload a CSV file with an organization in each line.")
    return text


def _rows(text: str) -> list[Row]:
    separator = _separator(text)
    reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
    rows: list[Row] = []
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(Row(line, cells))
            line = reader.line_num + 1
            if len(rows) > MOST_ROWS:
                raise UnreadableTable(f"The file has more than {MOST_ROWS:,} rows. Upload it in parts.")
            if len(cells) > MOST_COLUMNS:
                raise UnreadableTable(
                    f"Line {reader.line_num} has {len(cells):,} cells; at most {MOST_COLUMNS} columns are read."
                )
    except csv.Error as error:
        raise UnreadableTable(
            f"Line {reader.line_num} cannot be read as CSV: {error}. Save the file again as CSV."
        ) from error
    return rows


def _separator(text: str) -> str:
    """Return the separator that parts most lines into the same number of cells, a comma when none does."""
    lines = [line for line in text.splitlines()[:_LOOKED_AT] if line.strip()]

    def fitness(separator: str) -> tuple[int, int]:
        try:
            widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=separator))
        except csv.Error:
            return 0, 0
        width, number = max(widths.items(), key=lambda item: (item[0] > 1, item[1]), default=(1, 0))
        return (number if width > 1 else 0, width)

    return max(_SEPARATORS, key=fitness)
