"""The real parts of a campaign, each of which may be killed and started again: servers, simulated cloud, processes."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

from portal.local import postgresql, valkey
from portal.local.commands import argv
from portal.local.process import Process, Running, StartFailed, spawn
from portal.local.process import start as start_server
from tests.faults.proxy import LOOPBACK, Loop, Proxy

ROOT = Path(__file__).parents[2]
READY_SECONDS = 60
EXCHANGE_ADDRESSES = ("login_url", "exchange_url", "compliance_url")
# Quick, so that a campaign meets many faults; the proportions are those of production.
QUICK = {
    "LEASE_SECONDS": "4",
    "SWEEP_SECONDS": "2",
    "RETRY_BASE_SECONDS": "1",
    "TARGET_DEADLINE_SECONDS": "120",
    "RECONCILE_FIRST_SECONDS": "3",
    "RECONCILE_SETTLE_SECONDS": "10",
}


class Servers:
    """PostgreSQL and the broker of a campaign, with the proxies before them."""

    def __init__(self, folder: Path, loop: Loop) -> None:
        self._folder = folder
        self.database = self.start_database()
        self.broker = self.start_broker()
        self.database_url, self.broker_url = self.database.url, self.broker.url
        self.database_proxy = Proxy(loop, _port(self.database.url), name="database")
        self.broker_proxy = Proxy(loop, _port(self.broker.url), name="broker")

    def start_database(self) -> Running:
        """Start PostgreSQL; it keeps the moment of every commit, by which the checkers judge what came first."""
        data = self._folder / "postgresql"
        server = postgresql.prepare(data, self._folder / "postgresql-password")
        command = (*server.process.command, "--track_commit_timestamp=on")
        self.database = start_server(
            replace(server, process=replace(server.process, command=command)), self._folder / "postgresql.log"
        )
        return self.database

    def start_broker(self) -> Running:
        """Start the broker."""
        self.broker = valkey.start(self._folder / "valkey")
        return self.broker

    def restart_database(self) -> None:
        """Shut PostgreSQL down as an administrator does, and start it again."""
        self.database.stop()
        self.start_database()

    def crash_database(self) -> None:
        """Kill PostgreSQL; the next start recovers what was committed, once the last of its processes is gone."""
        os.kill(self.database.pid, signal.SIGKILL)
        self.database.stop()
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                self.start_database()
            except StartFailed:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
            else:
                return

    def stop(self) -> None:
        """End both and remove the database."""
        self.database.stop()
        self.broker.stop()
        postgresql.remove(self._folder / "postgresql")


def _port(url: str) -> int:
    port = urlsplit(url).port
    assert port
    return port


def through(url: str, port: int) -> str:
    """Return `url` leading to a proxy at `port` instead."""
    parts = urlsplit(url)
    return url.replace(f":{parts.port}", f":{port}", 1) if parts.port else url


@dataclass
class Part:
    """One process of the product: what it is called, how it is started, and whether it is to be kept alive."""

    name: str
    environment: dict[str, str] = field(default_factory=dict)
    code: Path = ROOT
    popen: subprocess.Popen[bytes] | None = None
    log: Path | None = None
    wanted: bool = True
    starts: int = 0

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self.popen
        return self.popen.pid

    @property
    def lives(self) -> bool:
        """Whether it runs."""
        return self.popen is not None and self.popen.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Signal its whole process group."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class Crew:
    """The product's processes; like a service manager it starts again what died."""

    def __init__(self, folder: Path, environment: Callable[[], dict[str, str]]) -> None:
        self._folder = folder
        self._environment = environment
        self.parts: dict[str, Part] = {}
        self.restarts = 0

    def add(
        self, key: str, name: str, *, code: Path = ROOT, environment: Mapping[str, str] = MappingProxyType({})
    ) -> Part:
        """Start process `name` of the product under the name `key`."""
        part = self.parts[key] = Part(name, dict(environment), code)
        self._start(key, part)
        return part

    def remove(self, key: str, number: signal.Signals = signal.SIGTERM) -> None:
        """End a process and do not start it again."""
        part = self.parts.pop(key)
        _end(part, number)

    def revive(self) -> int:
        """Start again whatever died; returns how many."""
        dead = [(key, part) for key, part in self.parts.items() if part.wanted and not part.lives]
        for key, part in dead:
            if part.popen is not None:
                part.signal(signal.SIGKILL)
            self._start(key, part)
        self.restarts += len(dead)
        return len(dead)

    def wait_until_ready(self) -> None:
        """Wait until every worker takes messages; starts again what dies meanwhile."""
        deadline = time.monotonic() + READY_SECONDS
        while not all(map(_is_ready, self.parts.values())):
            self.revive()
            if time.monotonic() > deadline:
                waiting = [part for part in self.parts.values() if not _is_ready(part)]
                raise RuntimeError(f"{waiting[0].name} does not start:\n{_text(waiting[0])[-3000:]}")
            time.sleep(0.05)

    def stop(self) -> None:
        """End all."""
        for part in self.parts.values():
            part.signal(signal.SIGKILL)
        for part in self.parts.values():
            _end(part, signal.SIGKILL)
        self.parts.clear()

    def _start(self, key: str, part: Part) -> None:
        variables = {**self._environment(), **part.environment}
        command = argv(part.name, variables)
        if part.code == ROOT and part.name.startswith("worker"):
            command = (command[0], "-m", "tests.faults.worker", *command[3:])
        part.log = self._folder / f"{key}-{part.starts}.log"
        output = part.environment.get("FAULTS_OUTPUT")
        process = Process(
            name=key, command=command, environment=variables, directory=part.code, stop_signal=signal.SIGKILL
        )
        with (Path(output) if output else part.log).open("ab") as file:
            part.popen = spawn(process, output=file)  # it dies with the campaign
        part.starts += 1


