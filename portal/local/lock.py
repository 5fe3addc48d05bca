"""One `make up` a clone."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class AlreadyRunning(Exception):
    """Another `make up` runs in this clone; the message names its process."""


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the lock file `path`, which then carries our process id; raises `AlreadyRunning`.

    The kernel gives the lock back when its holder ends, so a crash leaves nothing to clean up.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise AlreadyRunning(
                f"Signalbox already runs in this clone (process {holder}). Stop it there with Ctrl-C, or: kill {holder}"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield
