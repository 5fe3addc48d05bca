"""JSON lines: one object a row, every value with its type; what a row has not is left out."""

import json
from collections.abc import Iterable
from pathlib import Path

import orjson

from portal.exports.listings import Row

_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def write_jsonl(path: Path, rows: Iterable[Row]) -> int:
    """Write one line a row; returns the number of rows."""
    count = 0
    with path.open("wb") as file:
        for row in rows:
            file.write(_line(row))
            count += 1
    return count


def _line(row: Row) -> bytes:
    try:
        return orjson.dumps(dict(row), default=str, option=_OPTIONS)
    except TypeError:  # half a surrogate pair, or an integer beyond 64 bits: the slower encoder takes both
        return json.dumps(dict(row), default=str).encode() + b"\n"
