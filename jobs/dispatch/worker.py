"""This worker process: what it is called in leases, ledgers and events."""

import os
import socket
from functools import cache
from pathlib import Path
from zlib import crc32

from portal.core.actors import Actor


@cache
def worker_name() -> str:
    """Return what names this process in leases and ledgers: host, where its process ids count, and process id."""
    return f"{socket.gethostname()[:80]}-{_where_process_ids_count()}:{os.getpid()}"


def _where_process_ids_count() -> str:
    """Name this boot and its namespace of process ids: containers may share the name of their host."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_bytes()
        namespace = str(Path("/proc/self/ns/pid").stat().st_ino).encode()
    except OSError:  # not Linux: one namespace
        return "0"
    return f"{crc32(boot + namespace):08x}"


@cache
def worker_actor() -> Actor:
    """Return this worker as an actor."""
    return Actor.system(f"worker {worker_name()}")
