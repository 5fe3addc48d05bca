"""This worker process: what it is called in leases, ledgers and events."""

import os
import socket
from functools import cache

from portal.core.actors import Actor


@cache
def worker_name() -> str:
    """Return what names this process in leases and ledgers: host and process id."""
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


@cache
def worker_actor() -> Actor:
    """Return this worker as an actor."""
    return Actor.system(f"worker {worker_name()}")
