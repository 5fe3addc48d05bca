"""Between what a person types in a form field or on the command line and the typed value of a parameter."""

import base64
from datetime import datetime

from jobs.catalogue.cmdlets import Parameter
from jobs.catalogue.kinds import Kind
from jobs.catalogue.literals import is_literal, parse_literal
from jobs.catalogue.powershell import literal
from jobs.catalogue.problems import BadText, BadValue
from jobs.catalogue.values import typed_value
from portal.core.powershell_text import quoted

_BOOLEANS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}


def parse_text(parameter: Parameter, text: str | list[str]) -> object:
    """Return the typed value of what was typed for `parameter`.

    Understands plain words, PowerShell literals ($true, $null, 'a','b', @{Add='a'; Remove='b'}), lists separated by
    commas or lines, and lines that begin with + or - for a partial change. A list of texts is a list of elements.
    A time without a zone is UTC; a zone such as Europe/Berlin may stand behind it. Raises `BadText`.
    """
    try:
        if parameter.kind is Kind.SECRET:
            return typed_value(parameter, text, reading=False, required=False)
        value = [_plain(item) for item in text] if isinstance(text, list) else _parse(parameter, text.strip())
        return typed_value(parameter, value, reading=False, required=False)
    except BadValue as bad:
        raise BadText(f"{parameter.name} {bad}.", bad.suggestion) from None


def _parse(parameter: Parameter, text: str) -> object:
    if text.lower() == "$null":
        return None
    if parameter.kind in (Kind.BOOL, Kind.SWITCH):
        return _BOOLEANS.get(text.lower().removeprefix("$"), text)
    if parameter.kind is Kind.HASHTABLE:
        return parse_literal(text)
    if parameter.add_remove and text.startswith("@{"):
        return parse_literal(text)
    if parameter.add_remove and _is_change(text):
        return _change(text)
    if parameter.multivalued:
        return _items(text)
    if parameter.kind is Kind.OTHER and text.startswith(("@{", "@(")) and is_literal(text):
        return parse_literal(text)
    return _plain(text)


def _plain(text: str) -> object:
    """Return the content of a quoted string, and anything else as it stands."""
    text = text.strip()
    return parse_literal(text) if len(text) > 1 and text[0] == text[-1] == "'" and is_literal(text) else text


def _items(text: str) -> object:
    """Return the elements of a list written as PowerShell, in lines, or between commas."""
    if not text or text == "@()":
        return []
    if text[0] in "'\"@(" and is_literal(text):
        return parse_literal(text)
    parts = text.splitlines() if "\n" in text else text.split(",")
    return [part.strip() for part in parts if part.strip()]


def _is_change(text: str) -> bool:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return bool(lines) and all(line[0] in "+-" and line[1:].strip() for line in lines)


def _change(text: str) -> dict[str, object]:
    change: dict[str, list[object]] = {}
    for line in filter(None, (line.strip() for line in text.splitlines())):
        change.setdefault("Add" if line[0] == "+" else "Remove", []).append(line[1:].strip())
    return dict(change)


def format_value(parameter: Parameter, value: object) -> str:
    """Return a typed value as text that `parse_text` reads back: words as they are, the rest as PowerShell literals."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, str) and (value != value.strip() or _misread(parameter, value)):
        return quoted(value)
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        return str(value)
    return literal(value)


def typed_text(parameter: Parameter, value: object) -> str:
    """Return what a person types for a value, as `parse_text` reads it back: lines and signs before literals."""
    if isinstance(value, bool) and parameter.kind in (Kind.BOOL, Kind.SWITCH):
        return "yes" if value else "no"
    if isinstance(value, list) and _are_lines(value):
        return "\n".join(map(str, value))
    if isinstance(value, dict) and parameter.add_remove and _is_readable_change(value):
        signs = {"Add": "+", "Remove": "-"}
        return "\n".join(f"{signs[key]}{item}" for key, items in value.items() for item in items)
    return format_value(parameter, value)


def _are_lines(items: list[object]) -> bool:
    """Whether each item can stand on a line of its own and be read back as it is."""
    alone = len(items) == 1 and "," in str(items[0])
    return bool(items) and not alone and all(_is_line(item) for item in items)


def _is_line(item: object) -> bool:
    if isinstance(item, int) and not isinstance(item, bool):
        return True
    return isinstance(item, str) and item == item.strip() and len(item.splitlines()) == 1 and item[0] not in "+-@'\"($"


def _is_readable_change(change: dict[str, object]) -> bool:
    return all(
        key in ("Add", "Remove") and isinstance(items, list) and bool(items) and all(_is_line(item) for item in items)
        for key, items in change.items()
    )


def _misread(parameter: Parameter, text: str) -> bool:
    return text.lower() == "$null" or (parameter.add_remove and text.startswith(("@{", "+", "-"))) or text[:1] == "'"
