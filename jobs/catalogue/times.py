"""Read a point in time. Raises `BadValue` with a sentence."""

import re
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from jobs.catalogue.cmdlets import nearest
from jobs.catalogue.problems import BadValue
from jobs.catalogue.texts import describe, for_instance

_ZONED = re.compile(r"(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2})?) ([A-Za-z][\w/+-]*)", re.ASCII)
_DATE_FORMATS = tuple(
    f"{day}{clock}"
    for day in ("%m/%d/%Y", "%m-%d-%Y", "%B %d, %Y", "%B %d %Y", "%d %B %Y", "%b %d, %Y", "%b %d %Y", "%d %b %Y")
    for clock in ("", " %I:%M %p", " %I:%M:%S %p", " %I:%M%p", " %H:%M", " %H:%M:%S")
)


def parse_datetime(value: object) -> datetime:
    """Return a time in UTC from ISO 8601 or an American date (month first).

    A zone such as Europe/Berlin may stand behind it; a time without a zone is UTC.
    """
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime.combine(value, time())
    elif isinstance(value, str):
        moment = _moment(value.strip())
    else:
        raise BadValue(f"must be a date, not {describe(value)}", for_instance("2026-01-31T09:00:00Z"))
    try:
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except OverflowError:
        raise BadValue("is a date outside the calendar") from None


def _moment(written: str) -> datetime:
    if zoned := _ZONED.fullmatch(written):
        return _in_zone(*zoned.groups())
    # ISO week dates and dates without hyphens are ISO 8601 as well, but nobody who types 20260131 means a date.
    if re.match(r"\d{4}-\d{2}-\d{2}", written, re.ASCII):
        try:
            return datetime.fromisoformat(written)
        except ValueError:
            pass
    for pattern in _DATE_FORMATS:
        try:
            return datetime.strptime(written, pattern)  # noqa: DTZ007  the caller sets the zone
        except ValueError:
            continue
    raise BadValue("must be a date such as 2026-01-31T09:00:00Z or 1/31/2026", for_instance("2026-01-31T09:00:00Z"))


def _in_zone(written: str, zone_name: str) -> datetime:
    """Return a local time of a zone; one that its clocks skip or show twice is refused."""
    try:
        zone = ZoneInfo(zone_name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = nearest(zone_name, available_timezones(), limit=1)
        suggestion = f"Did you mean {near[0]}?" if near else for_instance("Europe/Berlin")
        raise BadValue(f"names the time zone {zone_name[:40]!r}, which is not known", suggestion) from None
    try:
        moment = datetime.fromisoformat(written).replace(tzinfo=zone)
    except ValueError:
        raise BadValue("is a date outside the calendar", for_instance("2026-01-31 09:00")) from None
    if moment.utcoffset() != moment.replace(fold=1).utcoffset():
        raise BadValue(
            f"is a time at which the clocks of {zone_name} are changed: it exists twice or not at all",
            "Give the time in UTC.",
        )
    return moment
