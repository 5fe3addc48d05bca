"""The doorbell: rung after the commit, never fatal."""

import json
import time
from base64 import b64decode

import pytest
from django.db import transaction
from redis import Redis

from portal.core.health import broker_answers
from portal.core.tasks import enqueue, queue_length, ring, ring_often

TASK = "jobs.dispatch.run_target"


def bodies(broker: Redis) -> list[dict[str, str]]:
    messages = [json.loads(message) for message in reversed(broker.lrange("bulk", 0, -1))]
    return [json.loads(b64decode(message["body"]))[1] for message in messages]


def test_a_ring_carries_ids_by_keyword_to_the_queue_of_its_task(broker: Redis) -> None:
    assert ring(TASK, run_target_id="7") is True
    assert bodies(broker) == [{"run_target_id": "7"}]


def test_rings_come_as_often_as_wanted_and_never_less_than_not_at_all(broker: Redis) -> None:
    assert ring_often("jobs.dispatch.work", 5) is True
    assert ring_often("jobs.dispatch.work", -5) is True
    assert queue_length("bulk") == 5


@pytest.mark.django_db(transaction=True)
def test_a_task_is_enqueued_after_the_commit_and_not_without_one(broker: Redis) -> None:
    with transaction.atomic():
        enqueue(TASK, run_target_id="kept")
        assert queue_length("bulk") == 0
    with transaction.atomic():
        enqueue(TASK, run_target_id="rolled back")
        transaction.set_rollback(True)
    assert bodies(broker) == [{"run_target_id": "kept"}]


@pytest.mark.usefixtures("no_broker")
class TestBrokerDown:
    def test_a_ring_says_that_nobody_heard_it(self) -> None:
        began = time.monotonic()
        assert ring(TASK, run_target_id="7") is False
        assert ring_often(TASK, 1) is False
        assert time.monotonic() - began < 2, "whoever launches a run waits that long"

    def test_the_queue_counts_as_empty(self) -> None:
        assert queue_length("bulk") == 0
        assert broker_answers() is False

    @pytest.mark.django_db(transaction=True)
    def test_a_commit_is_not_disturbed(self) -> None:
        with transaction.atomic():
            enqueue(TASK, run_target_id="7")
