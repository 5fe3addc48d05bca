"""Amounts as people type them: numbers, sizes, dates, durations."""

import re
from math import nextafter

from jobs.results.rows.values import Kind, measure, seconds_of

DAY = 86400.0
_UNITS = {"": 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}
_SIZE = re.compile(r"([\d.,]+)\s*(b|kb|mb|gb|tb|bytes)?", re.IGNORECASE)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_EXAMPLES = {
    Kind.NUMBER: "a number, such as 1200",
    Kind.SIZE: "a size, such as 12.5 GB",
    Kind.DATE: "a day, such as 2026-03-31, or a moment, such as 2026-03-31T08:00",
    Kind.DURATION: "a duration, such as 14.00:00:00 (days.hours:minutes:seconds)",
}


class AmountUnreadable(ValueError):
    """The text is no amount of this kind; the message says what is."""


def amount_range(kind: Kind, text: str) -> tuple[float, float]:
    """Return the least and the last amount that `text` means: they differ for a day.

    Raises `AmountUnreadable`.
    """
    text = text.strip()
    amount = _amount(kind, text)
    if amount is None:
        raise AmountUnreadable(f"“{text}” is not {_EXAMPLES[kind]}")
    is_day = kind is Kind.DATE and _DAY.fullmatch(text)
    return amount, nextafter(amount + DAY, 0) if is_day else amount


def _amount(kind: Kind, text: str) -> float | None:
    if kind is Kind.DATE:
        return seconds_of(text)
    if text.lower() == "unlimited":
        return float("inf")
    if kind is Kind.DURATION:
        found, amount = measure(text)
        return amount if found is Kind.DURATION else None
    if kind is Kind.SIZE and measure(text)[0] is Kind.SIZE:
        return measure(text)[1]
    match = _SIZE.fullmatch(text.removeprefix("-"))
    if match is None or (kind is Kind.NUMBER and match[2]):
        return None
    try:
        number = float(match[1].replace(",", "")) * _UNITS[(match[2] or "").lower().replace("bytes", "b")]
    except ValueError:
        return None
    return -number if text.startswith("-") else number
