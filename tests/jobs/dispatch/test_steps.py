"""Several steps over one connection: each at most once, in order, and true about each of them."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from jobs.dispatch import conversation
from jobs.dispatch.intent import intend
from jobs.dispatch.reap import reap_lost_targets
from jobs.exchange.gates import gates
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.calls import StepRequest
from jobs.runs.models import Attempt, Connection, Run, RunTarget
from jobs.runs.selection import Selection
from jobs.runs.states import TargetState
from jobs.runs.steps import OnFailure
from jobs.throttling.models import OrganizationGate
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization
from tests.factories import SYSTEM
from tests.live import Sandbox

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
pytestmark = pytest.mark.django_db(transaction=True)

CREATE = StepRequest("New-DistributionGroup", {"Name": "Signal crew"})
READ = StepRequest("Get-AcceptedDomain", {})
SET = StepRequest("Set-DistributionGroup", {"Identity": "Signal crew", "MailTip": "Ask first"})
REFUSED = StepRequest("Set-DistributionGroup", {"Identity": "Nobody", "MailTip": "Ask first"})


def launched(organizations: list[Organization], *steps: StepRequest, on_failure: OnFailure = OnFailure.STOP) -> Run:
    first, *later = steps
    request = RunRequest(
        first.cmdlet,
        first.parameters,
        Selection(organization_ids=[organization.pk for organization in organizations]),
        later_steps=later,
        on_failure=on_failure,
    )
    return launch_run(actor=SYSTEM, run_id=draft_run(actor=SYSTEM, request=request).pk)


def outcomes(target: RunTarget) -> list[tuple[int, str]]:
    return list(target.step_outcomes.values_list("step", "state"))


def events(run: Run, action: str) -> list[dict[str, Any]]:
    found = AuditEvent.objects.filter(run_id=run.pk, action=action).order_by("occurred_at", "pk")
    return list(found.values_list("data", flat=True))


def fault(sandbox: Sandbox, cmdlet: str, action: dict[str, Any]) -> None:
    sandbox.control("POST", "faults", json={"match": {"cmdlet": cmdlet, "times": 1}, "action": action})


def test_all_steps_go_over_one_connection_in_their_order(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    run = launched(organizations_of(2), CREATE, SET, READ)
    targets = carry_out(run)
    assert {target.state for target in targets} == {TargetState.SUCCEEDED}
    assert outcomes(targets[0]) == [(1, "succeeded"), (2, "succeeded"), (3, "succeeded")]
    assert list(Connection.objects.values_list("cmdlet_count", flat=True)) == [3, 3]
    ledger = [entry for entry in sandbox.control("GET", "ledger") if entry["executed"]]
    of_one = [entry["cmdlet"] for entry in ledger if entry["tenant"] == str(targets[0].organization.tenant_id)]
    assert of_one == [CREATE.cmdlet, SET.cmdlet, READ.cmdlet]
    assert list(targets[0].results.order_by("step").values_list("step", flat=True)) == [1, 2, 3]
    assert [data["step"] for data in events(run, "cmdlet.intended")].count(3) == 2
    assert len(events(run, "run_target.step_ended")) == 4
    assert len(events(run, "run_target.ended")) == 2


def test_a_refused_step_stops_its_organization_if_the_plan_says_so(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    [target] = carry_out(launched(organizations_of(1), READ, REFUSED, CREATE))
    assert (target.state, target.error_class, target.step) == (TargetState.FAILED, "object_not_found", 2)
    assert outcomes(target) == [(1, "succeeded"), (2, "failed")]
    assert sandbox.executions(CREATE.cmdlet) == []


def test_a_refused_step_lets_its_organization_go_on_if_the_plan_says_so(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    run = launched(organizations_of(1), READ, REFUSED, CREATE, on_failure=OnFailure.CONTINUE)
    [target] = carry_out(run)
    assert (target.state, target.error_class) == (TargetState.FAILED, "step_failed")
    assert outcomes(target) == [(1, "succeeded"), (2, "failed"), (3, "succeeded")]
    assert len(sandbox.executions(CREATE.cmdlet)) == 1


def test_nothing_is_sent_after_a_step_whose_outcome_is_unknown(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    fault(sandbox, CREATE.cmdlet, {"type": "execute_then_reset"})
    [target] = carry_out(launched(organizations_of(1), CREATE, SET, on_failure=OnFailure.CONTINUE))
    assert (target.state, target.step) == (TargetState.UNKNOWN, 1)
    assert outcomes(target) == [(1, "unknown")]
    assert sandbox.executions(SET.cmdlet) == []


def test_after_a_wait_the_organization_goes_on_with_the_step_that_had_to_wait(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    fault(sandbox, SET.cmdlet, {"type": "throttled", "retry_after": 20})
    run = launched(organizations_of(1), CREATE, SET)
    [target] = carry_out(run)
    assert (target.state, target.step, target.strike_count) == (TargetState.QUEUED, 2, 0)
    assert outcomes(target) == [(1, "succeeded")]
    let_time_pass()
    [target] = carry_out(run)
    assert target.state == TargetState.SUCCEEDED
    assert outcomes(target) == [(1, "succeeded"), (2, "succeeded")]
    assert len(sandbox.executions(CREATE.cmdlet)) == 1


def test_a_failed_step_before_a_wait_is_not_forgotten(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    fault(sandbox, CREATE.cmdlet, {"type": "throttled", "retry_after": 20})
    run = launched(organizations_of(1), REFUSED, CREATE, on_failure=OnFailure.CONTINUE)
    carry_out(run)
    let_time_pass()
    [target] = carry_out(run)
    assert (target.state, target.error_class) == (TargetState.FAILED, "step_failed")


@pytest.mark.parametrize("died_after", ["outcome", "intent"])
def test_a_worker_that_dies_amid_the_steps_leaves_what_was_done_done(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch, died_after: str
) -> None:
    """Before the second intent it is claimed again at that step, after it the step is unknown."""

    class Death(BaseException):
        pass

    allow = conversation._allow

    def die(story: Any, way: Any, client_request_id: str) -> None:
        if story.sending.position == 1:
            allow(story, way, client_request_id)
        elif died_after == "intent":
            allow(story, way, client_request_id)
            raise Death
        else:
            with transaction.atomic():
                intend([(story, way)])
                RunTarget.objects.update(intent_fence=None)
            raise Death

    monkeypatch.setattr(conversation, "_allow", die)
    run = launched(organizations_of(1), CREATE, SET)
    with pytest.raises(Death):
        carry_out(run)
    RunTarget.objects.update(lease_until=timezone.now())
    assert reap_lost_targets() == 1
    target = run.targets.get()
    assert target.step == 2
    if died_after == "intent":
        assert (target.state, outcomes(target)) == (TargetState.UNKNOWN, [(1, "succeeded"), (2, "unknown")])
        return
    assert (target.state, outcomes(target)) == (TargetState.QUEUED, [(1, "succeeded")])
    monkeypatch.setattr(conversation, "_allow", allow)
    [target] = carry_out(run)
    assert target.state == TargetState.SUCCEEDED
    assert len(sandbox.executions(CREATE.cmdlet)) == 1
    assert Attempt.objects.filter(run_target=target).count() == 2


def test_variables_are_filled_in_for_each_organization(
    sandbox: Sandbox, organizations_of: Bring, carry_out: CarryOut
) -> None:
    places = organizations_of(2)
    named = StepRequest("New-DistributionGroup", {"Name": "Crew of {default_domain}"})
    carry_out(launched(places, named, READ))
    bodies = [entry["parameters"]["Name"] for entry in sandbox.executions(named.cmdlet)]
    assert sorted(bodies) == sorted(f"Crew of {place.default_domain}" for place in places)


def let_time_pass() -> None:
    """Make due what waits, as if the time for which the organization asked had passed."""
    gates.forget()
    OrganizationGate.objects.update(closed_until=timezone.now())
    RunTarget.objects.update(not_before=timezone.now())
