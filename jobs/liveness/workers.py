"""The worker processes that were seen taking messages, and whether they are up to the plans that wait."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import connection
from django.db.models import Count, Max, Sum
from django.db.models.functions import Now

from jobs.liveness.findings import Finding, Level
from jobs.liveness.models import WorkerProcess
from jobs.runs.models import Run, RunTarget
from jobs.runs.plans import PLAN_VERSION
from jobs.runs.states import TargetState
from portal.core.templatetags.presentation import counted
from portal.core.version import VERSION

log = structlog.get_logger(__name__)
SCHEDULER = "scheduler"
"""Stands among the queues of a process that sends canaries."""

LATELY = timedelta(minutes=10)
FORGOTTEN_AFTER = timedelta(hours=1)

SEEN = """
INSERT INTO worker_process AS mine (name, version, plan_version, queues, threads, started_at, seen_at)
VALUES (%(name)s, %(version)s, %(plan_version)s, jsonb_build_array(%(queue)s::text), %(threads)s, clock_timestamp(),
    clock_timestamp())
ON CONFLICT (name) DO UPDATE SET seen_at = clock_timestamp(), version = excluded.version,
    plan_version = excluded.plan_version, threads = GREATEST(mine.threads, excluded.threads),
    queues = CASE WHEN mine.queues @> excluded.queues THEN mine.queues ELSE mine.queues || excluded.queues END
"""


def note_worker(name: str, *, queue: str, threads: int = 0) -> None:
    """Record that the worker process `name`, which is this one or its parent, takes messages out of `queue`."""
    seen: dict[str, Any] = {
        "name": name,
        "queue": queue,
        "threads": threads,
        "version": VERSION,
        "plan_version": PLAN_VERSION,
    }
    with connection.cursor() as cursor:
        cursor.execute(SEEN, seen)
    newest = newest_plan_version()
    if queue == "bulk" and newest > PLAN_VERSION:
        log.warning("worker.older_than_plans", worker=name, own=PLAN_VERSION, waiting=newest)


def forget_lost_workers() -> None:
    """Delete the worker processes that nobody has seen for an hour."""
    WorkerProcess.objects.filter(seen_at__lt=Now() - FORGOTTEN_AFTER).delete()


def threads_of(queue: str) -> int:
    """Return how many messages of `queue` are worked on at a time by the processes seen lately; 0 if none is known."""
    seen = WorkerProcess.objects.filter(queues__contains=[queue], seen_at__gt=Now() - LATELY)
    threads: int | None = seen.aggregate(threads=Sum("threads"))["threads"]
    return threads or 0


def newest_plan_version() -> int:
    """Return the latest version among the plans of runs that go on; 0 without any."""
    newest: int | None = Run.objects.open().aggregate(newest=Max("plan_version"))["newest"]
    return newest or 0


@dataclass(frozen=True, slots=True)
class Seen:
    """A worker process that was seen lately, with the leases that it holds; `remark` says what is wrong with it."""

    name: str
    queues: Sequence[str]
    version: str
    started_at: datetime | None
    seen_at: datetime | None
    leases: int
    remark: str = ""


def seen_workers(now: datetime) -> list[Seen]:
    """Return the processes that took a message within ten minutes or hold a lease, by name."""
    leases = dict(
        RunTarget.objects.filter(state=TargetState.RUNNING).order_by().values_list("lease_owner").annotate(Count("pk"))
    )
    known = {worker.name: worker for worker in WorkerProcess.objects.filter(seen_at__gt=now - LATELY)}
    waiting = newest_plan_version()
    return [_seen(name, known.get(name), leases.get(name, 0), waiting) for name in sorted({*known, *leases})]


def workers_finding(workers: Sequence[Seen]) -> Finding:
    """Say whether workers are there, and whether each is of the version that the others are."""
    remarkable = [worker for worker in workers if worker.remark]
    level = Level.FAILS if not workers else Level.WATCH if remarkable else Level.WORKS
    fix = "Restart them, so that all are of one version." if workers else "Start the worker processes."
    return Finding(
        "workers",
        "Processes",
        level,
        f"{counted(len(workers), 'process,processes')} seen within 10 min."
        + "".join(f" {worker.name} {worker.remark}." for worker in remarkable),
        f"all are of this page's version, {VERSION}",
        "" if level is Level.WORKS else fix,
        {"seen": len(workers), "of_another_version": len(remarkable)},
    )


def _seen(name: str, worker: WorkerProcess | None, leases: int, waiting: int) -> Seen:
    if worker is None:
        return Seen(name, (), "", None, None, leases)
    remark = ""
    if worker.plan_version < waiting:
        remark = "is older than the plans that wait and leaves them alone"
    elif worker.version != VERSION:
        remark = f"runs another version, {worker.version}"
    return Seen(name, worker.queues, worker.version, worker.started_at, worker.seen_at, leases, remark)
