"""TCP ports on loopback: which one is free, and who holds one that is not."""

import datetime
import errno
import socket
from contextlib import suppress
from pathlib import Path

import psutil

LOOPBACK = "127.0.0.1"


class PortTaken(Exception):
    """The port cannot be used; the message says who holds it and how to choose another."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this port now."""
    return _refusal(port) is None


def answers(port: int) -> bool:
    """Whether somebody accepts connections on this port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((LOOPBACK, port)) == 0


def kept(path: Path) -> int:
    """The port remembered in `path` if it is still free, else a free one, remembered for the next start."""
    with suppress(FileNotFoundError, ValueError):
        port = int(path.read_text(encoding="ascii"))
        if is_free(port):
            return port
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port = int(probe.getsockname()[1])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{port}\n", encoding="ascii")
    return port


def refuse_if_taken(port: int) -> None:
    """Raise `PortTaken` with an explanation unless the port is free."""
    refusal = _refusal(port)
    if refusal is None:
        return
    other = f"Choose another port: PORT={_next_free(port)} make up"
    if refusal == errno.EACCES:
        raise PortTaken(f"Port {port} may not be used by this user (below 1024).\n{other}")
    raise PortTaken(f"Port {port} is taken {_holder(port)}.\n{other}")


def _refusal(port: int) -> int | None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error.errno
    return None


def _next_free(port: int) -> int:
    first = max(port + 1, 1024)
    return next((candidate for candidate in range(first, 65536) if is_free(candidate)), 8000)


def _holder(port: int) -> str:
    process = _listener(port)
    if process is None:
        return "by a process of another user"
    try:
        with process.oneshot():
            command = " ".join(process.cmdline()) or process.name()
            started = datetime.datetime.fromtimestamp(process.create_time()).astimezone()
            text = f"by process {process.pid}, started {started:%Y-%m-%d %H:%M:%S %Z}: {command[:200]}"
            if "portal.wsgi" in command:
                text += f"\n(this looks like another Signalbox in {process.cwd()})"
    except psutil.AccessDenied:
        return f"by process {process.pid} of another user"
    except psutil.NoSuchProcess:
        return "by a process that is just ending"
    return text


def _listener(port: int) -> psutil.Process | None:
    try:
        connections = psutil.net_connections("tcp")
    except psutil.AccessDenied:
        return None
    for connection in connections:
        listening = connection.status == psutil.CONN_LISTEN and connection.laddr and connection.laddr.port == port
        if listening and connection.pid is not None:
            with suppress(psutil.NoSuchProcess):
                return psutil.Process(connection.pid)
    return None
