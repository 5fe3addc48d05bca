"""Results as files: CSV that no spreadsheet executes, JSON lines that keep every type."""

import csv
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import orjson

from jobs.results.selectors import ORGANIZATION_COLUMNS, TargetRows
from portal.core.csv_rows import safe_cell


def write_csv(file: TextIO, columns: Sequence[str], targets: Iterable[TargetRows]) -> int:
    """Write one line per object, and one per organization without objects; returns the number of lines."""
    writer = csv.writer(file)
    writer.writerow([*ORGANIZATION_COLUMNS, *map(safe, columns)])
    lines = 0
    for item in targets:
        place = _place(item)
        for row in item.rows or [{}]:
            writer.writerow([safe(value) for value in (*place, *(row.get(column) for column in columns))])
            lines += 1
    return lines


def write_jsonl(file: TextIO, targets: Iterable[TargetRows]) -> int:
    """Write one JSON object per organization with all its objects; returns the number of lines."""
    lines = 0
    for item in targets:
        file.write(json_line(item))
        lines += 1
    return lines


def json_line(item: TargetRows) -> str:
    """Return one organization's outcome and objects as one line of JSON."""
    target = item.target
    record = {
        "organization": target.organization_name,
        "tenant_id": str(target.organization.tenant_id),
        "state": target.state,
        "error_class": target.error_class,
        "error_code": target.error_code,
        "error_detail": target.error_detail,
        "rows": item.rows,
    }
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE).decode()


def safe(value: Any) -> str:
    """Return a CSV cell; what a spreadsheet would take for a formula is made text by a leading apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return str(value)
    return safe_cell(value if isinstance(value, str) else orjson.dumps(value).decode())


def _place(item: TargetRows) -> tuple[str, str, str, str, str]:
    target = item.target
    return (
        target.organization_name,
        str(target.organization.tenant_id),
        target.state,
        target.error_class,
        target.error_detail,
    )
