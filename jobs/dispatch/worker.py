"""This worker process: its name, its leases, and its alarm clock for targets that must wait."""

import heapq
import os
import socket
import threading
import time
from functools import cache
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error, connection

from jobs.runs.models import RunTarget
from portal.core.actors import Actor
from portal.core.tasks import ring

log = structlog.get_logger(__name__)


@cache
def worker_name() -> str:
    """Return what names this process in leases and ledgers: host and process id."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


@cache
def worker_actor() -> Actor:
    """Return this worker as an actor."""
    return Actor.system(f"worker {worker_name()}")


class Heart:
    """One thread per process that renews all its leases with one statement, and rings for deferred targets when due."""

    def __init__(self) -> None:
        self._held: dict[UUID, int] = {}
        self._due: list[tuple[float, str]] = []
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def hold(self, run_target_id: UUID, fence: int) -> None:
        """Keep renewing the lease of a claimed target."""
        with self._lock:
            self._held[run_target_id] = fence
            if self._thread is None:
                self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)
                self._thread.start()

    def release(self, run_target_id: UUID) -> None:
        """Stop renewing."""
        with self._lock:
            self._held.pop(run_target_id, None)

    def ring_in(self, seconds: float, run_target_id: UUID) -> None:
        """Ring for a target in `seconds`; if this process dies before, the sweeper rings."""
        with self._lock:
            heapq.heappush(self._due, (time.monotonic() + seconds, str(run_target_id)))
        self._wake.set()

    def _beat(self) -> None:
        period = settings.LEASE_SECONDS / 4
        next_renewal = time.monotonic() + period
        while True:
            with self._lock:
                next_ring = self._due[0][0] if self._due else next_renewal
            self._wake.wait(max(0.0, min(next_renewal, next_ring) - time.monotonic()))
            self._wake.clear()
            try:
                self._ring_due()
                if time.monotonic() >= next_renewal:
                    next_renewal = time.monotonic() + period
                    self._renew()
            except Exception:
                log.exception("heart.stumbled")

    def _ring_due(self) -> None:
        while True:
            with self._lock:
                if not self._due or self._due[0][0] > time.monotonic():
                    return
                _, run_target_id = heapq.heappop(self._due)
            ring("jobs.dispatch.run_target", run_target_id=run_target_id)

    def _renew(self) -> None:
        with self._lock:
            held = list(self._held)
        if not held:
            return
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE {RunTarget._meta.db_table} SET lease_until = clock_timestamp() + %s * interval '1 second' "  # noqa: S608
                    "WHERE id = ANY(%s) AND lease_owner = %s AND state = 'running'",
                    [settings.LEASE_SECONDS, held, worker_name()],
                )
        except Error as error:
            log.warning("leases.not_renewed", error=str(error), targets=len(held))
        finally:
            connection.close()


heart = Heart()
