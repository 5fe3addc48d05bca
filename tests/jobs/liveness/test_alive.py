"""The product's own processes prove that they consume, also while they have much to do."""

import signal
from collections.abc import Callable

import pytest

from jobs.liveness.canaries import QUEUES
from jobs.liveness.models import Canary
from jobs.runs.states import is_open
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.live import Processes, Sandbox, wait_for

Bring = Callable[..., list[Organization]]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


def start_everything(processes: Processes) -> None:
    processes.start("rq-worker")
    processes.start("scheduler", SCHEDULE_FILE=str(processes.folder / "schedule"), CANARY_SECONDS="1")


def consumed() -> dict[str, int]:
    return dict(Canary.objects.values_list("queue", "consumed_number"))


def test_a_queue_whose_worker_died_is_not_consumed_while_all_others_are(broker: object, processes: Processes) -> None:
    doomed = processes.worker()
    start_everything(processes)
    wait_for(lambda: min(consumed().get(queue, 0) for queue in QUEUES) >= 2, what="two canaries of every queue")
    processes.stop(doomed, signal.SIGKILL)
    before = consumed()
    wait_for(
        lambda: all(consumed()[queue] >= before[queue] + 3 for queue in QUEUES if queue != "bulk"),
        what="three more canaries of the others",
    )
    assert consumed()["bulk"] <= before["bulk"] + 1  # one may have been on its way


def test_in_the_middle_of_a_run_over_300_organizations_canaries_pass_within_seconds(
    broker: object, sandbox: Sandbox, processes: Processes, organizations_of: Bring, launch: Launch
) -> None:
    sandbox.control("POST", "latency", json={"ms": 300})
    processes.worker(WORKER_THREADS="10")
    start_everything(processes)
    wait_for(lambda: consumed().get("bulk"), what="the first canary")
    run = launch("Get-AcceptedDomain", organizations_of(300, any_trouble=True))
    wait_for(lambda: run.targets.filter(state="running").exists(), what="the first organizations")
    delays: dict[int, float] = {}

    def ended() -> bool:
        canary = Canary.objects.get(queue="bulk")
        if canary.consumed_number == canary.number and canary.delay_seconds is not None:
            delays[canary.number] = canary.delay_seconds
        run.refresh_from_db()
        return not is_open(run.state)

    wait_for(ended, seconds=150, what="the end of the run")
    print(f"{len(delays)} canaries during the run; the slowest waited {max(delays.values()):.2f} s")
    assert len(delays) >= 3
    assert max(delays.values()) < 15  # two turns of every thread
