"""Organizations that asked to be left alone, as far as this process knows: asked before everything that is sent.

The table of gates says the same to all processes; this says it at once, to every thread of this one.
"""

import threading
import time
from collections.abc import Callable


class Gates:
    """Until when each organization is left alone, by tenant id, on the monotonic clock. Safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._ends: dict[str, float] = {}

    def close(self, tenant_id: str, seconds: float) -> None:
        """Leave the organization alone for `seconds`; a longer time that was asked for before stays in force."""
        now, key = self._clock(), tenant_id.lower()
        with self._lock:
            self._ends = {other: end for other, end in self._ends.items() if end > now}
            self._ends[key] = max(now + seconds, self._ends.get(key, now))

    def seconds_left(self, tenant_id: str) -> float:
        """Return how long the organization is still to be left alone; 0 when it may be asked."""
        end = self._ends.get(tenant_id.lower())
        return 0.0 if end is None else max(0.0, end - self._clock())

    def forget(self) -> None:
        """Open all of them."""
        with self._lock:
            self._ends = {}


gates = Gates()
