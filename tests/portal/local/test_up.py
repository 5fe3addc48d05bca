"""`python -m portal.local up` in a clone of its own, with real servers and stand-ins for the portal's own programs."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from portal.local.paths import REPOSITORY
from tests.portal.local.conftest import eventually

pytestmark = pytest.mark.faults
STANDIN = Path(__file__).parent / "standin"


class Clone:
    """A folder that looks like a clone, and the `up` commands running in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        shutil.copytree(STANDIN, folder)
        shutil.copytree(REPOSITORY / "portal" / "local", folder / "portal" / "local")

    def up(self, **variables: str) -> subprocess.Popen[str]:
        inherited = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
        return subprocess.Popen(
            (sys.executable, "-m", "portal.local", "up"),
            cwd=self.folder,
            env={**inherited, "PORT": str(self.port), "WORKER_THREADS": "2", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def up_until_served(self) -> subprocess.Popen[str]:
        """Start and read the log until everything serves."""
        popen = self.up()
        assert popen.stdout is not None
        seen = []
        for line in popen.stdout:
            seen.append(line)
            if "Ctrl-C stops it" in line:
                return popen
        pytest.fail(f"ended early:\n{''.join(seen)}")


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    clone = Clone(tmp_path_factory.mktemp("up") / "clone")
    yield clone
    elsewhere = clone.folder / ".data" / "postgresql.path"
    if elsewhere.exists():
        shutil.rmtree(Path(elsewhere.read_text(encoding="utf-8").strip()).parent)


def test_once_runs_the_job_and_leaves_nothing(clone: Clone) -> None:
    popen = clone.up(ONCE="1", JOB_OPEN="0")
    output, _ = popen.communicate(timeout=120)

    assert popen.returncode == 0, output
    assert "Get-AcceptedDomain: start number" in output
    assert _processes_in(clone) == []


@pytest.mark.parametrize("job", [{"JOB_OPEN": "3"}, {}], ids=["targets still open", "crashed without a report"])
def test_once_reports_a_job_that_did_not_finish(clone: Clone, job: dict[str, str]) -> None:
    popen = clone.up(ONCE="1", **job)
    output, _ = popen.communicate(timeout=120)

    assert popen.returncode == 1, output


def test_serves_refuses_a_second_start_and_stops_on_interrupt(clone: Clone) -> None:
    popen = clone.up_until_served()
    family = psutil.Process(popen.pid).children(recursive=True)

    connection = http.client.HTTPConnection("127.0.0.1", clone.port, timeout=5)
    connection.request("GET", "/health/ready")
    assert connection.getresponse().status == 200
    connection.close()
    names = " ".join(" ".join(process.cmdline()) for process in family)
    for expected in ("granian", "worker@%h", "system@%h", "rqworker", "beat", "portal.sandbox", "postgres", "valkey"):
        assert expected in names

    second = clone.up()
    refusal, _ = second.communicate(timeout=30)
    assert second.returncode == 2
    assert f"already runs in this clone (process {popen.pid})" in refusal

    began = time.monotonic()
    popen.send_signal(signal.SIGINT)
    output, _ = popen.communicate(timeout=30)
    assert time.monotonic() - began < 10, output
    assert popen.returncode == 0, output
    assert [process for process in family if _lives(process)] == []
    assert _processes_in(clone) == []


def test_a_second_interrupt_ends_everything_at_once(clone: Clone) -> None:
    popen = clone.up_until_served()
    assert popen.stdout is not None
    worker = next(p for p in psutil.Process(popen.pid).children(recursive=True) if "worker@%h" in p.cmdline())
    worker.suspend()  # it will not stop when asked

    popen.send_signal(signal.SIGINT)
    for line in popen.stdout:
        if "stopping" in line:
            break
    began = time.monotonic()
    popen.send_signal(signal.SIGINT)
    popen.communicate(timeout=30)

    assert time.monotonic() - began < 3
    assert _processes_in(clone) == []


def test_kill_9_leaves_nothing_and_the_next_start_works(clone: Clone) -> None:
    popen = clone.up_until_served()
    family = psutil.Process(popen.pid).children(recursive=True)
    assert len(family) > 10

    popen.kill()
    popen.communicate(timeout=30)

    assert eventually(lambda: not any(map(_lives, family)), 12)
    again = clone.up(ONCE="1", JOB_OPEN="0")
    output, _ = again.communicate(timeout=120)
    assert again.returncode == 0, output


def test_a_program_that_cannot_start_is_reported_with_its_own_words(clone: Clone) -> None:
    popen = clone.up(ONCE="1", DATABASE_URL="postgresql://nobody:x@127.0.0.1:1/none")
    output, _ = popen.communicate(timeout=120)

    assert popen.returncode == 1
    assert "migrate ended with status 1" in output
    assert "connection failed" in output
    assert _processes_in(clone) == []


def test_a_taken_port_is_refused_before_anything_starts(clone: Clone) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        popen = clone.up(PORT=str(holder.getsockname()[1]))
        output, _ = popen.communicate(timeout=30)

    assert popen.returncode == 2
    assert f"by process {os.getpid()}" in output
    assert "make up" in output


def _processes_in(clone: Clone) -> list[list[str]]:
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(clone.folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.cmdline())
        except psutil.Error:
            continue
    return found


def _lives(process: psutil.Process) -> bool:
    # Where nobody reaps orphans (a container without an init) they stay in the table as zombies.
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
