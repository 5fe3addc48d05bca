"""The commands of Docker Compose and `make up`, run as they are, outside Docker."""

import httpx
import pytest
import redis
from django.conf import settings
from django.db import connection

from portal.local.commands import COMMANDS
from tests.live import Processes, closed_port, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_command_runs_and_does_its_work(processes: Processes) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()
        migration = processes.start("migrate")
        assert migration.wait(60) == 0
        port = closed_port()
        processes.start("web", PORT=str(port))
        processes.start("worker", ready="ready.", WORKER_THREADS="2")
        processes.start("rq-worker", ready="exports")
        processes.start("scheduler", ready="beat", SWEEP_SECONDS="1", SCHEDULE_FILE=str(processes.folder / "schedule"))
        wait_for(lambda: broker.llen("system") > 0, what="the scheduler's sweep")
        processes.start("worker-system", ready="ready.")
        wait_for(lambda: broker.llen("system") == 0, what="somebody to sweep")
        wait_for(lambda: _is_ready(port), what="the web server")
    assert all(process.poll() is None for process in processes.started if process is not migration)
    assert len(processes.started) == len(COMMANDS)
    assert connection.settings_dict["NAME"].startswith("test_")


def _is_ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False).json()["ready"] is True
    except httpx.TransportError:
        return False
