"""A run over 5 organizations behind one with 50,000 calls: how long it takes, as against on an idle system."""

import tempfile
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Attempt, Run, RunTarget
from jobs.runs.selection import Selection
from jobs.runs.services import cancel_run
from jobs.runs.states import TargetState, is_open
from tenants.organizations.models import Organization
from tests.bench.engine import CALLS_EACH, LATENCY_MS, prepare
from tests.factories import SYSTEM
from tests.live import Processes, Sandbox, wait_for

ORGANIZATIONS = 12_500
SMALL = 5
TIMES = 3
WORKERS, THREADS = 2, 100
UNDER_WAY = 500
"""So many organizations of the large run are done before the first small one is launched."""


class Took(NamedTuple):
    """From the launch of a run to its end, and to the claim of its last organization, in seconds."""

    wall: float
    waited: float


def main(sandbox: Sandbox) -> None:
    """Print the ratio: the median of three small runs behind the large one to that of three on the idle system."""
    prepare(sandbox, ORGANIZATIONS)
    keys = list(Organization.objects.order_by("-name", "-pk").values_list("pk", flat=True)[: SMALL * TIMES * 2])
    places = [keys[start : start + SMALL] for start in range(0, len(keys), SMALL)]
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(sandbox, Path(folder))
        try:
            sandbox.control("POST", "latency", json={"ms": LATENCY_MS})
            for _ in range(WORKERS):
                processes.worker(WORKER_THREADS=str(THREADS // WORKERS), LEASE_SECONDS="90")
            idle = sorted(_took(_launch(Selection(organization_ids=place))) for place in places[:TIMES])
            large = _launch(Selection(everywhere=True))
            wait_for(lambda: _done(large) >= UNDER_WAY, seconds=120, what="the large run")
            behind = sorted(_took(_launch(Selection(organization_ids=place))) for place in places[TIMES:])
            left = ORGANIZATIONS - _done(large)
            cancel_run(actor=SYSTEM, run_id=large)
            wait_for(lambda: not is_open(Run.objects.get(pk=large).state), seconds=120, what="the end")
        finally:
            for process in processes.started:
                processes.stop(process)
    connection.close()
    middle = TIMES // 2
    print(
        f"Fairness: {SMALL} organizations behind {ORGANIZATIONS:,} with {CALLS_EACH} calls of {LATENCY_MS} ms each "
        f"({ORGANIZATIONS * CALLS_EACH:,} calls), {WORKERS} worker processes, {THREADS} threads"
    )
    print(f"  idle    {_listed(idle)}\n  behind  {_listed(behind)}   ({left:,} organizations were still open)")
    print(f"  ratio of the medians {behind[middle].wall / idle[middle].wall:.2f} (at most 2.00)")


def _launch(selection: Selection) -> UUID:
    run = draft_run(actor=SYSTEM, request=RunRequest("Get-AcceptedDomain", {}, selection))
    return launch_run(actor=SYSTEM, run_id=run.pk).pk


def _took(run_id: UUID) -> Took:
    """Wait for the end of a run."""
    wait_for(lambda: not is_open(Run.objects.get(pk=run_id).state), seconds=300, what="the small run")
    run = Run.objects.get(pk=run_id)
    assert run.launched_at
    assert run.finished_at
    assert run.counts == {TargetState.SUCCEEDED: SMALL}
    last = Attempt.objects.filter(run_target__run=run).latest("claimed_at").claimed_at
    return Took((run.finished_at - run.launched_at).total_seconds(), (last - run.launched_at).total_seconds())


def _done(run_id: UUID) -> int:
    return RunTarget.objects.filter(run=run_id, state=TargetState.SUCCEEDED).count()


def _listed(runs: list[Took]) -> str:
    return "  ".join(f"{took.wall:.2f} s ({took.waited:.2f} s until the last was claimed)" for took in runs)
