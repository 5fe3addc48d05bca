"""Ends the processes of a supervisor that was itself ended by force (`kill -9`), so that nothing runs on.

Usage: `python -m portal.local.watchdog <mark>` with a pipe on standard input. Every line is the process id of a started
process. When the supervisor ends, however it ends, the pipe closes. Then everything that it started gets a moment to
end by itself (the kernel has told it that its parent is gone), then SIGTERM, then SIGKILL.
"""

import subprocess
import sys
from collections.abc import Iterable
from contextlib import suppress

import psutil

from portal.local import family
from portal.local.paths import REPOSITORY

SECONDS_TO_NOTICE = 2
SECONDS_TO_END = 5


class Watchdog:
    """The supervisor's end of the pipe."""

    def __init__(self, mark: str) -> None:
        # A session of its own keeps a terminal's Ctrl-C away from it.
        self._popen = subprocess.Popen(
            (sys.executable, "-m", "portal.local.watchdog", mark),
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, pid: int) -> None:
        """Have this process ended when we end."""
        with suppress(OSError):
            assert self._popen.stdin is not None  # noqa: S101 - for the type checker; opened above
            self._popen.stdin.write(b"%d\n" % pid)
            self._popen.stdin.flush()

    def dismiss(self) -> None:
        """Close the pipe once everything has ended, and wait until the watchdog has looked around and gone."""
        with suppress(OSError):
            self._popen.communicate()


def main(mark: str, lines: Iterable[str]) -> None:
    """Collect processes until `lines` ends, then see that all of them end."""
    watched: list[psutil.Process] = []
    for line in lines:
        with suppress(psutil.NoSuchProcess, ValueError):
            watched.append(psutil.Process(int(line)))
    # `psutil.Process` compares start times, so a process id that was given to another program is left alone.
    left = psutil.wait_procs({*watched, *family.members(mark)}, timeout=SECONDS_TO_NOTICE)[1]
    for process in left:
        with suppress(psutil.NoSuchProcess):
            process.terminate()
    for process in psutil.wait_procs(left, timeout=SECONDS_TO_END)[1]:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    family.kill(mark)


if __name__ == "__main__":
    main(sys.argv[1], sys.stdin)
