"""Numbers, sizes, durations and moments in the forms in which Exchange takes and shows them."""

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"": 1, "b": 1, "kb": 1024, "mb": 1024**2, "gb": 1024**3, "tb": 1024**4}
_SHOWN = re.compile(r"\(([\d,.]+) bytes\)")
_SIZE = re.compile(r"([\d.]+)\s*([kmgt]?b)?", re.IGNORECASE)
_DURATION = re.compile(r"(-?)(?:(\d+)\.)?(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,7}))?)?")


def number_in(text: str) -> float | None:
    """Return the number that a text is, None for any other text."""
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return None


def bytes_in(text: str) -> float | None:
    """Return a size in bytes, or a plain number; "Unlimited" is more than any."""
    if text.lower() == "unlimited":
        return float("inf")
    if shown := _SHOWN.search(text):
        return float(re.sub(r"[,.]", "", shown[1]))
    found = _SIZE.fullmatch(text.replace(",", ""))
    number = number_in(found[1]) if found else None
    return None if found is None or number is None else number * _UNITS[(found[2] or "").lower()]


def seconds_in(text: str) -> float | None:
    """Return a duration (days.hours:minutes:seconds, or a number of days) in seconds."""
    if re.fullmatch(r"-?\d+", text):
        return timedelta(days=int(text)).total_seconds()
    found = _DURATION.fullmatch(text)
    if found is None:
        return bytes_in(text) if text.lower() == "unlimited" else None
    sign, days, hours, minutes, seconds, fraction = found.groups()
    length = timedelta(days=int(days or 0), hours=int(hours), minutes=int(minutes), seconds=int(seconds or 0))
    return (length.total_seconds() + float(f"0.{fraction or 0}")) * (-1 if sign else 1)


def moment_in(text: str) -> float | None:
    """Return an ISO moment (UTC unless it says otherwise) in seconds since 1970."""
    moment = moment_of(text, assume_utc=True)
    return moment.timestamp() if moment else None


def moment_of(text: str, *, assume_utc: bool) -> datetime | None:
    """Return an ISO moment as an aware datetime; None when it is none, or tells no zone and none may be assumed."""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC) if assume_utc else None
    return moment
