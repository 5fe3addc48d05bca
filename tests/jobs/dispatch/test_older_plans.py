"""Plans that an older Signalbox stored, and rows that one writes beside a newer one, are carried out as ever."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from jobs.dispatch.start import start_run
from jobs.runs.models import Run, RunTarget
from jobs.runs.plans import hash_of
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.identifiers import uuid7
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.live import Processes, Sandbox, wait_for

Bring = Callable[..., list[Organization]]
pytestmark = pytest.mark.django_db(transaction=True)
CREATE = "New-DistributionGroup"


def of_version_1(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan as version 1 wrote it: one step, its parts beside everything else."""
    [step] = plan["steps"]
    rest = {name: value for name, value in plan.items() if name not in ("steps", "on_failure", "first_steps")}
    return {**rest, **step, "secrets": step.get("secrets", {}), "warnings": [], "version": 1}


def stored_by_version_1(run: Run) -> Run:
    """A queued run as the code before plan versions inserted it: columns that it did not know have their defaults."""
    plan = of_version_1(run.plan)
    old, now = uuid7(), timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO run (id, state, purpose, cmdlet, risk, effect, service, plan, plan_hash, powershell, reason,"
            " ticket, target_count, counts, requested_by_id, requested_by, drafted_at, launched_at,"
            " cancel_requested_by)"
            " SELECT %s, 'queued', purpose, cmdlet, risk, effect, service, %s, %s, powershell, reason, ticket,"
            " target_count, '{}', requested_by_id, requested_by, drafted_at, %s, '' FROM run WHERE id = %s",
            [old, connection.ops.adapt_json_value(plan, None), hash_of(plan), now, run.pk],
        )
        cursor.execute(
            "INSERT INTO run_target (id, run_id, organization_id, organization_name, position, state, fence,"
            " lease_owner, attempt_count, error_class, error_code, error_detail, warning_count, queued_at, changed_at)"
            " SELECT gen_random_uuid(), %s, organization_id, organization_name, position, 'queued', 0, '', 0, '', '',"
            " '', 0, %s, %s FROM run_target WHERE run_id = %s",
            [old, now, now, run.pk],
        )
    RunTarget.objects.filter(run=run).delete()
    return Run.objects.get(pk=old)


@pytest.mark.timeout(120)
def test_a_worker_carries_out_a_run_that_version_1_stored(
    sandbox: Sandbox,
    processes: Processes,
    organizations_of: Bring,
    launch: Launch,
    signed_in: Callable[[User], Client],
    technician: User,
) -> None:
    organizations = organizations_of(5)
    run = stored_by_version_1(launch(CREATE, organizations, Name="Signal crew"))
    assert (run.plan_version, run.step_count) == (1, 1)
    processes.worker()
    start_run(run_id=run.pk)

    def ended() -> bool:
        run.refresh_from_db()
        return run.state == RunState.SUCCEEDED

    wait_for(ended, what="the end of the run")
    assert set(run.targets.values_list("state", "step")) == {(TargetState.SUCCEEDED, 1)}
    sent = sandbox.executions(CREATE)
    assert {entry["tenant"] for entry in sent} == {str(organization.tenant_id) for organization in organizations}
    assert len(sent) == 5
    intended = AuditEvent.objects.filter(action="cmdlet.intended", run_id=run.pk)
    assert {event.data["plan_hash"] for event in intended} == {run.plan_hash}
    for page in ("run", "run-targets", "run-results", "run-powershell"):
        assert signed_in(technician).get(reverse(f"jobs:{page}", args=[run.pk])).status_code == 200
