"""Values of results as pages show them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from jobs.results.rows.values import ITEM_SEPARATOR, Kind

LONGEST = 300
FEW = 2
WIDE = 25
"""Longer texts may be cut off by the width of their column."""


@dataclass(frozen=True, slots=True)
class ResultCell:
    """One value: `text` for the eye, `title` for the pointer where that says more, items of lists, folded JSON."""

    text: str = ""
    title: str = ""
    items: list[str] = field(default_factory=list)
    more: list[str] = field(default_factory=list)
    json: str = ""
    is_figure: bool = False
    is_empty: bool = False


def cell_of(kind: Kind, text: str | None) -> ResultCell:
    """Return how a stored text of a column of `kind` is shown."""
    if text is None:
        return ResultCell(is_empty=True)
    if ITEM_SEPARATOR in text:
        items = text.split(ITEM_SEPARATOR)
        return ResultCell(items=items[:FEW], more=items[FEW:])
    if kind is Kind.OBJECT and text[:1] in "{[":
        return _folded(text)
    if kind is Kind.SIZE:
        return ResultCell(text.partition(" (")[0], title=text, is_figure=True)
    if kind is Kind.DATE:
        return ResultCell(text.replace("T", " ").removesuffix("Z")[:19], title=text)
    if kind is Kind.NUMBER:
        return ResultCell(text.removesuffix(".0"), is_figure=True)
    if len(text) > LONGEST:
        return ResultCell(f"{text[:LONGEST]}…", title=f"{len(text):,} characters: open the object to see all")
    return ResultCell(text, title=text if len(text) > WIDE else "", is_figure=kind is Kind.DURATION)


def powershell_value(value: Any) -> str:
    """Return a value as PowerShell's `Format-List` writes it, lists a line each."""
    if value is None:
        return ""
    if isinstance(value, list):
        return "\n".join(powershell_value(item) for item in value)
    if isinstance(value, Mapping):
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return str(value)


def format_list(properties: Mapping[str, Any]) -> str:
    """Return an object as PowerShell's `Format-List` writes it."""
    width = max(map(len, properties), default=0)
    indent = "\n" + " " * (width + 3)
    lines = [
        f"{name:<{width}} : {indent.join(powershell_value(value).splitlines())}" for name, value in properties.items()
    ]
    return "\n".join(line.rstrip() for line in lines)


def _folded(text: str) -> ResultCell:
    try:
        value = orjson.loads(text)
    except ValueError:
        return ResultCell(text[:LONGEST])
    number, noun = len(value), "property" if isinstance(value, dict) else "entry"
    words = f"1 {noun}" if number == 1 else f"{number:,} {noun.removesuffix('y')}ies"
    return ResultCell(words, json=orjson.dumps(value, option=orjson.OPT_INDENT_2).decode())
