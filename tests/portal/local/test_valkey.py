import stat
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import redis

from portal.local import valkey
from portal.local.paths import REPOSITORY
from portal.local.process import Running

pytestmark = pytest.mark.faults
HEALTH = REPOSITORY / "docker" / "healthcheck.py"


def test_keeps_values_over_a_kill_and_the_port_stays(tmp_path: Path) -> None:
    first = valkey.start(tmp_path)
    with redis.Redis.from_url(first.url) as client:
        client.set("doorbell", "rung")
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
    psutil.Process(first.pid).kill()
    first.stop()

    second = valkey.start(tmp_path)
    try:
        assert second.url == first.url
        with redis.Redis.from_url(second.url) as client:
            assert client.get("doorbell") == b"rung"
    finally:
        second.stop()


def test_asks_for_the_password_which_no_command_line_shows(tmp_path: Path) -> None:
    running = valkey.start(tmp_path)
    try:
        password = (tmp_path / "password").read_text(encoding="ascii").strip()
        with redis.Redis.from_url(running.url.replace(password, "wrong")) as client:
            with pytest.raises(redis.AuthenticationError):
                client.ping()
        assert password not in " ".join(psutil.Process(running.pid).cmdline())
        assert stat.S_IMODE((tmp_path / "valkey.conf").stat().st_mode) == 0o600
    finally:
        running.stop()


def test_ends_the_server_that_a_crash_left_running(tmp_path: Path) -> None:
    left = valkey.start(tmp_path)
    again = valkey.start(tmp_path)
    try:
        assert not psutil.pid_exists(left.pid) or psutil.Process(left.pid).status() == psutil.STATUS_ZOMBIE
    finally:
        again.stop()
        left.stop()


def test_container_health_wants_a_connection_besides_its_own(tmp_path: Path) -> None:
    running = valkey.start(tmp_path)
    try:
        assert _health(running, tmp_path) == 1
        with redis.Redis.from_url(running.url) as worker:
            worker.ping()
            assert _health(running, tmp_path) == 0
    finally:
        running.stop()


def _health(running: Running, folder: Path) -> int:
    port = running.url.rpartition(":")[2]
    environment = {"REDIS_URL": f"redis://127.0.0.1:{port}", "REDIS_URL_PASSWORD_FILE": str(folder / "password")}
    return subprocess.run((sys.executable, HEALTH, "broker"), env=environment, capture_output=True).returncode
