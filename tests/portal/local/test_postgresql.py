import os
import signal
import stat
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from portal.local import postgresql
from portal.local.paths import REPOSITORY
from tests.portal.local.conftest import eventually

pytestmark = pytest.mark.faults


def test_serves_one_owner_with_the_promised_settings(database_dir: Path) -> None:
    running = postgresql.start(database_dir)
    try:
        with psycopg.connect(running.url) as connection:
            row = connection.execute(
                "SELECT current_setting('TimeZone'), current_setting('fsync'), current_setting('max_connections'),"
                " rolsuper, rolcreatedb, current_database(), pg_get_userbyid(datdba)"
                " FROM pg_roles, pg_database WHERE rolname = current_user AND datname = current_database()"
            ).fetchone()
        assert row == ("UTC", "on", "300", False, True, "signalbox", "signalbox")
        assert psutil.Process(running.pid).uids().real != 0
    finally:
        running.stop()
    assert not psutil.pid_exists(running.pid)


def test_refuses_everybody_without_the_password(database_dir: Path) -> None:
    running = postgresql.start(database_dir)
    try:
        password = (database_dir / "password").read_text(encoding="ascii").strip()
        assert stat.S_IMODE((database_dir / "password").stat().st_mode) == 0o600
        for url in (running.url.replace(password, "wrong"), running.url.replace("signalbox:", "postgres:")):
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(url)
    finally:
        running.stop()


def test_committed_rows_survive_a_kill_and_the_port_stays(database_dir: Path) -> None:
    first = postgresql.start(database_dir)
    with psycopg.connect(first.url) as connection:
        connection.execute("CREATE TABLE t AS SELECT 42 AS answer")
    for process in (psutil.Process(first.pid), *psutil.Process(first.pid).children()):
        with suppress(psutil.NoSuchProcess):  # the backend of the closed connection ends by itself
            process.kill()
    first.stop()

    second = postgresql.start(database_dir)
    try:
        assert second.url == first.url
        with psycopg.connect(second.url) as connection:
            assert connection.execute("SELECT answer FROM t").fetchone() == (42,)
    finally:
        second.stop()


def test_ends_the_server_that_a_crash_left_running(database_dir: Path) -> None:
    left = postgresql.start(database_dir)
    again = postgresql.start(database_dir)
    try:
        assert again.pid != left.pid
        assert not psutil.pid_exists(left.pid) or psutil.Process(left.pid).status() == psutil.STATUS_ZOMBIE
        psycopg.connect(again.url).close()
    finally:
        again.stop()
        left.stop()


def test_a_process_id_of_another_program_does_not_stop_the_start(database_dir: Path) -> None:
    first = postgresql.start(database_dir)
    cluster = Path(psutil.Process(first.pid).cwd())
    first.stop()
    (cluster / "postmaster.pid").write_text(f"{os.getppid()}\n{cluster}\n", encoding="utf-8")

    second = postgresql.start(database_dir)
    second.stop()


def test_a_lost_password_is_replaced(database_dir: Path) -> None:
    postgresql.start(database_dir).stop()
    (database_dir / "password").unlink()

    running = postgresql.start(database_dir)
    try:
        psycopg.connect(running.url).close()
    finally:
        running.stop()


def test_ends_with_its_parent(database_dir: Path) -> None:
    program = (
        "import pathlib, signal, sys; from portal.local import postgresql;"
        " print(postgresql.start(pathlib.Path(sys.argv[1])).pid, flush=True); signal.pause()"
    )
    parent = subprocess.Popen(
        (sys.executable, "-c", program, str(database_dir)), cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    server = psutil.Process(int(parent.stdout.readline()))
    assert server.is_running()

    parent.send_signal(signal.SIGKILL)
    parent.communicate()

    assert eventually(lambda: not server.is_running() or server.status() == psutil.STATUS_ZOMBIE)
