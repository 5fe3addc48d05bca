"""What processes use: CPU seconds and resident memory of whole process trees."""

import threading
from collections.abc import Sequence
from contextlib import suppress

import psutil
from django.conf import settings
from django.db import connection
from redis import Redis

MEBIBYTE = 1024 * 1024


class Usage:
    """CPU seconds from now on, and the highest resident memory, looked at ten times a second."""

    def __init__(self, roots: Sequence[psutil.Process]) -> None:
        self.peak_bytes = 0
        self._roots = roots
        self._over = threading.Event()
        self._began = self.cpu_now()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        """Stop watching; returns the seconds of CPU that were used."""
        self._over.set()
        self._thread.join()
        return self.cpu_now() - self._began

    def cpu_now(self) -> float:
        """The CPU seconds of all living processes, and of those that ended as children of the first."""
        total = 0.0
        for root in self._roots:
            times = root.cpu_times()
            total += times.children_user + times.children_system
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    total += process.cpu_times().user + process.cpu_times().system
        return total

    def _watch(self) -> None:
        while not self._over.wait(0.1):
            self.peak_bytes = max(self.peak_bytes, sum(self._memory(root) for root in self._roots))

    @staticmethod
    def _memory(root: psutil.Process) -> int:
        total = 0
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                total += process.memory_info().rss
        return total


def postgresql() -> psutil.Process:
    """The database server."""
    connection.ensure_connection()
    server = psutil.Process(connection.connection.info.backend_pid).parent()
    assert server
    return server


def broker() -> psutil.Process:
    """The broker's server."""
    with Redis.from_url(settings.REDIS_URL) as asked:
        return psutil.Process(asked.info("server")["process_id"])
