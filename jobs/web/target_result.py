"""The answer of Exchange in one organization: a page of its objects as a table and as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.http import QueryDict

from jobs.results.bodies import decompress
from jobs.results.models import Result

ROWS = 100
COLUMNS = 8
_FIRST_COLUMNS = ("Name", "DisplayName", "Identity", "PrimarySmtpAddress", "UserPrincipalName", "RecipientTypeDetails")


@dataclass(frozen=True, slots=True)
class ResultTable:
    """A page of objects as texts; `upright` when the one object there is stands as names and values.

    `first` and `last` count objects from 1; `choices` are all columns, each with whether it is shown.
    """

    columns: list[str]
    rows: list[list[str]]
    upright: bool
    row_count: int
    first: int
    last: int
    choices: list[tuple[str, bool]]
    json: str
    previous_url: str
    next_url: str

    @property
    def columns_left_out(self) -> int:
        """How many columns the table does not show."""
        return 0 if self.upright else len(self.choices) - len(self.columns)


def result_table(result: Result, query: QueryDict) -> ResultTable:
    """Return the page of an answer that starts at the object `row`, with the columns `column`, both of the address."""
    first = _first(query.get("row", ""), result.row_count)
    rows = _page(bytes(result.body), first)
    pretty = json.dumps(rows, indent=2, ensure_ascii=False)
    last = first + len(rows) - 1
    upright = result.row_count == 1
    columns = result.columns if upright else _columns(result.columns, query.getlist("column"))
    cells = [[readable(row.get(name)) for name in columns] for row in rows]
    if upright:
        cells = [[name, value] for name, value in zip(columns, cells[0], strict=True)]
    return ResultTable(
        columns=["Name", "Value"] if upright else columns,
        rows=cells,
        upright=upright,
        row_count=result.row_count,
        first=first,
        last=last,
        choices=[(name, name in columns) for name in result.columns],
        json=pretty,
        previous_url=_url(query, max(1, first - ROWS)) if first > 1 else "",
        next_url=_url(query, last + 1) if last < result.row_count else "",
    )


def readable(value: Any) -> str:
    """Return a value as a person reads it: lists a line each, nested objects as "name: value"."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "\n".join(readable(item) for item in value)
    if isinstance(value, Mapping):
        return "\n".join(f"{key}: {_inline(item)}" for key, item in value.items() if "@" not in key)
    return str(value)


def _inline(value: Any) -> str:
    return readable(value).replace("\n", ", ")


def _first(text: str, row_count: int) -> int:
    """Return the object that the page starts with: the first where the address says nothing that there is."""
    wanted = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 1
    return wanted if 1 <= wanted <= row_count else 1


def _page(compressed: bytes, first: int) -> list[dict[str, Any]]:
    lines = decompress(compressed).splitlines()
    return [orjson.loads(line) for line in lines[first - 1 : first - 1 + ROWS]]


def _columns(columns: Sequence[str], wanted: Sequence[str]) -> list[str]:
    """Return the wanted columns; by default those that name an object, then the next ones in Exchange's order."""
    if chosen := [name for name in columns if name in wanted]:
        return chosen
    first = [name for name in _FIRST_COLUMNS if name in columns]
    return [*first, *(name for name in columns if name not in first)][:COLUMNS]


def _url(query: QueryDict, row: int) -> str:
    changed = query.copy()
    changed["row"] = str(row)
    return f"?{changed.urlencode()}#result"
