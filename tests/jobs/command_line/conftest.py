"""The workers that do what a command launches."""

import signal
from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from tests.live import Processes, Sandbox


@pytest.fixture(scope="module")
def workers(
    running_sandbox: Sandbox,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Processes]:
    """The workers of a file, started once: they find their work in the database of each test."""
    running = Processes(running_sandbox, tmp_path_factory.mktemp("workers"))
    with django_db_blocker.unblock():
        running.worker(WORKER_THREADS="10")
        yield running
    for process in running.started:
        running.stop(process, signal.SIGKILL)
