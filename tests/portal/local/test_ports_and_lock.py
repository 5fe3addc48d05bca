import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from portal.local import ports
from portal.local.lock import AlreadyRunning, only_one
from portal.local.paths import REPOSITORY


def test_names_the_holder_of_a_port_and_a_way_out() -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        with pytest.raises(ports.PortTaken) as refusal:
            ports.refuse_if_taken(port)

    assert f"Port {port} is taken by process {os.getpid()}, started " in str(refusal.value)
    assert "PORT=" in str(refusal.value)


def test_recognises_another_signalbox(tmp_path: Path) -> None:
    program = (
        "import socket, sys; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True);"
        " sys.stdin.read()"
    )
    command = (sys.executable, "-c", program, "portal.wsgi:application")
    with subprocess.Popen(command, cwd=tmp_path, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        port = int(other.stdout.readline())
        with pytest.raises(ports.PortTaken, match=f"another Signalbox in {tmp_path}"):
            ports.refuse_if_taken(port)
        other.communicate("")


def test_a_kept_port_stays_until_somebody_takes_it(tmp_path: Path) -> None:
    path = tmp_path / "port"
    first = ports.kept(path)
    assert ports.kept(path) == first
    with socket.create_server(("127.0.0.1", first)):
        assert ports.kept(path) != first


def test_a_free_port_is_not_refused(tmp_path: Path) -> None:
    ports.refuse_if_taken(ports.kept(tmp_path / "port"))


def test_the_lock_names_its_holder_and_outlives_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    program = (
        "import pathlib, sys; from portal.local.lock import only_one\n"
        "with only_one(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    command = (sys.executable, "-c", program, str(path))
    with subprocess.Popen(command, cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(AlreadyRunning, match=f"process {holder.pid}"), only_one(path):
            pass
        holder.kill()
        holder.communicate()

    with only_one(path):
        assert path.read_text(encoding="ascii") == f"{os.getpid()}\n"
