"""Cells: what a value becomes in a file that knows only text."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import orjson

_OPTIONS = orjson.OPT_NON_STR_KEYS | orjson.OPT_UTC_Z


def as_text(value: Any) -> str:
    """Return `value` as text: times in ISO 8601 (UTC), nested values as JSON, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping | list | tuple):
        return orjson.dumps(value, default=str, option=_OPTIONS).decode()
    return str(value)
