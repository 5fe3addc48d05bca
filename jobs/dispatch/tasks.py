"""Celery's doors to the engine: five lines each."""

from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.db import connection

from jobs.dispatch import leftovers, start
from jobs.dispatch import sweep as sweeper
from jobs.dispatch import work as worker


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
    sweeper.sweep()


@worker_ready.connect
def take_over(**_: object) -> None:
    """At its start, a worker gives up what dead workers of its machine still hold."""
    try:
        leftovers.give_up_leases_of_dead_workers()
    finally:
        connection.close()


@worker_shutting_down.connect
def leave(**_: object) -> None:
    """Claim nothing more."""
    worker.is_leaving.set()
