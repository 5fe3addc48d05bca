"""Parts die in mid-run; the simulated cloud's own ledger judges what was really carried out."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.db.models import Max
from django.utils import timezone

from jobs.dispatch.sweep import sweep
from jobs.runs.models import Attempt, CloseKind, Connection, Run
from jobs.runs.services import cancel_run
from jobs.runs.states import RunState, TargetState, is_open
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.factories import SYSTEM
from tests.live import ROOT, Processes, Sandbox, closed_port, wait_for

Bring = Callable[..., list[Organization]]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(240)]


def sweep_until_ended(run: Run) -> Run:
    def ended() -> bool:
        sweep()
        run.refresh_from_db()
        return not is_open(run.state)

    wait_for(ended, seconds=150, what="the end of the run")
    return run


def database_now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def executions_by_tenant(sandbox: Sandbox, cmdlet: str) -> Counter[str]:
    return Counter(entry["tenant"] for entry in sandbox.executions(cmdlet))


def test_a_worker_killed_in_mid_run_loses_no_organization_and_repeats_no_change(
    sandbox: Sandbox, processes: Processes, organizations_of: Bring, launch: Launch
) -> None:
    organizations = organizations_of(300, any_trouble=True)
    sandbox.control("POST", "latency", json={"ms": 60})
    doomed = processes.worker()
    run = launch("New-DistributionGroup", organizations, Name="Signal crew")
    wait_for(lambda: len(sandbox.executions("New-DistributionGroup")) >= 80, what="a third of the run")
    processes.stop(doomed, signal.SIGKILL)
    processes.worker()
    sweep_until_ended(run)

    executed = executions_by_tenant(sandbox, "New-DistributionGroup")
    states = {str(t.organization.tenant_id): t.state for t in run.targets.select_related("organization")}
    assert len(states) == 300
    assert max(executed.values()) == 1, "a change was carried out twice"
    said_no = {TargetState.FAILED, TargetState.ERRORED}
    assert set(states.values()) <= {TargetState.SUCCEEDED, TargetState.UNKNOWN, *said_no}
    denied = Attempt.objects.filter(run_target__in=run.targets.filter(state__in=said_no))
    told = denied.filter(run_target__organization__tenant_id__in=list(executed)).order_by("number")
    assert list(told.values("number", "worker", "claimed_at", "intended_at", "outcome", "error_class")) == []
    assert {tenant for tenant, state in states.items() if state == TargetState.SUCCEEDED} <= set(executed)
    assert Counter(states.values()) == run.counts
    assert not Connection.objects.filter(closed_at=None).exists()
    assert AuditEvent.objects.filter(action="run.finished", run_id=run.pk).count() == 1
    ended = AuditEvent.objects.filter(action="run_target.ended", run_id=run.pk)
    assert ended.values("target_id").distinct().count() == ended.count() == 300


def test_a_worker_killed_while_reading_is_replaced_and_every_organization_succeeds(
    sandbox: Sandbox, processes: Processes, organizations_of: Bring, launch: Launch
) -> None:
    sandbox.control("POST", "latency", json={"ms": 60})
    doomed = processes.worker()
    run = launch("Get-AcceptedDomain", organizations_of(100))
    wait_for(lambda: len(sandbox.executions("Get-AcceptedDomain")) >= 20, what="a part of the run")
    processes.stop(doomed, signal.SIGKILL)
    processes.worker()
    sweep_until_ended(run)
    assert (run.state, run.counts) == (RunState.SUCCEEDED, {"succeeded": 100})


def test_nothing_stays_open_for_a_minute_after_its_worker_died(
    sandbox: Sandbox, processes: Processes, organizations_of: Bring, launch: Launch
) -> None:
    """With the lease and the sweeps of production, no worker that takes over, and the database's clock as the judge."""
    reads, changes = "Get-AcceptedDomain", "New-DistributionGroup"
    rule = {"match": {"cmdlet": [reads, changes]}, "action": {"type": "hold"}}
    sandbox.control("POST", "faults", json=rule)
    doomed = processes.worker(LEASE_SECONDS=str(settings.LEASE_SECONDS))
    processes.start("scheduler", SCHEDULE_FILE=str(processes.folder / "schedule"))
    organizations = organizations_of(10)
    reading, changing = launch(reads, organizations[:5]), launch(changes, organizations[5:], Name="Signal crew")
    held = Attempt.objects.filter(intended_at__isnull=False, ended_at=None)
    wait_for(lambda: held.count() == 10, what="ten connections with a cmdlet under way")

    died_at = database_now()
    processes.stop(doomed, signal.SIGKILL)
    wait_for(lambda: not Connection.objects.open().exists(), seconds=75, what="every connection closed")

    assert Connection.objects.filter(close_kind=CloseKind.REAPER, cmdlet_count=None).count() == 10
    assert Connection.objects.aggregate(last=Max("closed_at"))["last"] - died_at < timedelta(seconds=60)
    assert set(changing.targets.values_list("state", flat=True)) == {TargetState.UNKNOWN}
    assert set(reading.targets.values_list("state", "error_class")) == {(TargetState.QUEUED, "worker_lost")}


