"""The heart of a worker process: one thread that renews all its leases with one statement."""

import threading
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import Error, connection

from jobs.dispatch.worker import worker_name

log = structlog.get_logger(__name__)

# Skips a target that the clerk writes to at this moment, as both hold many at once; the next beat comes in time for it.
RENEW = """
WITH held AS (
    SELECT run_target.id FROM run_target
    JOIN unnest(%(ids)s::uuid[], %(fences)s::bigint[]) AS mine(id, fence)
        ON run_target.id = mine.id AND run_target.fence = mine.fence
    WHERE run_target.state = 'running' AND run_target.lease_owner = %(worker)s
    FOR UPDATE OF run_target SKIP LOCKED)
UPDATE run_target SET lease_until = clock_timestamp() + %(lease)s * interval '1 second'
FROM held WHERE run_target.id = held.id
"""


class Heart:
    """Renews what it holds four times a lease, by target and fence: a claim that was lost is never kept alive."""

    def __init__(self) -> None:
        self._held: set[tuple[UUID, int]] = set()
        self._lock = threading.Lock()
        self._pause = threading.Event()
        self._thread: threading.Thread | None = None

    def hold(self, run_target_id: UUID, fence: int) -> None:
        """Keep renewing the lease of a claimed target."""
        with self._lock:
            self._held.add((run_target_id, fence))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._beat, name="heart", daemon=True)
                self._thread.start()

    def release(self, run_target_id: UUID, fence: int) -> None:
        """Stop renewing that claim; a newer one of the same target goes on."""
        with self._lock:
            self._held.discard((run_target_id, fence))

    def renew(self) -> None:
        """Renew every lease that is held and still ours."""
        with self._lock:
            held = sorted(self._held)
        if not held:
            return
        asked: dict[str, Any] = {
            "lease": settings.LEASE_SECONDS,
            "ids": [run_target_id for run_target_id, _ in held],
            "fences": [fence for _, fence in held],
            "worker": worker_name(),
        }
        try:
            with connection.cursor() as cursor:
                cursor.execute(RENEW, asked)
        except Error as error:
            log.warning("leases.not_renewed", error=str(error), targets=len(held))
        finally:
            connection.close()

    def _beat(self) -> None:
        while True:
            self._pause.wait(settings.LEASE_SECONDS / 4)
            try:
                self.renew()
            except Exception:
                log.exception("heart.stumbled")


heart = Heart()