def _is_ready(part: Part) -> bool:
    if not part.lives:
        return False
    if not part.name.startswith("worker") or "FAULTS_OUTPUT" in part.environment:
        return True
    return " ready." in _text(part)


def _text(part: Part) -> str:
    return part.log.read_text(encoding="utf-8", errors="replace") if part.log and part.log.exists() else ""


def _end(part: Part, number: signal.Signals) -> None:
    if part.popen is None:
        return
    part.signal(number)
    try:
        part.popen.wait(15)
    except subprocess.TimeoutExpired:
        part.signal(signal.SIGKILL)
        part.popen.wait(10)
    part.signal(signal.SIGKILL)  # children of a process that ended


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for everything that the campaign's processes write."""
    with tempfile.TemporaryDirectory(prefix="signalbox-faults-") as folder:
        yield Path(folder)


@contextmanager
def simulated_cloud(folder: Path, organizations: int) -> Iterator[Path]:
    """Run the simulated cloud without troubles; yields its folder, with `ready.json` and the ledger."""
    folder.mkdir()
    command = [sys.executable, "-m", "portal.sandbox", "--port", "0", "--data", str(folder), "--trouble", "0"]
    command += ["--organizations", str(organizations), "--seed", "7"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert select.select([process.stdout], [], [], READY_SECONDS)[0], "the simulated cloud does not start"
        process.stdout.readline()
        try:
            yield folder
        finally:
            process.kill()


def proxied_cloud(variables: dict[str, str], port: int, direct: int) -> dict[str, str]:
    """Return what leads a process to the worldwide cloud through a proxy at `port`."""
    led = {
        f"O365DEFAULT_{name}".upper(): variables[f"O365DEFAULT_{name}".upper()].replace(f":{direct}", f":{port}")
        for name in EXCHANGE_ADDRESSES
    }
    hosts = variables["O365DEFAULT_REDIRECT_HOSTS"]
    return {**variables, **led, "O365DEFAULT_REDIRECT_HOSTS": f"{hosts},{LOOPBACK}:{port}"}
