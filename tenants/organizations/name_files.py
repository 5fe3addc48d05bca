"""Organizations from an uploaded table: the column that names them is found by what it holds."""

import re
from dataclasses import dataclass

from portal.core.actors import Actor
from portal.core.tables import Row, Table, UnreadableTable, read_table
from tenants.organizations.name_lists import Directory

_TRIED = 200
_EXACT = re.compile(r"[\w-]\.[a-z]|[0-9a-f]{8}-", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NameFile:
    """The column of a table that names organizations, as a list whose lines are those of the file.

    `note` says in words what was read: which column, how many rows, and how the text was stored.
    """

    text: str
    note: str


def read_name_file(actor: Actor, name: str, content: bytes) -> NameFile:
    """Return the column of an uploaded file that names organizations which `actor` may see.

    Raises `UnreadableTable` when there is none, or when the file is no table.
    """
    table = read_table(content)
    directory = Directory(actor)
    column = _column(directory, table)
    heading = None if directory.called(_cell(table.rows[0], column)) else table.rows[0]
    rows = [row for row in table.rows if row is not heading]
    lines = [""] * max(row.line for row in table.rows)
    for row in rows:
        lines[row.line - 1] = " ".join(_cell(row, column).split())
    title = f"column “{_cell(heading, column).strip()}”" if heading else f"column {column + 1}"
    if heading:
        lines[heading.line - 1] = f"# {_cell(heading, column).strip()}"
    empty = sum(not line for line in lines)
    note = f"{name}: {title}, {len(rows):,} rows, stored as {table.encoding}"
    return NameFile("\n".join(lines), f"{note}, {empty:,} empty lines." if empty else f"{note}.")


def _column(directory: Directory, table: Table) -> int:
    """Return the column of which most cells name an organization; of equals the one with most domains and ids."""
    tried = table.rows[:_TRIED]
    width = max(len(row.cells) for row in tried)
    hits = [sum(bool(directory.called(_cell(row, column))) for row in tried) for column in range(width)]
    if not any(hits):
        first = ", ".join(f"“{cell.strip()[:40]}”" for cell in table.rows[0].cells[:8])
        raise UnreadableTable(
            "No column of the file names an organization that you can see. "
            f"A column needs domains, tenant ids or names; the first row reads {first}."
        )
    exact = [sum(bool(_EXACT.search(_cell(row, column))) for row in tried) for column in range(width)]
    return max(range(width), key=lambda column: (hits[column], exact[column]))


def _cell(row: Row, column: int) -> str:
    return row.cells[column] if column < len(row.cells) else ""
