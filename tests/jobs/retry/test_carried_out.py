"""A retry carried out in the simulated cloud: its ledger says that nothing was done twice."""

from collections.abc import Callable

import pytest

from jobs.launch import launch_run
from jobs.retry.services import retry_run
from jobs.runs.calls import StepRequest
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState
from tenants.organizations.models import Organization
from tests.factories import SYSTEM
from tests.jobs.retry.cases import CREATE, READ, launched
from tests.live import Sandbox

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
pytestmark = pytest.mark.django_db(transaction=True)

LATER = "Later crew"
SET_LATER = StepRequest("Set-DistributionGroup", {"Identity": LATER, "MailTip": "Ask first"})
CREATE_LATER = StepRequest("New-DistributionGroup", {"Name": LATER})


def created(sandbox: Sandbox, name: str) -> list[str]:
    entries = sandbox.executions("New-DistributionGroup")
    return sorted(entry["tenant"] for entry in entries if entry["parameters"]["Name"] == name)


def test_after_the_fix_it_goes_on_with_the_step_that_failed(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    places = organizations_of(3)
    run = launched(places, CREATE, SET_LATER, READ)
    assert {target.state for target in carry_out(run)} == {TargetState.FAILED}
    carry_out(launched(places[:2], CREATE_LATER))

    retry = launch_run(actor=SYSTEM, run_id=retry_run(actor=SYSTEM, run_id=run.pk).pk)
    targets = carry_out(retry)

    ended = {target.organization_id: target.state for target in targets}
    assert ended == {places[0].pk: "succeeded", places[1].pk: "succeeded", places[2].pk: "failed"}
    retry.refresh_from_db()
    assert retry.state == RunState.PARTLY_FAILED
    tenants = sorted(str(place.tenant_id) for place in places)
    assert created(sandbox, "Signal crew") == tenants, "the first step was carried out once in each"
    assert [entry["tenant"] for entry in sandbox.executions("Get-AcceptedDomain")] == [
        str(target.organization.tenant_id) for target in targets if target.state == TargetState.SUCCEEDED
    ]

    carry_out(launched(places[2:], CREATE_LATER))
    last = launch_run(actor=SYSTEM, run_id=retry_run(actor=SYSTEM, run_id=retry.pk).pk)
    [target] = carry_out(last)
    assert (target.organization_id, target.state) == (places[2].pk, TargetState.SUCCEEDED)
    assert created(sandbox, "Signal crew") == tenants
