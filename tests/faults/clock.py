"""A clock that is wrong in one process: every reading of the time of day, none of durations.

Patched in Python, so that TLS still finds its certificates valid: a test certificate is younger than a day.
"""

import importlib
import time
from datetime import datetime, timedelta, tzinfo

from django.utils import timezone

READERS = ("tenants.tokens.source", "tenants.tokens.failures")  # they ask `datetime` itself


def shift(seconds: float) -> None:
    """Let this process believe that it is so many seconds later."""
    real_time, real_now = time.time, timezone.now

    def now() -> datetime:
        return real_now() + timedelta(seconds=seconds)

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=seconds)

    time.time = lambda: real_time() + seconds
    timezone.now = now
    for reader in READERS:
        vars(importlib.import_module(reader))["datetime"] = Shifted
