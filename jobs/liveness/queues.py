"""Whether every queue is consumed, as its canaries prove, and whether somebody sends them."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from jobs.liveness.broker import BrokerAnswer
from jobs.liveness.canaries import QUEUES
from jobs.liveness.findings import Finding, Level, in_words, level_of
from jobs.liveness.models import Canary, WorkerProcess
from jobs.liveness.workers import SCHEDULER
from portal.core.templatetags.presentation import counted
from portal.exports.models import Export, ExportState

PROCESSES = {"interactive": "worker-system", "bulk": "worker", "system": "worker-system", "exports": "rq-worker"}
"""The process that consumes each queue, by the name that `make up` and Compose give it."""

WATCH_SECONDS, FAILS_SECONDS = 3 * settings.CANARY_SECONDS, 8 * settings.CANARY_SECONDS
LIMIT = f"a canary goes through it every {settings.CANARY_SECONDS} s; at most {WATCH_SECONDS} s without one"
EXPORT_SPEAKS_WITHIN = timedelta(seconds=30)


def scheduler_finding(now: datetime) -> Finding:
    """Say whether the scheduler sends canaries."""
    schedulers = WorkerProcess.objects.filter(queues__contains=[SCHEDULER])
    seen_at = schedulers.aggregate(seen_at=Max("seen_at"))["seen_at"]
    silent = (now - seen_at).total_seconds() if seen_at else None
    level = Level.FAILS if silent is None else level_of(silent, watch=WATCH_SECONDS, fails=FAILS_SECONDS)
    return Finding(
        "scheduler",
        "Scheduler",
        level,
        "It was never seen." if silent is None else f"It sent canaries {in_words(silent)} ago.",
        f"at most {WATCH_SECONDS} s",
        "" if level is Level.WORKS else "Start the process “scheduler”, or restart it, and read its log.",
        {"silent_seconds": silent},
    )


def queue_findings(now: datetime, broker: BrokerAnswer, *, scheduler: Level) -> list[Finding]:
    """Say of every queue whether it is consumed."""
    canaries = Canary.objects.in_bulk(QUEUES)
    return [_finding(queue, canaries.get(queue), now, broker, scheduler) for queue in QUEUES]


def _finding(queue: str, canary: Canary | None, now: datetime, broker: BrokerAnswer, scheduler: Level) -> Finding:
    consumed_at = canary.consumed_at if canary else None
    age = (now - consumed_at).total_seconds() if consumed_at else None
    level = _level(age, canary, now)
    fact, fix = _fact(canary, age), f"Start the process “{PROCESSES[queue]}”, or restart it, and read its log."
    if level is not Level.WORKS and queue == "exports" and _an_export_goes_on(now):
        level, fact = Level.WORKS, "Its worker makes an export; the canary waits for its end."
    elif level is not Level.WORKS and scheduler is not Level.WORKS:
        level, fix = Level.WATCH, "Not known whether it is consumed: see to the scheduler first."
    elif level is not Level.WORKS and canary and canary.sent_at is None:
        fact, fix = "The last canary could not be sent.", "See to the broker."
    depth = broker.lengths[queue] if broker.lengths is not None else None
    waiting = "The broker cannot be asked how many wait." if depth is None else f"{counted(depth, 'message')} in it."
    return Finding(
        f"queue_{queue}",
        f"Queue “{queue}”",
        level,
        f"{fact} {waiting}",
        LIMIT,
        "" if level is Level.WORKS else fix,
        {"consumed_seconds_ago": age, "delay_seconds": canary.delay_seconds if canary else None, "messages": depth},
    )


def _level(age: float | None, canary: Canary | None, now: datetime) -> Level:
    """Judge by the last one that was taken; where there is none yet, by how long the first one waits."""
    if age is None and canary:
        age = (now - canary.tried_at).total_seconds() + WATCH_SECONDS
    return Level.FAILS if age is None else level_of(age, watch=WATCH_SECONDS, fails=FAILS_SECONDS)


def _fact(canary: Canary | None, age: float | None) -> str:
    if canary is None:
        return "No canary was sent to it yet."
    if age is None:
        return "No canary was taken out of it yet."
    delay = "" if canary.delay_seconds is None else f" It had waited {in_words(canary.delay_seconds)}."
    return f"{canary.worker} took a canary {in_words(age)} ago.{delay}"


def _an_export_goes_on(now: datetime) -> bool:
    return Export.objects.filter(state=ExportState.RUNNING, reported_at__gt=now - EXPORT_SPEAKS_WITHIN).exists()
