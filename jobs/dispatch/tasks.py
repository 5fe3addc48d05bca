"""Celery's doors to the engine: five lines each."""

from typing import Any
from uuid import UUID

import structlog
from celery import Task, shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.db import connection

from jobs.dispatch import leftovers, start
from jobs.dispatch import sweep as sweeper
from jobs.dispatch import work as worker
from jobs.dispatch.worker import worker_name
from jobs.liveness import canaries
from jobs.liveness.sweeps import sweeping
from jobs.liveness.workers import note_worker
from jobs.throttling.news import listener
from portal.core.errors import DATABASE_AWAY

log = structlog.get_logger(__name__)


@shared_task(name="jobs.dispatch.start_run")
def start_run(*, run_id: str) -> None:
    """Start one queued run."""
    start.start_run(run_id=UUID(run_id))


@shared_task(name="jobs.dispatch.work")
def work() -> None:
    """Work on organizations that are due."""
    worker.work()


@shared_task(name="jobs.dispatch.run_target")
def run_target(*, run_target_id: str) -> None:
    """Work, as an older dispatcher asks for it: which organization is next is decided by the claim."""
    worker.work()


@shared_task(name="jobs.dispatch.sweep")
def sweep() -> None:
    """Sweep once."""
    with sweeping(worker_name()):
        sweeper.sweep()


class DoneByScheduler(Task[..., None]):
    """A task that the scheduler does itself, when it is due: it must not wait in a queue that it judges."""

    def apply_async(self, *_: Any, **__: Any) -> Any:
        """Do the task here and now."""
        try:
            self.run()
        except DATABASE_AWAY as error:
            log.warning("scheduler.database_away", task=self.name, error=str(error))
        finally:
            connection.close()


@shared_task(name="jobs.dispatch.send_canaries", base=DoneByScheduler)
def send_canaries() -> None:
    """Send a canary through every queue."""
    canaries.send_canaries(worker_name())


@shared_task(name="jobs.dispatch.consume_canary")
def consume_canary(*, queue: str, number: str) -> None:
    """Prove that this queue is consumed."""
    canaries.consume_canary(queue=queue, number=int(number), worker=worker_name())


@worker_ready.connect
def take_over(sender: Any, **_: object) -> None:
    """At its start, a worker says how much it can do, and gives up what dead workers of its machine still hold."""
    listener.start()
    try:
        for queue in sender.app.amqp.queues.consume_from:
            note_worker(worker_name(), queue=queue, threads=sender.pool.limit)
        leftovers.give_up_leases_of_dead_workers()
    finally:
        connection.close()


@worker_shutting_down.connect
def leave(**_: object) -> None:
    """Claim nothing more."""
    worker.is_leaving.set()
