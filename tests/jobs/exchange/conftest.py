from collections.abc import Iterator

import pytest

from tenants.microsoft.http import close_thread_connections
from tests.jobs.exchange.cloud import SimulatedCloud, simulated_cloud


@pytest.fixture(scope="module")
def running_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatedCloud]:
    with simulated_cloud(tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud
        close_thread_connections()


@pytest.fixture
def cloud(running_cloud: SimulatedCloud) -> SimulatedCloud:
    running_cloud.control("POST", "reset")
    return running_cloud
