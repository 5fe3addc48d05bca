"""Values of results as texts that can be searched, and as numbers that can be ordered."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson

from portal.core.text import storable

ITEM_SEPARATOR = "\x1f"
"""Stands between the items of a list."""


class Kind(StrEnum):
    """What the values of a column are."""

    EMPTY = "empty"
    TEXT = "text"
    NUMBER = "number"
    SIZE = "size"
    DATE = "date"
    DURATION = "duration"
    TRUTH = "truth"
    UNLIMITED = "unlimited"
    LIST = "list"
    OBJECT = "object"

    @property
    def has_amounts(self) -> bool:
        """Whether its values are ordered as numbers."""
        return self in _WITH_AMOUNTS


_WITH_AMOUNTS = frozenset({Kind.NUMBER, Kind.SIZE, Kind.DATE, Kind.DURATION})
_FIRST_OF_AMOUNTS = frozenset("0123456789-")
_SIZE = re.compile(r"[\d.,]+ (?:B|KB|MB|GB|TB) \((\d[\d,]*) bytes\)")
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_DURATION = re.compile(r"(-?)(?:(\d{1,8})\.)?(\d\d):(\d\d):(\d\d(?:\.\d+)?)")


def text_of(value: Any) -> str | None:
    """Return a value as text; None when it is empty. Lists of simple values keep their items apart."""
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, str):
        return value if value.isascii() and "\0" not in value else storable(value)
    if isinstance(value, bool | int | float):
        return str(value)
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return ITEM_SEPARATOR.join(text_of(item) or "" for item in value) or None
    return storable(orjson.dumps(value).decode())


def measure(value: Any) -> tuple[Kind, float | None]:
    """Return the kind of a value and its amount: bytes, seconds, seconds since 1970, or the number itself."""
    if isinstance(value, bool):
        return Kind.TRUTH, None
    if isinstance(value, int | float):
        return Kind.NUMBER, float(value)
    if isinstance(value, str):
        return _measure_text(value)
    if isinstance(value, list) and not any(isinstance(item, dict | list) for item in value):
        return Kind.LIST, None
    return Kind.OBJECT, None


def _measure_text(text: str) -> tuple[Kind, float | None]:
    if text == "Unlimited":
        return Kind.UNLIMITED, float("inf")
    if text[:1] not in _FIRST_OF_AMOUNTS:
        return Kind.TEXT, None
    if found := _SIZE.fullmatch(text):
        return Kind.SIZE, float(found[1].replace(",", ""))
    if _DATE.match(text) and (seconds := seconds_of(text)) is not None:
        return Kind.DATE, seconds
    if found := _DURATION.fullmatch(text):
        sign, days, hours, minutes, seconds_text = found.groups()
        length = timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=float(seconds_text))
        return Kind.DURATION, length.total_seconds() * (-1 if sign else 1)
    return Kind.TEXT, None


def seconds_of(text: str) -> float | None:
    """Return a date or moment in ISO 8601 as seconds since 1970 (UTC unless it says otherwise), or None."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def value_of(kind: Kind, text: str | None) -> Any:
    """Return a stored text of a column of `kind` as the value that it was, as far as a column of one kind can tell."""
    if text is None:
        return None
    if ITEM_SEPARATOR in text:
        return text.split(ITEM_SEPARATOR)
    if kind is Kind.TRUTH:
        return text == "True"
    if kind is Kind.NUMBER and text != "Unlimited":
        return float(text) if "." in text or "e" in text else int(text)
    if kind is Kind.DATE:
        moment = datetime.fromisoformat(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if kind is Kind.LIST:
        return [text]
    if kind is Kind.OBJECT and text[:1] in "{[":
        with suppress(orjson.JSONDecodeError):  # a text among objects may begin like one
            return orjson.loads(text)
    return text


def common_kind(kinds: set[Kind]) -> Kind:
    """Return the kind of a column in which values of `kinds` occur."""
    kinds = kinds - {Kind.EMPTY}
    if len(kinds) == 1:
        return next(iter(kinds))
    if kinds == {Kind.SIZE, Kind.UNLIMITED} or kinds == {Kind.NUMBER, Kind.UNLIMITED}:
        return next(iter(kinds - {Kind.UNLIMITED}))
    for kind in (Kind.OBJECT, Kind.LIST):
        if kind in kinds:
            return kind
    return Kind.TEXT if kinds else Kind.EMPTY
