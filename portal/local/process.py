"""One process of Signalbox: how it is described, started, waited for and stopped."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from portal.local.paths import REPOSITORY

PR_SET_PDEATHSIG = 1
POLL_SECONDS = 0.02
TAIL_LINES = 15

# Loaded here, because the time between fork and exec is no place to load a library.
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


@dataclass(frozen=True, kw_only=True)
class Process:
    """A process to start.

    `ready` is asked again and again until it is true; without it the process counts as ready once it runs. With `once`
    it is ready when it has ended with status 0. It starts when everything in `depends` is ready, and is stopped before
    that. `user` and `group` are numeric ids for a process that must not run as root. With `only_problems` the terminal
    shows its errors alone.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    ready: Callable[[], bool] | None = None
    depends: tuple[str, ...] = ()
    once: bool = False
    directory: Path = REPOSITORY
    user: int | None = None
    group: int | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    only_problems: bool = False


@dataclass(frozen=True)
class Server:
    """A server that is prepared but not yet started, and the address at which it will answer."""

    process: Process
    url: str


@dataclass(frozen=True)
class Running:
    """A started server: its address, its process id, and how to stop it."""

    url: str
    pid: int
    stop: Callable[[], None]


class StartFailed(Exception):
    """A process ended, or did not get ready in time; the message carries the end of its log."""


def spawn(process: Process, *, output: IO[bytes] | int | None) -> subprocess.Popen[bytes]:
    """Start `process` in a process group of its own, with its output and errors going to `output`.

    With `output` None it writes to our terminal and stays in our group, so that Ctrl-C reaches it too.

    On Linux it gets its stop signal when the calling *thread* ends, by whatever cause (prctl(2), PR_SET_PDEATHSIG), so
    call this from a thread that lives as long as the process should.
    """
    parent = os.getpid()

    def die_with_parent() -> None:
        # After setuid, which clears the setting (prctl(2)): subprocess calls this last.
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(process.stop_signal), 0, 0, 0)
            if os.getppid() != parent:
                os._exit(1)

    return subprocess.Popen(
        process.command,
        env=dict(process.environment),
        cwd=process.directory,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        process_group=None if output is None else 0,
        user=process.user,
        group=process.group,
        extra_groups=None if process.user is None else [],
        preexec_fn=die_with_parent,
    )


def start(server: Server, log: Path, *, timeout: float = 30) -> Running:
    """Start `server` with its output appended to `log` and return when it is ready.

    Raises `StartFailed` when it ends before, or is not ready after `timeout` seconds.
    """
    process = server.process
    with log.open("ab") as output:
        popen = spawn(process, output=output)
    try:
        _wait_until_ready(process, popen, log, timeout)
    except BaseException:
        stop(popen, process.stop_signal)
        raise
    return Running(server.url, popen.pid, lambda: stop(popen, process.stop_signal))


def stop(popen: subprocess.Popen[bytes], stop_signal: signal.Signals, *, grace: float = 8) -> None:
    """End a process politely; after `grace` seconds end its whole group by force."""
    if popen.poll() is None:
        popen.send_signal(stop_signal)
        with suppress(subprocess.TimeoutExpired):
            popen.wait(grace)
    kill_group(popen)


def kill_group(popen: subprocess.Popen[bytes]) -> None:
    """End whatever is left of a process and its group at once."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(popen.pid, signal.SIGKILL)
    popen.wait()


def tail(log: Path) -> str:
    """The last lines of a log file, or nothing if there is none."""
    try:
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL_LINES:])
    except FileNotFoundError:
        return ""


def _wait_until_ready(process: Process, popen: subprocess.Popen[bytes], log: Path, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while process.ready is not None and not process.ready():
        if (status := popen.poll()) is not None:
            raise StartFailed(f"{process.name} ended with status {status}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise StartFailed(f"{process.name} was not ready after {timeout:.0f} s:\n{tail(log)}")
        time.sleep(POLL_SECONDS)
