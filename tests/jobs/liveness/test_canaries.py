"""Canaries: one at a time through each queue, whatever became of the one before."""

import json
import logging
from base64 import b64decode
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from redis import Redis
from rq import Queue, SimpleWorker

from jobs.dispatch.tasks import consume_canary as consuming
from jobs.dispatch.tasks import send_canaries as sending
from jobs.liveness.canaries import LOST_AFTER_SECONDS, QUEUES, WAIT_AT_MOST, consume_canary, send_canaries
from jobs.liveness.models import Canary, WorkerProcess
from jobs.runs.models import Run
from jobs.runs.plans import PLAN_VERSION
from jobs.runs.states import RunState
from portal.celery import app
from portal.core.logging import ROUTINE, configure_logging
from portal.core.version import VERSION
from tests.factories import make_run

pytestmark = pytest.mark.django_db


def waiting(broker: Redis, queue: str) -> list[int]:
    """The numbers of the canaries in a queue, oldest first."""
    if queue == "exports":
        return [int(job.kwargs["number"]) for job in Queue("exports", connection=broker).jobs]
    messages = [json.loads(message) for message in reversed(broker.lrange(queue, 0, -1))]
    bodies = [json.loads(b64decode(message["body"]))[1] for message in messages]
    assert {body["queue"] for body in bodies} <= {queue}
    return [int(body["number"]) for body in bodies]


def grow_old(seconds: float = LOST_AFTER_SECONDS + 1) -> None:
    Canary.objects.update(sent_at=F("sent_at") - timedelta(seconds=seconds))


@pytest.mark.parametrize("queue", QUEUES)
def test_one_goes_through_every_queue(broker: Redis, queue: str) -> None:
    assert send_canaries("beat:1") == dict.fromkeys(QUEUES, True)
    assert waiting(broker, queue) == [1]


def test_the_next_one_is_sent_when_the_last_was_taken(broker: Redis) -> None:
    send_canaries("beat:1")
    assert send_canaries("beat:1") == {}
    consume_canary(queue="bulk", number=1, worker="host:7")
    assert send_canaries("beat:1") == {"bulk": True}
    assert waiting(broker, "bulk") == [1, 2]


def test_one_that_was_lost_is_sent_again_after_a_minute(broker: Redis) -> None:
    send_canaries("beat:1")
    broker.flushdb()
    assert send_canaries("beat:1") == {}
    grow_old()
    assert send_canaries("beat:1") == dict.fromkeys(QUEUES, True)
    assert waiting(broker, "system") == [2]


def test_in_a_queue_that_nobody_consumes_they_do_not_pile_up(broker: Redis) -> None:
    for _ in range(3 * WAIT_AT_MOST):
        send_canaries("beat:1")
        grow_old()
    assert waiting(broker, "interactive") == waiting(broker, "exports") == list(range(1, WAIT_AT_MOST + 1))


def test_after_they_were_lost_in_such_a_queue_one_is_sent_again(broker: Redis) -> None:
    for _ in range(3 * WAIT_AT_MOST):
        send_canaries("beat:1")
        grow_old()
    broker.flushdb()
    send_canaries("beat:1")
    assert waiting(broker, "bulk") == [WAIT_AT_MOST + 1]


def test_one_that_the_broker_did_not_take_is_tried_again_at_once(no_broker: None) -> None:
    assert send_canaries("beat:1") == dict.fromkeys(QUEUES, False)
    assert set(Canary.objects.values_list("sent_at", flat=True)) == {None}
    assert send_canaries("beat:1") == dict.fromkeys(QUEUES, False)


def test_taking_one_records_who_when_and_how_long_it_had_waited(broker: Redis) -> None:
    send_canaries("beat:1")
    grow_old(12)
    consume_canary(queue="bulk", number=1, worker="host:7")
    canary = Canary.objects.get(queue="bulk")
    assert (canary.worker, canary.consumed_number) == ("host:7", 1)
    assert canary.delay_seconds == pytest.approx(12, abs=5)
    assert canary.consumed_at
    assert timezone.now() - canary.consumed_at < timedelta(seconds=30)


def test_an_old_one_proves_as_much_and_does_not_bring_the_number_back(broker: Redis) -> None:
    Canary.objects.create(queue="bulk", number=9, consumed_number=8, tried_at=timezone.now(), sent_at=timezone.now())
    consume_canary(queue="bulk", number=3, worker="host:7")
    canary = Canary.objects.get(queue="bulk")
    assert (canary.consumed_number, canary.worker, canary.delay_seconds) == (8, "host:7", None)
    assert canary.consumed_at


def test_the_worker_of_exports_takes_its_own(broker: Redis) -> None:
    send_canaries("beat:1")
    SimpleWorker([Queue("exports", connection=broker)], connection=broker).work(burst=True)
    assert Canary.objects.get(queue="exports").consumed_number == 1
    assert waiting(broker, "exports") == []


@pytest.mark.django_db(transaction=True)
def test_the_scheduler_sends_them_itself_and_puts_nothing_into_a_queue_for_that(broker: Redis) -> None:
    entry = app.conf.beat_schedule["canaries"]
    app.tasks[entry["task"]].apply_async()
    assert sending.name == entry["task"]
    assert {queue: broker.llen(queue) for queue in ("interactive", "bulk", "system")} == {
        "interactive": 1,
        "bulk": 1,
        "system": 1,
    }
    assert WorkerProcess.objects.get().queues == ["scheduler"]


def test_who_takes_one_is_seen_with_its_version_and_its_queues() -> None:
    for queue in ("system", "interactive", "system"):
        consuming.run(queue=queue, number="1")
    worker = WorkerProcess.objects.get()
    assert (worker.version, worker.plan_version) == (VERSION, PLAN_VERSION)
    assert worker.queues == ["system", "interactive"]


def test_workers_that_are_gone_for_an_hour_are_forgotten(broker: Redis) -> None:
    consume_canary(queue="bulk", number=1, worker="host:7")
    WorkerProcess.objects.update(seen_at=timezone.now() - timedelta(minutes=61))
    send_canaries("beat:1")
    assert [worker.name for worker in WorkerProcess.objects.all()] == ["beat:1"]


def test_a_worker_that_is_older_than_the_plans_that_wait_says_so_in_its_log(caplog: pytest.LogCaptureFixture) -> None:
    run = make_run(state=RunState.RUNNING)
    consume_canary(queue="bulk", number=1, worker="host:7")
    assert "worker.older_than_plans" not in caplog.text
    Run.objects.filter(pk=run.pk).update(plan_version=PLAN_VERSION + 1)
    consume_canary(queue="bulk", number=2, worker="host:7")
    assert "worker.older_than_plans" in caplog.text


def test_the_worker_of_exports_tells_of_every_job_but_canaries_that_go_well(caplog: pytest.LogCaptureFixture) -> None:
    configure_logging()
    told = logging.getLogger("rq.worker")
    told.addHandler(caplog.handler)
    told.setLevel(logging.INFO)
    try:
        told.info("%s: %s (%s)", "exports", f"{ROUTINE}canary-5", f"{ROUTINE}canary-5")
        told.info("%s: %s (%s)", "exports", "make_export", "1f")
        told.error("%s failed", f"{ROUTINE}canary-6")
    finally:
        told.removeHandler(caplog.handler)
    assert [record.getMessage() for record in caplog.records] == [
        "exports: make_export (1f)",
        "routine-canary-6 failed",
    ]
