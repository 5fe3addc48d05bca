"""How long a throttled caller has been told to wait."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

# A service that asks for more than this is taken to be confused; the caller asks again after a day.
LONGEST_WAIT = 24 * 3600.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a `Retry-After` header asks for (a number or an HTTP date), from 0 to 24 hours.

    `now` is an aware UTC time; None means that there is no such header or that it cannot be read.
    """
    text = next((value for name, value in headers.items() if name.lower() == "retry-after"), "").strip()
    seconds = _seconds(text, now)
    return None if seconds is None or not math.isfinite(seconds) else min(max(seconds, 0.0), LONGEST_WAIT)


def _seconds(text: str, now: datetime) -> float | None:
    try:
        return float(text)
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