def test_no_cmdlet_starts_after_a_stop(
    sandbox: Sandbox, processes: Processes, organizations_of: Bring, launch: Launch
) -> None:
    sandbox.control("POST", "latency", json={"ms": 200})
    processes.worker(WORKER_THREADS="5")
    run = launch("Get-AcceptedDomain", organizations_of(100))
    wait_for(lambda: len(sandbox.executions("Get-AcceptedDomain")) >= 5, what="the first answers")
    cancel_run(actor=SYSTEM, run_id=run.pk)
    stopped_at = timezone.now()
    sweep_until_ended(run)
    assert run.state == RunState.CANCELLED
    assert run.counts["cancelled"] >= 80
    intents = AuditEvent.objects.filter(action="cmdlet.intended", run_id=run.pk)
    assert not [event for event in intents if (event.occurred_at - stopped_at).total_seconds() > 1.0]
    assert len(sandbox.executions("Get-AcceptedDomain")) == run.counts["succeeded"]


def test_a_broker_that_is_away_delays_a_run_says_so_and_loses_nothing(
    sandbox: Sandbox, processes: Processes, organizations_of: Bring
) -> None:
    organizations_of(5)
    nowhere = f"redis://127.0.0.1:{closed_port()}/0"
    with subprocess.Popen(
        [sys.executable, "manage.py", "run_cmdlet", "Get-AcceptedDomain", "--all"],
        cwd=ROOT,
        env=processes.environment(REDIS_URL=nowhere),
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as command:
        run = wait_for(lambda: Run.objects.filter(state=RunState.QUEUED).first(), what="the queued run")
        processes.worker()
        assert command.stderr
        said = ""
        while "The broker cannot be reached" not in said:
            line = command.stderr.readline()
            assert line, f"it ended without a word: {said}"
            said += line
        sweep_until_ended(run)
        assert command.wait(20) == 0
        assert command.stdout
        assert "5 organizations: 5 succeeded, 0 failed, 0 errored, 0 unknown" in command.stdout.read()
        command.stderr.close()
        command.stdout.close()


def test_a_cloud_that_is_down_makes_every_target_errored_and_none_failed(
    processes: Processes, organizations_of: Bring, launch: Launch
) -> None:
    nowhere = f"https://localhost:{closed_port()}"
    names = ("O365DEFAULT_LOGIN_URL", "O365DEFAULT_EXCHANGE_URL", "O365DEFAULT_COMPLIANCE_URL")
    processes.worker(MAX_ATTEMPTS="2", **dict.fromkeys(names, nowhere))
    run = sweep_until_ended(launch("Get-AcceptedDomain", organizations_of(10)))
    assert run.counts == {"errored": 10}
    assert run.state == RunState.FAILED
    assert Organization.objects.filter(reachability="untried").count() == 10


def test_a_database_that_is_down_answers_503_with_what_to_do(processes: Processes) -> None:
    port = closed_port()
    processes.start(
        "web", ready="Started worker-1", PORT=str(port), DATABASE_URL=f"postgresql://x:x@127.0.0.1:{closed_port()}/x"
    )
    url = f"http://127.0.0.1:{port}"
    with httpx.Client(base_url=url, trust_env=False, timeout=60) as browser:
        assert browser.get("/health/live").status_code == 200
        assert browser.get("/health/ready").status_code == 503
        answer = browser.get("/sign-in/")
    assert answer.status_code == 503
    assert "database" in answer.text
    assert answer.headers["Retry-After"]


def test_a_lost_message_is_rung_for_again_by_the_sweeper(
    processes: Processes, organizations_of: Bring, launch: Launch
) -> None:
    import redis

    run = launch("Get-AcceptedDomain", organizations_of(5))
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()
    processes.worker()
    sweep_until_ended(run)
    assert run.counts == {"succeeded": 5}
