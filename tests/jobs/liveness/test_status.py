"""Does everything that should run, run? Each thing turns at its limit and says what to do."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from redis import Redis

from jobs.global_stop.models import GlobalStop
from jobs.liveness.canaries import QUEUES, consume_canary, send_canaries
from jobs.liveness.findings import Finding, Level
from jobs.liveness.models import Canary, Sweep, WorkerProcess
from jobs.liveness.status import present_status
from jobs.liveness.sweeps import sweeping
from jobs.runs.models import Attempt, Run, RunTarget
from jobs.runs.plans import PLAN_VERSION
from jobs.runs.states import RunState, TargetState
from jobs.throttling.decisions import Reason
from jobs.throttling.models import IdentityBreaker, OrganizationGate
from portal.core.clock import database_now
from portal.exports.models import Export, ExportState
from tenants.organizations.models import Organization
from tests.factories import make_connection, make_organizations, make_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def all_is_well(broker: Redis) -> None:
    """Everything was seen to run a moment ago."""
    send_canaries("beat:1")
    for queue in QUEUES:
        consume_canary(queue=queue, number=1, worker=f"{queue}:1")
    with sweeping("system:1"):
        pass


def ago(seconds: float) -> datetime:
    return database_now() - timedelta(seconds=seconds)


def finding(key: str) -> Finding:
    return next(finding for finding in present_status().findings if finding.key == key)


def held(**values: Any) -> RunTarget:
    """A target in the hands of a worker, whose lease still holds unless told otherwise."""
    target = make_run(state=RunState.RUNNING, organizations=1, states=[TargetState.RUNNING]).targets.get()
    Attempt.objects.create(run_target=target, number=1, fence=1, worker="bulk:1", claimed_at=ago(40))
    leased = {"lease_owner": "bulk:1", "lease_until": ago(-20)}
    RunTarget.objects.filter(pk=target.pk).update(**{**leased, **values})
    return target


def test_all_works_when_everything_was_seen_lately(all_is_well: None) -> None:
    present = present_status()
    assert [f"{f.key}: {f.fact}" for f in present.findings if f.level is not Level.WORKS] == []
    assert present.level is Level.WORKS
    assert [f.key for f in present.findings if f.fix] == []


def test_without_a_scheduler_and_workers_each_says_what_to_start(broker: Redis) -> None:
    present = present_status()
    assert present.level is Level.FAILS
    idle = {f.key: f for f in present.findings if f.level is not Level.WORKS}
    assert set(idle) == {"scheduler", "sweep", "workers", *(f"queue_{queue}" for queue in QUEUES)}
    assert all(f.fix for f in idle.values())


@pytest.mark.parametrize(("age", "level"), [(40, Level.WORKS), (50, Level.WATCH), (125, Level.FAILS)])
def test_a_queue_is_judged_by_when_a_canary_was_taken(all_is_well: None, age: int, level: Level) -> None:
    Canary.objects.filter(queue="bulk").update(consumed_at=ago(age))
    bulk = finding("queue_bulk")
    assert bulk.level is level
    assert ("Start the process “worker”" in bulk.fix) is (level is not Level.WORKS)
    assert "bulk:1 took a canary" in bulk.fact
    assert finding("queue_system").level is Level.WORKS


def test_while_nobody_sends_canaries_a_queue_is_not_said_to_fail(all_is_well: None) -> None:
    Canary.objects.update(consumed_at=ago(600))
    WorkerProcess.objects.filter(name="beat:1").update(seen_at=ago(600))
    assert finding("scheduler").level is Level.FAILS
    assert finding("queue_bulk").level is Level.WATCH
    assert "see to the scheduler first" in finding("queue_bulk").fix


def test_the_worker_of_exports_may_be_busy_with_one(all_is_well: None) -> None:
    Canary.objects.filter(queue="exports").update(consumed_at=ago(600))
    assert finding("queue_exports").level is Level.FAILS
    export = Export.objects.create(listing="runs", title="Runs", format="csv", state=ExportState.RUNNING)
    Export.objects.filter(pk=export.pk).update(reported_at=ago(3))
    assert finding("queue_exports").level is Level.WORKS
    Export.objects.filter(pk=export.pk).update(reported_at=ago(60))
    assert finding("queue_exports").level is Level.FAILS


def test_a_queue_says_how_many_messages_are_in_it(all_is_well: None, broker: Redis) -> None:
    broker.flushdb()
    broker.lpush("bulk", *["message"] * 12)
    assert "12 messages in it" in finding("queue_bulk").fact
    assert finding("queue_bulk").figures["messages"] == 12


def test_a_broker_that_is_away_is_said_in_words_and_costs_at_most_a_second(all_is_well: None, no_broker: None) -> None:
    broker = finding("broker")
    assert broker.level is Level.FAILS
    assert "The broker cannot be asked" in broker.fact
    assert "lose nothing" in broker.fix
    assert "cannot be asked how many wait" in finding("queue_bulk").fact
    assert finding("queue_bulk").figures["messages"] is None


def test_organizations_may_wait_long_as_long_as_one_begins_now_and_then(all_is_well: None) -> None:
    run = make_run(state=RunState.RUNNING, organizations=5)
    RunTarget.objects.filter(run=run).update(changed_at=ago(300))
    stalled = finding("waiting")
    assert (stalled.level, stalled.figures["organizations"]) == (Level.FAILS, 5)
    assert "5 organizations due, the oldest for 5 min. None was begun for 5 min." in stalled.fact
    held()
    Attempt.objects.update(claimed_at=ago(5))
    assert finding("waiting").level is Level.WORKS


@pytest.mark.parametrize(
    "change", [{"state": RunState.PAUSED}, {"cancel_requested_at": datetime.fromisoformat("2026-01-01T00:00Z")}]
)
def test_what_a_person_holds_back_does_not_wait(all_is_well: None, change: dict[str, Any]) -> None:
    run = make_run(state=RunState.RUNNING, organizations=5)
    RunTarget.objects.filter(run=run).update(changed_at=ago(300))
    Run.objects.filter(pk=run.pk).update(**change)
    assert finding("waiting").fact == "None is due."


def test_a_global_stop_is_named_and_explains_why_organizations_wait(all_is_well: None) -> None:
    run = make_run(state=RunState.RUNNING, organizations=5)
    RunTarget.objects.filter(run=run).update(changed_at=ago(300))
    GlobalStop.objects.create(stopped_at=ago(60), stopped_by="Ada", stopped_by_id="1", reason="wrong customer list")
    stop = finding("global_stop")
    assert stop.level is Level.WATCH
    assert stop.fact == "Ada stopped everything 60 s ago: wrong customer list"
    assert finding("waiting").level is Level.WORKS


def test_leases_are_counted_and_one_that_is_not_taken_back_is_a_fault(all_is_well: None) -> None:
    target = held()
    leases = finding("leases")
    assert (leases.level, leases.fact) == (Level.WORKS, "1 held by 1 worker, the oldest for 40 s.")
    RunTarget.objects.filter(pk=target.pk).update(lease_until=ago(61))
    assert finding("leases").level is Level.FAILS
    assert "1 ran out" in finding("leases").fact


def test_a_connection_whose_attempt_ended_long_ago_was_left_open(all_is_well: None) -> None:
    left = make_connection(held(), closed_at=None, opened_at=ago(100))
    assert finding("connections").level is Level.WORKS
    Attempt.objects.filter(pk=left.attempt_id).update(ended_at=ago(61))
    assert finding("connections").level is Level.FAILS
    assert "1 of them were left open" in finding("connections").fact


def test_a_connection_that_is_open_for_very_long_is_worth_a_look(all_is_well: None) -> None:
    make_connection(held(), closed_at=None, opened_at=ago(21 * 60))
    assert finding("connections").level is Level.WATCH


def test_organizations_that_throttle_are_counted_without_a_name(all_is_well: None) -> None:
    [asked, failing] = make_organizations(2)
    gate = {"changed_at": ago(0), "since": ago(10)}
    OrganizationGate.objects.create(organization=asked, closed_until=ago(-43), reason=Reason.ASKED, **gate)
    OrganizationGate.objects.create(organization=failing, closed_until=ago(3), reason=Reason.FAILING, **gate)
    throttled = finding("throttled")
    assert (throttled.level, throttled.figures["organizations"]) == (Level.WATCH, 1)
    assert "opens in 43 s" in throttled.fact or "opens in 42 s" in throttled.fact
    assert asked.name not in throttled.fact


def test_what_waits_for_an_organization_that_throttles_does_not_stall(all_is_well: None) -> None:
    run = make_run(state=RunState.RUNNING, organizations=2)
    RunTarget.objects.filter(run=run).update(changed_at=ago(300))
    for organization in Organization.objects.filter(run_targets__run=run):
        OrganizationGate.objects.create(
            organization=organization, closed_until=ago(-600), reason=Reason.ASKED, changed_at=ago(0)
        )
    assert finding("waiting").fact == "None is due."


def test_an_identity_that_is_refused_tokens_everywhere_is_named(all_is_well: None) -> None:
    refusal = {"code": "AADSTS700027", "error_class": "certificate_unknown"}
    IdentityBreaker.objects.create(
        key="app", name="Signalbox", refusals=[refusal], opened_at=ago(5), changed_at=ago(5), paused_at=ago(5)
    )
    breakers = finding("breakers")
    assert breakers.level is Level.FAILS
    assert "Signalbox (AADSTS700027)" in breakers.fact


def test_a_run_that_does_not_start_is_a_fault(all_is_well: None) -> None:
    run = make_run(state=RunState.QUEUED)
    assert finding("runs").level is Level.WORKS
    Run.objects.filter(pk=run.pk).update(launched_at=ago(61))
    assert finding("runs").level is Level.FAILS


def test_the_last_sweep_says_who_when_and_how_long(all_is_well: None) -> None:
    assert finding("sweep").fact.startswith("Ended ")
    Sweep.objects.update(last_ended_at=ago(3 * settings.SWEEP_SECONDS + 5))
    assert finding("sweep").level is Level.WATCH


def test_a_sweep_that_does_not_come_to_its_end_does_not_count(all_is_well: None) -> None:
    Sweep.objects.update(last_ended_at=ago(500))

    def stumble() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), sweeping("system:2"):
        stumble()
    assert finding("sweep").level is Level.FAILS
    assert "system:2 began one" in finding("sweep").fact


def test_a_worker_of_another_version_is_named(all_is_well: None) -> None:
    WorkerProcess.objects.filter(name="bulk:1").update(version="0.0.1+abcdefg")
    assert finding("workers").level is Level.WATCH
    assert "bulk:1 runs another version, 0.0.1+abcdefg." in finding("workers").fact


def test_a_worker_that_is_older_than_the_plans_that_wait_is_named(all_is_well: None) -> None:
    WorkerProcess.objects.filter(name="bulk:1").update(plan_version=PLAN_VERSION - 1)
    assert finding("workers").level is Level.WORKS
    make_run(state=RunState.RUNNING)
    assert "bulk:1 is older than the plans that wait" in finding("workers").fact


def test_the_processes_are_listed_with_their_leases(all_is_well: None) -> None:
    held()
    workers = {worker.name: worker for worker in present_status().workers}
    assert workers["bulk:1"].leases == 1
    assert workers["bulk:1"].queues == ["bulk"]
    assert set(workers) == {"beat:1", *(f"{queue}:1" for queue in QUEUES)}


def test_a_disk_that_fills_up_is_said_before_it_is_full(all_is_well: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def disk(free: int) -> Callable[..., Any]:
        return lambda path: type("Usage", (), {"free": free, "total": 1000})

    monkeypatch.setattr("shutil.disk_usage", disk(99))
    assert finding("disk").level is Level.WATCH
    monkeypatch.setattr("shutil.disk_usage", disk(19))
    assert finding("disk").level is Level.FAILS


def test_it_takes_as_many_queries_for_much_as_for_little(all_is_well: None) -> None:
    numbers = []
    for number in (1, 10):
        for _ in range(number):
            make_connection(held(), closed_at=None)
            make_run(state=RunState.RUNNING, organizations=number)
            consume_canary(queue="bulk", number=1, worker=f"more:{WorkerProcess.objects.count()}")
        with CaptureQueriesContext(connection) as queries:
            present_status()
        numbers.append(len(queries))
    assert numbers[0] == numbers[1] <= 20
