"""Whether the work goes on: organizations that wait, leases, open connections, sweeps, runs, the global stop."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from jobs.global_stop.models import GlobalStop
from jobs.liveness.findings import Finding, Level, in_words, level_of
from jobs.liveness.models import Sweep
from jobs.runs.models import Attempt, Connection, Run, RunTarget
from jobs.runs.states import RunState, TargetState
from jobs.throttling.models import IdentityBreaker
from portal.core.templatetags.presentation import counted

STALLED_WATCH_SECONDS, STALLED_FAILS_SECONDS = 30, 90
TAKEN_BACK_WITHIN = timedelta(seconds=60)
CLOSED_WITHIN = timedelta(seconds=60)
CONNECTION_WATCH = timedelta(minutes=20)
STARTS_WITHIN = timedelta(seconds=60)
SWEEP_WATCH_SECONDS, SWEEP_FAILS_SECONDS = 3 * settings.SWEEP_SECONDS, 8 * settings.SWEEP_SECONDS
WORKERS = "See to the queue “bulk” above, and read the log of the process “worker”."
SWEEPER = "Start the processes “scheduler” and “worker-system”, or restart them, and read their logs."


def stop_finding(now: datetime) -> Finding:
    """Say whether a global stop is in force."""
    stop = GlobalStop.objects.filter(lifted_at=None).first()
    if stop is None:
        return Finding("global_stop", "Global stop", Level.WORKS, "None is in force.", "none")
    age = (now - stop.stopped_at).total_seconds()
    return Finding(
        "global_stop",
        "Global stop",
        Level.WATCH,
        f"{stop.stopped_by} stopped everything {in_words(age)} ago{': ' if stop.reason else '.'}{stop.reason}",
        "none",
        "No cmdlet starts until somebody with the right lifts it.",
        {"in_force_seconds": age},
    )


def runs_finding(now: datetime) -> Finding:
    """Say how many runs go on, and whether any of them does not start."""
    late = Q(state=RunState.QUEUED, launched_at__lt=now - STARTS_WITHIN)
    found = Run.objects.open().aggregate(
        running=Count("pk", filter=Q(state=RunState.RUNNING)),
        paused=Count("pk", filter=Q(state=RunState.PAUSED)),
        queued=Count("pk", filter=Q(state=RunState.QUEUED)),
        late=Count("pk", filter=late),
    )
    level = Level.FAILS if found["late"] else Level.WORKS
    return Finding(
        "runs",
        "Runs",
        level,
        f"{found['running']} in progress, {found['queued']} about to start, {found['paused']} paused."
        + (f" {counted(found['late'], 'run')} should have started." if found["late"] else ""),
        f"starts within {in_words(STARTS_WITHIN.total_seconds())} after the launch",
        SWEEPER if found["late"] else "",
        found,
    )


def waiting_finding(now: datetime, *, stopped: bool) -> Finding:
    """Say how long organizations wait that are due, and whether any is begun meanwhile."""
    startable = Q(run__state=RunState.RUNNING, run__cancel_requested_at=None)
    left_alone = Q(organization__gate__closed_until__gt=now) | Q(identity__in=_paused_identities())
    due = (
        RunTarget.objects.filter(startable, state=TargetState.QUEUED)
        .filter(Q(not_before=None) | Q(not_before__lte=now))
        .exclude(left_alone)
    )
    found = due.aggregate(number=Count("pk"), since=Min(Coalesce("not_before", "changed_at")))
    number, since = found["number"], found["since"]
    figures = {"organizations": number, "oldest_seconds": (now - since).total_seconds() if since else None}
    title, limit = "Organizations that wait", f"one of them begins every {STALLED_WATCH_SECONDS} s"
    if not number:
        return Finding("waiting", title, Level.WORKS, "None is due.", limit, figures=figures)
    oldest = f"{counted(number, 'organization')} due, the oldest for {in_words((now - since).total_seconds())}."
    if stopped:
        return Finding("waiting", title, Level.WORKS, f"{oldest} The stop holds them back.", limit, figures=figures)
    stalled = (now - max(since, _last_begun() or since)).total_seconds()
    level = level_of(stalled, watch=STALLED_WATCH_SECONDS, fails=STALLED_FAILS_SECONDS)
    fact = oldest if level is Level.WORKS else f"{oldest} None was begun for {in_words(stalled)}."
    return Finding("waiting", title, level, fact, limit, "" if level is Level.WORKS else WORKERS, figures)


def leases_finding(now: datetime) -> Finding:
    """Say how many organizations are in the hands of workers, and whether lost ones are taken back."""
    held = RunTarget.objects.filter(state=TargetState.RUNNING)
    overdue = Count("pk", filter=Q(lease_until__lt=now - TAKEN_BACK_WITHIN))
    found = held.aggregate(number=Count("pk"), overdue=overdue, workers=Count("lease_owner", distinct=True))
    open_attempts = Attempt.objects.filter(run_target__state=TargetState.RUNNING, ended_at=None)
    oldest = open_attempts.aggregate(oldest=Min("claimed_at"))["oldest"]
    age = (now - oldest).total_seconds() if oldest else None
    fact = "None." if not found["number"] else f"{found['number']} held by {counted(found['workers'], 'worker')}"
    fact += f", the oldest for {in_words(age)}." if age is not None else ""
    late = f" {found['overdue']} ran out and were not taken back." if found["overdue"] else ""
    return Finding(
        "leases",
        "Leases",
        Level.FAILS if found["overdue"] else Level.WORKS,
        fact + late,
        f"one that ran out is taken back within {in_words(TAKEN_BACK_WITHIN.total_seconds())}",
        SWEEPER if found["overdue"] else "",
        {"leases": found["number"], "oldest_seconds": age, "not_taken_back": found["overdue"]},
    )


def connections_finding(now: datetime) -> Finding:
    """Say how many connections are open, and whether any was left open."""
    left = Count("pk", filter=Q(attempt__ended_at__lt=now - CLOSED_WITHIN))
    found = Connection.objects.open().aggregate(number=Count("pk"), oldest=Min("opened_at"), left=left)
    age = now - found["oldest"] if found["oldest"] else timedelta()
    level = Level.FAILS if found["left"] else Level.WATCH if age > CONNECTION_WATCH else Level.WORKS
    fact = f"{found['number']} open, the oldest for {in_words(age.total_seconds())}." if found["number"] else "None."
    fixes = {Level.FAILS: SWEEPER, Level.WATCH: "Open the ledger and see which cmdlet takes so long."}
    return Finding(
        "connections",
        "Open connections",
        level,
        fact + (f" {found['left']} of them were left open." if found["left"] else ""),
        "closed within 60 s after the attempt; none open for 20 min",
        fixes.get(level, ""),
        {"open": found["number"], "oldest_seconds": age.total_seconds(), "left_open": found["left"]},
    )


def sweep_finding(now: datetime) -> Finding:
    """Say who swept last, when and for how long."""
    sweep = Sweep.objects.first()
    ended_at = sweep.last_ended_at if sweep else None
    age = (now - ended_at).total_seconds() if ended_at else None
    level = Level.FAILS if age is None else level_of(age, watch=SWEEP_WATCH_SECONDS, fails=SWEEP_FAILS_SECONDS)
    seconds = sweep.last_seconds if sweep else None
    fact = "None has come to its end yet." if age is None else f"Ended {in_words(age)} ago"
    fact += f", took {in_words(seconds)}." if seconds is not None else ""
    if sweep and sweep.ended_at is None:
        fact += f" {sweep.worker} began one {in_words((now - sweep.began_at).total_seconds())} ago."
    return Finding(
        "sweep",
        "Last sweep",
        level,
        fact,
        f"every {settings.SWEEP_SECONDS} s; at most {SWEEP_WATCH_SECONDS} s without one",
        "" if level is Level.WORKS else SWEEPER,
        {"ended_seconds_ago": age, "took_seconds": seconds},
    )


def _paused_identities() -> QuerySet[IdentityBreaker, str]:
    return IdentityBreaker.objects.filter(opened_at__isnull=False).values_list("key", flat=True)


def _last_begun() -> datetime | None:
    """Return when the last attempt began; their keys grow with time."""
    newest = Attempt.objects.order_by("-pk").values_list("claimed_at", flat=True)[:20]
    return max(newest, default=None)
