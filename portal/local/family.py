"""Finding every process that belongs to one supervisor, also those that left their process group or lost their parent.

Each process inherits a mark in its environment. (PostgreSQL overwrites its environment for `ps`; its own processes end
when the one we started ends.)
"""

import os
from contextlib import suppress

import psutil

MARK = "SIGNALBOX_SUPERVISOR"


def members(mark: str) -> list[psutil.Process]:
    """The living processes that carry `mark`, without this one."""
    found = []
    for process in psutil.process_iter():
        # A process may end, or belong to somebody else, while we look at it.
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def kill(mark: str) -> int:
    """End the living processes that carry `mark` at once, also those they start meanwhile; return how many."""
    ended = 0
    while remaining := [process for process in members(mark) if process.status() != psutil.STATUS_ZOMBIE]:
        ended += len(remaining)
        for process in remaining:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(remaining, timeout=1)
    return ended
