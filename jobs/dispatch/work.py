"""The work of one thread of a worker: one organization after the other, as long as something is due."""

import threading
import time

from jobs.dispatch.attempt import attempt_next
from portal.core.tasks import ring

TURN_SECONDS = 5.0
"""How long a thread works before other messages of its queue get their turn."""

is_leaving = threading.Event()
"""Set when this process is asked to end: what is in flight is finished, nothing more is claimed."""


def work() -> None:
    """Work on what is due until nothing is, or until the turn is over: then ring for whoever comes next."""
    until = time.monotonic() + TURN_SECONDS
    while not is_leaving.is_set() and time.monotonic() < until:
        if not attempt_next():
            return
    ring("jobs.dispatch.work")
