"""The alarm clock of a worker process: rings for targets that must wait, exactly when they are due."""

import heapq
import threading
import time

import structlog

from portal.core.tasks import ring

log = structlog.get_logger(__name__)


class Alarm:
    """One thread; if this process dies before a ring, the sweeper rings."""

    def __init__(self) -> None:
        self._due: list[float] = []
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def ring_in(self, seconds: float) -> None:
        """Ring in `seconds`."""
        with self._changed:
            heapq.heappush(self._due, time.monotonic() + seconds)
            self._changed.notify()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._serve, name="alarm", daemon=True)
                self._thread.start()

    def _serve(self) -> None:
        while True:
            self._wait()
            try:
                ring("jobs.dispatch.work")
            except Exception:
                log.exception("alarm.stumbled")

    def _wait(self) -> None:
        """Return when the next ring is due."""
        with self._changed:
            while not self._due or self._due[0] > time.monotonic():
                self._changed.wait(self._due[0] - time.monotonic() if self._due else None)
            heapq.heappop(self._due)


alarm = Alarm()
