"""Controls of several parts: how these become one text that `parse_text` reads, and the text becomes parts again."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from jobs.catalogue.literals import is_literal, parse_literal
from jobs.catalogue.powershell import literal
from jobs.catalogue.problems import BadValue
from jobs.web.parameter_controls import UNLIMITED
from portal.core.powershell_text import quoted

Posted = Mapping[str, Sequence[str]]
Parts = dict[str, str]
NULL = "$null"

_MEASURE = re.compile(r"(\d+(?:[.,]\d+)?)\s*([KMGT]?B)?", re.IGNORECASE | re.ASCII)
_SPAN = re.compile(r"(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?|(\d+)", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(Z|[+-]\d{2}:\d{2}|[A-Za-z][\w/+-]*)?", re.ASCII
)
_NUMBER = re.compile(r"-?\d{1,18}", re.ASCII)
_SPAN_PARTS = ("days", "hours", "minutes", "seconds")


def joined(control: str, posted: Posted) -> str:
    """Return the text that the parts of a control mean; `posted` holds the control's own value under the empty name."""
    if _one(posted, "null"):
        return NULL
    return _JOIN.get(control, _own)(posted).replace("\r\n", "\n")


def split(control: str, text: str) -> Parts | None:
    """Return the parts of `text`, or None when the control has none for it; then the text itself is shown.

    The own value stands under the empty name.
    """
    if control not in _SPLIT:
        return {"": text}
    if text.lower() == NULL:
        return {"null": "on"}
    return _SPLIT[control](text) if text else {}


def rows_of(text: str) -> list[tuple[str, str]] | None:
    """Return the keys and values of a hashtable as cells to type in; None when it has more than plain values."""
    try:
        table = parse_literal(text) if text else {}
    except BadValue:
        return None
    if not isinstance(table, dict) or any(isinstance(item, dict | list) for item in table.values()):
        return None
    return [(str(key), _cell(item)) for key, item in table.items()]


def _one(posted: Posted, part: str) -> str:
    values = posted.get(part, ())
    return values[-1].strip() if values else ""


def _own(posted: Posted) -> str:
    values = posted.get("", ())
    return values[-1] if values else ""


def _join_checks(posted: Posted) -> str:
    return "\n".join(value for value in posted.get("", ()) if value.strip())


def _join_measure(posted: Posted) -> str:
    number, unit = _own(posted).strip(), _one(posted, "unit")
    if unit == UNLIMITED:
        return UNLIMITED
    return f"{number} {unit}".strip() if number and number[-1].isdecimal() else number


def _split_measure(text: str) -> Parts | None:
    if text.lower() == UNLIMITED.lower():
        return {"": "", "unit": UNLIMITED}
    found = _MEASURE.fullmatch(text)
    return {"": found.group(1), "unit": (found.group(2) or "B").upper()} if found else None


def _split_count(text: str) -> Parts | None:
    if text.lower() == UNLIMITED.lower():
        return {"": "", "unit": UNLIMITED}
    return {"": text}


def _join_moment(posted: Posted) -> str:
    """Return a local time with its zone; what already has a zone, or is no such time, stays as it is."""
    text, zone = _own(posted).strip(), _one(posted, "zone")
    found = _MOMENT.fullmatch(text)
    if found is None or found.group(2):
        return text
    return f"{text}{zone}" if zone[:1] in ("+", "-") else f"{text} {zone or 'UTC'}"


def _split_moment(text: str) -> Parts | None:
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        return None
    try:
        datetime.fromisoformat(found.group(1))
    except ValueError:
        return None
    return {"": found.group(1).replace(" ", "T"), "zone": "UTC" if found.group(2) in (None, "Z") else found.group(2)}


def _join_span(posted: Posted) -> str:
    """Return days.hours:minutes:seconds; 48 hours are two days."""
    texts = [_one(posted, part) for part in _SPAN_PARTS]
    if not any(texts):
        return _own(posted)
    if not all(text.isascii() and text.isdecimal() and len(text) < 10 for text in texts if text):
        return " ".join(f"{text} {part}" for text, part in zip(texts, _SPAN_PARTS, strict=True) if text)
    days, hours, minutes, seconds = (int(text or 0) for text in texts)
    minutes, seconds = minutes + seconds // 60, seconds % 60
    hours, minutes = hours + minutes // 60, minutes % 60
    return f"{days + hours // 24}.{hours % 24:02}:{minutes:02}:{seconds:02}"


def _split_span(text: str) -> Parts | None:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        return None
    *parts, days_alone = found.groups()
    values = [days_alone, None, None, None] if days_alone else parts
    return {part: str(int(value)) for part, value in zip(_SPAN_PARTS, values, strict=True) if value and int(value)}


def _join_table(posted: Posted) -> str:
    numbers = sorted(int(part[3:]) for part in posted if part.startswith("key") and part[3:].isdecimal())
    pairs = [(_one(posted, f"key{number}"), _one(posted, f"value{number}")) for number in numbers]
    rows = [f"{quoted(key)} = {_written(value)}" for key, value in pairs if key or value]
    return f"@{{{'; '.join(rows)}}}" if rows else _own(posted)


def _split_table(text: str) -> Parts | None:
    return {"": ""} if rows_of(text) is not None else None


def _written(cell: str) -> str:
    """Return a cell as a literal: constants, numbers and literals as they stand, everything else quoted."""
    text = cell.strip()
    is_plain = text.lower() in ("$true", "$false", NULL) or _NUMBER.fullmatch(text)
    is_written = text[:1] in ("'", "@") and is_literal(text)
    return text if is_plain or is_written else quoted(cell)


def _cell(value: object) -> str:
    if not isinstance(value, str):
        return literal(value).strip("()")
    return value if _written(value) == quoted(value) else quoted(value)


def _join_change(posted: Posted) -> str:
    """Return the lines to add and remove, or the whole list, as the mode says; a mode without values gives way."""
    signs = {"add": "+", "remove": "-"}
    lines = [
        f"{sign}{line.strip()}"
        for part, sign in signs.items()
        for line in _one(posted, part).splitlines()
        if line.strip()
    ]
    whole = _own(posted)
    if lines and (_one(posted, "mode") != "replace" or not whole.strip()):
        return "\n".join(lines)
    return whole


def _split_change(text: str) -> Parts | None:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if lines and all(line[0] in "+-" and line[1:].strip() for line in lines):
        chosen = {part: [line[1:].strip() for line in lines if line[0] == sign] for part, sign in _SIGNS}
        return {"mode": "change", **{part: "\n".join(items) for part, items in chosen.items()}}
    return {"mode": "replace", "": text}


_SIGNS = (("add", "+"), ("remove", "-"))
_JOIN: Mapping[str, Callable[[Posted], str]] = {
    "change": _join_change,
    "checks": _join_checks,
    "count": _join_measure,
    "datetime": _join_moment,
    "duration": _join_span,
    "size": _join_measure,
    "table": _join_table,
}
_SPLIT: Mapping[str, Callable[[str], Parts | None]] = {
    "change": _split_change,
    "count": _split_count,
    "datetime": _split_moment,
    "duration": _split_span,
    "size": _split_measure,
    "table": _split_table,
}
