import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from portal.local.log import Log
from portal.local.process import Process, StartFailed
from portal.local.supervisor import Supervisor
from tests.portal.local.conftest import eventually

pytestmark = pytest.mark.faults
SLEEPER = "import signal; print('up', flush=True); signal.pause()"
Command = Callable[[str], tuple[str, ...]]


@pytest.fixture
def terminal() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def supervisor(tmp_path: Path, terminal: io.StringIO) -> Iterator[Supervisor]:
    log = Log(tmp_path / "logs", terminal)
    supervisor = Supervisor(log)
    yield supervisor
    supervisor.kill()
    log.close()


def _process(name: str, command: tuple[str, ...], **others: object) -> Process:
    return Process(name=name, command=command, environment=dict(os.environ), **others)  # type: ignore[arg-type] # free


def test_starts_each_process_when_its_dependencies_are_ready(
    supervisor: Supervisor, python: Command, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    first = python(f"import pathlib; pathlib.Path({str(made)!r}).touch()")
    second = python(f"import pathlib, signal; assert pathlib.Path({str(made)!r}).exists(); signal.pause()")
    supervisor.launch(
        _process("second", second, depends=("first",)),
        _process("first", first, once=True),
    )
    supervisor.wait("first", "second")

    assert list(supervisor.pids()) == ["second"]


def test_reports_a_process_that_ends_before_it_is_ready_with_its_last_words(
    supervisor: Supervisor, python: Command
) -> None:
    supervisor.launch(_process("web", python("import sys; sys.exit('no settings')"), ready=lambda: False))

    with pytest.raises(StartFailed, match=r"web ended with status 1:\nno settings"):
        supervisor.wait("web")


def test_reports_a_program_that_does_not_exist(supervisor: Supervisor) -> None:
    supervisor.launch(_process("web", ("/nonexistent/program",)))

    with pytest.raises(StartFailed, match="web cannot be started"):
        supervisor.wait("web")


def test_starts_a_process_again_that_died(supervisor: Supervisor, python: Command, terminal: io.StringIO) -> None:
    supervisor.launch(_process("worker", python(SLEEPER), ready=lambda: True))
    supervisor.wait("worker")
    first = supervisor.pids()["worker"]

    os.kill(first, signal.SIGKILL)

    assert eventually(lambda: supervisor.pids().get("worker", first) != first)
    assert "worker ended with signal 9" in terminal.getvalue()
    assert "it starts again in 0.5 s" in terminal.getvalue()


def test_stops_dependants_first(supervisor: Supervisor, python: Command, tmp_path: Path) -> None:
    order = tmp_path / "order"
    source = (
        "import signal, sys\n"
        "def end(*_):\n"
        f"    with open({str(order)!r}, 'a') as file: print(sys.argv[1], file=file)\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, end)\n"
        f"open({str(tmp_path)!r} + '/' + sys.argv[1], 'w').close()\n"
        "while True: signal.pause()\n"
    )
    for name, depends in (("database", ()), ("web", ("database",)), ("worker", ("web",))):
        command = (*python(source), name)
        supervisor.launch(_process(name, command, depends=depends, ready=(tmp_path / name).exists))
    supervisor.wait("worker")

    supervisor.stop()

    assert order.read_text(encoding="utf-8").split() == ["worker", "web", "database"]


def test_ends_the_deaf_by_force_within_ten_seconds_with_all_their_children(
    supervisor: Supervisor, python: Command, tmp_path: Path, terminal: io.StringIO
) -> None:
    pids = tmp_path / "pids"
    deaf = (
        "import os, signal, pathlib\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = os.fork()\n"
        "if child == 0: os.setsid()\n"
        f"else: pathlib.Path({str(pids)!r}).write_text(f'{{os.getpid()}} {{child}}')\n"
        "while True: signal.pause()\n"
    )
    supervisor.launch(
        _process("database", python(SLEEPER)),
        _process("worker", python(deaf), depends=("database",), ready=pids.exists),
    )
    supervisor.wait("worker")
    family = [psutil.Process(int(pid)) for pid in pids.read_text(encoding="utf-8").split()]

    began = time.monotonic()
    supervisor.stop()

    assert 7.5 < time.monotonic() - began < 10
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family)
    assert "worker did not stop within 8 s" in terminal.getvalue()


def test_prefixes_every_line_and_keeps_it_in_a_file(
    supervisor: Supervisor, terminal: io.StringIO, tmp_path: Path
) -> None:
    supervisor.launch(_process("web", (sys.executable, "-c", "print('hello'); print('there')"), once=True))
    supervisor.wait("web")

    assert eventually(lambda: terminal.getvalue() == "web          | hello\nweb          | there\n")
    assert (tmp_path / "logs" / "web.log").read_text(encoding="utf-8") == "hello\nthere\n"
