"""Canaries: a message through each queue every few seconds; whoever takes it proves that the queue is consumed.

A canary never expires by a clock, as the clocks of two machines may differ: instead at most five wait in a queue.
"""

import os
import socket
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import connection
from django.db.models import F, Value
from django.db.models.functions import Extract, Greatest, Now
from redis import Redis, RedisError
from rq import Queue

from jobs.liveness.broker import ask_broker
from jobs.liveness.models import Canary
from jobs.liveness.workers import SCHEDULER, forget_lost_workers, note_worker
from portal.core.logging import ROUTINE
from portal.core.tasks import ring_in_queue

log = structlog.get_logger(__name__)
QUEUES = ("interactive", "bulk", "system", "exports")
WAIT_AT_MOST = 5
LOST_AFTER_SECONDS = 60

# One is sent when the one before was taken. Lost ones are sent again; those that only wait are not joined by many more.
NUMBER = """
INSERT INTO canary AS mine (queue, number, tried_at, consumed_number, worker)
SELECT queue, 1, clock_timestamp(), 0, '' FROM unnest(%(queues)s::text[]) AS queue
ON CONFLICT (queue) DO UPDATE SET number = mine.number + 1, sent_at = NULL, tried_at = clock_timestamp()
    WHERE mine.consumed_number = mine.number OR mine.sent_at IS NULL
        OR (mine.sent_at < clock_timestamp() - %(lost_after)s * interval '1 second'
            AND (mine.number - mine.consumed_number < %(at_most)s OR mine.queue = ANY(%(empty)s::text[])))
RETURNING queue, number
"""


def send_canaries(scheduler: str) -> dict[str, bool]:
    """Send a canary to each queue that has taken its last one; returns, by queue, whether the broker took it.

    `scheduler` names the process that does it, which is seen by that.
    """
    note_worker(scheduler, queue=SCHEDULER)
    forget_lost_workers()
    lengths = ask_broker(QUEUES).lengths or {}
    asked: dict[str, Any] = {
        "queues": list(QUEUES),
        "empty": [queue for queue, length in lengths.items() if length == 0],
        "at_most": WAIT_AT_MOST,
        "lost_after": LOST_AFTER_SECONDS,
    }
    with connection.cursor() as cursor:
        cursor.execute(NUMBER, asked)
        due = dict(cursor.fetchall())
    return {queue: _send(queue, number) for queue, number in due.items()}


def consume_canary(*, queue: str, number: int, worker: str) -> None:
    """Record that `worker` took a canary out of `queue`; an old one proves as much as the latest."""
    row = Canary.objects.filter(queue=queue)
    row.filter(number=number).update(delay_seconds=Extract(Now() - F("sent_at"), "epoch"))
    row.update(consumed_number=Greatest("consumed_number", Value(number)), consumed_at=Now(), worker=worker)
    note_worker(worker, queue=queue)


def consume_export_canary(*, number: str) -> None:
    """Record that the worker of exports took one; RQ calls this in a child of the worker."""
    consume_canary(queue="exports", number=int(number), worker=f"{socket.gethostname()[:80]}:{os.getppid()}")


def _send(queue: str, number: int) -> bool:
    send: Callable[[str, int], bool] = _ring_exports if queue == "exports" else _ring
    # Before the message goes: whoever takes it at once must find when it was sent.
    Canary.objects.filter(queue=queue, number=number).update(sent_at=Now())
    sent = send(queue, number)
    if not sent:
        Canary.objects.filter(queue=queue, number=number).update(sent_at=None)
    return sent


def _ring(queue: str, number: int) -> bool:
    return ring_in_queue(queue, "jobs.dispatch.consume_canary", queue=queue, number=str(number))


def _ring_exports(name: str, number: int) -> bool:
    try:
        with Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=5) as broker:
            job = f"{ROUTINE}canary-{number}"
            options = {"result_ttl": 0, "failure_ttl": LOST_AFTER_SECONDS, "job_id": job, "description": job}
            Queue(name, connection=broker).enqueue(consume_export_canary, number=str(number), **options)
    except RedisError as error:
        log.warning("broker.unreachable", queue=name, error=str(error))
        return False
    return True
