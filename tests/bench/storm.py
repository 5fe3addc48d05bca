"""A storm of 429: three in ten calls to Exchange are refused with `Retry-After`, in 200 organizations."""

import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import connection

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.results.bodies import unpack_exchanges
from jobs.results.models import Result
from jobs.runs.models import Run, RunTarget
from jobs.runs.selection import Selection
from jobs.runs.states import is_open
from portal.sandbox.waits import ON_THE_WIRE_SECONDS
from tenants.organizations.models import Organization
from tests.factories import SYSTEM
from tests.live import Processes, Sandbox, wait_for

ORGANIZATIONS = 200
REFUSED = 0.3
RETRY_AFTER_SECONDS = 2
LATENCY_MS = 300
WORKERS, THREADS = 2, 100
TOKEN_CALLS = 2  # discovery and token, once for each organization and worker process
IDEAL = (
    "an engine that makes the same calls with the same refusals, sends the next call of an organization in the very\n"
    "    moment that its Retry-After ends, and never lets one of its threads idle while something may be sent: the\n"
    "    longer of (time of all calls / threads) and (calls and waits of the organization that takes longest)"
)
TOO_LONG = ("throttled", "throttled_too_long")


@dataclass(frozen=True)
class Storm:
    """What came of some runs at once; times in seconds."""

    wall: float
    ideal: float
    refused: int
    begun_inside: int
    inside: int
    on_the_wire: int
    failed_for_throttling: int
    targets: int
    succeeded: int


def main(sandbox: Sandbox) -> None:
    """Print the figures of one run, and of three runs at once over the same organizations."""
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(sandbox, Path(folder))
        try:
            for _ in range(WORKERS):
                processes.worker(WORKER_THREADS=str(THREADS // WORKERS), LEASE_SECONDS="90")
            one, three = _storm(sandbox, runs=1), _storm(sandbox, runs=3)
        finally:
            for process in processes.started:
                processes.stop(process)
    connection.close()
    print(
        f"Storm: {ORGANIZATIONS} organizations, {REFUSED:.0%} of the calls to Exchange refused with Retry-After "
        f"{RETRY_AFTER_SECONDS} s, {LATENCY_MS} ms a call, {WORKERS} worker processes, {THREADS} threads in all"
    )
    _print("one run", one)
    _print("three runs at once", three)
    print(f"  goodput of one run {one.ideal / one.wall:.0%} of the ideal (at least 80 %)")
    print(f"    ideal: {IDEAL}")


def _print(name: str, storm: Storm) -> None:
    print(
        f"  {name}: {storm.succeeded} of {storm.targets} succeeded in {storm.wall:.1f} s (ideal {storm.ideal:.1f} s)   "
        f"{storm.refused} calls refused   calls begun inside a Retry-After {storm.begun_inside} (limit 0)   "
        f"targets failed for throttling {storm.failed_for_throttling} (limit 0)\n"
        f"    as the simulated cloud saw it: {storm.inside} arrived inside a Retry-After, besides {storm.on_the_wire} "
        f"within {1000 * ON_THE_WIRE_SECONDS:.0f} ms of the refusal, on their way before it was read"
    )


def _storm(sandbox: Sandbox, *, runs: int) -> Storm:
    sandbox.control("POST", "reset")
    sandbox.control("POST", "latency", json={"ms": LATENCY_MS})
    rule = {
        "match": {"service": "exchange", "probability": REFUSED},
        "action": {"type": "throttled", "retry_after": RETRY_AFTER_SECONDS},
    }
    sandbox.control("POST", "faults", json=rule)
    keys = list(Organization.objects.order_by("pk").values_list("pk", flat=True)[:ORGANIZATIONS])
    request = RunRequest("Get-AcceptedDomain", {}, Selection(organization_ids=keys))
    drafts = [draft_run(actor=SYSTEM, request=request) for _ in range(runs)]
    launched = [launch_run(actor=SYSTEM, run_id=draft.pk).pk for draft in drafts]
    wait_for(lambda: _are_over(launched), seconds=600, what="the storm")
    ended = Run.objects.filter(pk__in=launched)
    begun_at = min(run.launched_at for run in ended if run.launched_at)
    over_at = max(run.finished_at for run in ended if run.finished_at)
    targets = RunTarget.objects.filter(run__in=launched)
    waits = sandbox.control("GET", "waits")
    return Storm(
        wall=(over_at - begun_at).total_seconds(),
        ideal=_ideal(launched),
        refused=waits["refused"],
        begun_inside=_begun_inside(launched),
        inside=waits["inside"],
        on_the_wire=waits["on_the_wire"],
        failed_for_throttling=targets.filter(state__in=("failed", "errored"), error_class__in=TOO_LONG).count(),
        targets=targets.count(),
        succeeded=targets.filter(state="succeeded").count(),
    )


def _are_over(run_ids: list[UUID]) -> bool:
    return not any(is_open(state) for state in Run.objects.filter(pk__in=run_ids).values_list("state", flat=True))


def _begun_inside(run_ids: list[UUID]) -> int:
    """Return how many calls were begun after a refusal of the same organization was read and before its end.

    By the record of exchanges, over all worker processes; they share this machine's clock.
    """
    calls: dict[UUID, list[tuple[datetime, datetime, int | None]]] = {}
    for result in Result.objects.filter(run_target__run__in=run_ids).select_related("run_target").iterator(200):
        for exchange in unpack_exchanges(bytes(result.exchanges)):
            begun = datetime.fromisoformat(exchange["started_at"])
            over = begun + timedelta(milliseconds=exchange["duration_ms"])
            calls.setdefault(result.run_target.organization_id, []).append((begun, over, exchange["status"]))
    return sum(
        any(status == 429 and read < begun < read + timedelta(seconds=RETRY_AFTER_SECONDS) for _, read, status in mine)
        for mine in calls.values()
        for begun, _, _ in mine
    )


def _ideal(run_ids: list[UUID]) -> float:
    """Return how long the ideal engine takes; runs over one organization may do their calls, not their waits, at once.

    For several runs it is a lower bound: all calls of an organization are taken as made at once.
    """
    busy: Counter[UUID] = Counter()
    waiting: Counter[UUID] = Counter()
    workers: dict[UUID, set[str]] = {}
    results = Result.objects.filter(run_target__run__in=run_ids).select_related("run_target", "attempt")
    for result in results.iterator(chunk_size=200):
        organization = result.run_target.organization_id
        workers.setdefault(organization, set()).add(result.attempt.worker)
        for exchange in unpack_exchanges(bytes(result.exchanges)):
            busy[organization] += exchange["duration_ms"]
            waiting[organization] += 1000 * RETRY_AFTER_SECONDS * (exchange["status"] == 429)
    for organization, names in workers.items():
        busy[organization] += TOKEN_CALLS * LATENCY_MS * len(names)
    chains = [(busy[organization] + waiting[organization]) / len(run_ids) for organization in busy]
    return max(*chains, busy.total() / THREADS) / 1000
