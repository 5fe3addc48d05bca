"""The broker is gone in mid-run; workers take what is rung for again without anybody's help."""

from collections.abc import Callable, Iterator
from typing import cast
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from kombu import Connection
from kombu.transport.redis import Channel
from redis import Redis

from jobs.runs.models import Attempt
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.faults.parts import through
from tests.faults.proxy import Loop, Proxy, Toxic
from tests.faults.test_dying_parts import sweep_until_ended
from tests.live import Processes, Sandbox, wait_for

THREADS = 4
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(240)]


@pytest.fixture
def broker_proxy() -> Iterator[Proxy]:
    port = urlsplit(settings.REDIS_URL).port
    assert port
    proxy = Proxy(Loop(), port, name="broker")
    yield proxy
    proxy.close()


def test_a_message_whose_answer_is_lost_is_in_hand_no_more(broker: Redis, broker_proxy: Proxy) -> None:
    """Else a worker whose threads all lost the broker at once would take no more, as kombu's does."""
    with Connection(through(settings.REDIS_URL, broker_proxy.port)) as connection:
        queue = connection.SimpleQueue("answers")
        channel = cast("Channel", queue.channel)
        channel.basic_qos(0, 1, False)
        queue.put("message")
        message = queue.get(timeout=10)
        assert not channel.qos.can_consume()
        broker_proxy.disturb(Toxic(refuses=True))
        broker_proxy.reset()
        with pytest.raises(connection.connection_errors):
            message.ack()
        assert channel.qos.can_consume()
        broker_proxy.calm()


def test_a_worker_whose_every_thread_lost_the_broker_takes_work_again(
    sandbox: Sandbox,
    processes: Processes,
    organizations_of: Callable[..., list[Organization]],
    launch: Launch,
    broker_proxy: Proxy,
) -> None:
    organizations = organizations_of(THREADS)
    slow = {"match": {"cmdlet": "Get-AcceptedDomain", "times": THREADS}, "action": {"type": "delay", "seconds": 8}}
    sandbox.control("POST", "faults", json=slow)
    processes.worker(WORKER_THREADS=str(THREADS), REDIS_URL=through(settings.REDIS_URL, broker_proxy.port))
    first = launch("Get-AcceptedDomain", organizations)
    under_way = Attempt.objects.filter(intended_at__isnull=False, ended_at=None)
    wait_for(lambda: under_way.count() == THREADS, what="a cmdlet under way in every thread")
    broker_proxy.disturb(Toxic(refuses=True))
    broker_proxy.reset()
    (log,) = processes.folder.glob("worker-[0-9]*.log")
    wait_for(lambda: log.read_text().count("broker.unreachable") >= THREADS, what="every thread to miss the broker")
    broker_proxy.calm()
    assert sweep_until_ended(first).counts == {"succeeded": THREADS}
    assert sweep_until_ended(launch("Get-AcceptedDomain", organizations)).counts == {"succeeded": THREADS}
