"""How many days before an end somebody is warned."""

from collections.abc import Sequence
from datetime import datetime, timedelta

RELATIONSHIP_DAYS = (7, 30, 60, 90)
CERTIFICATE_DAYS = (7, 30, 60)


def crossed(ends_at: datetime, now: datetime, thresholds: Sequence[int]) -> int | None:
    """Return the tightest threshold that `ends_at` has come within; None when it is far off, or has passed."""
    if ends_at <= now:
        return None
    return min((days for days in thresholds if ends_at <= now + timedelta(days=days)), default=None)
