"""Organizations that throttle: none is asked inside the time that it asked for, and no target fails for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.dispatch import entrance
from jobs.dispatch.attempt import attempt_next
from jobs.dispatch.start import start_run
from jobs.dispatch.sweep import sweep
from jobs.exchange.gates import gates
from jobs.runs.models import Attempt, Run, RunTarget
from jobs.runs.states import TargetState
from jobs.throttling.decisions import Reason
from jobs.throttling.models import OrganizationGate
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.live import Sandbox, settle

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
pytestmark = pytest.mark.django_db(transaction=True)


def throttle(sandbox: Sandbox, retry_after: object = 43, **match: Any) -> None:
    action = {"type": "throttled", "retry_after": retry_after}
    sandbox.control("POST", "faults", json={"match": {"service": "exchange", **match}, "action": action})


def exchange_calls(sandbox: Sandbox) -> int:
    """How many requests of any kind reached Exchange since this was first asked for."""
    rules: list[dict[str, Any]] = sandbox.control("GET", "faults")
    return int(rules[-1]["seen"])


def count_exchange_calls(sandbox: Sandbox) -> None:
    sandbox.control(
        "POST", "faults", json={"match": {"service": "exchange"}, "action": {"type": "delay", "seconds": 0}}
    )


def open_gates() -> None:
    """As if the time that was asked for were over."""
    gates.forget()
    OrganizationGate.objects.update(closed_until=timezone.now())
    RunTarget.objects.update(not_before=None)


@pytest.mark.parametrize("refused", ["EXOModuleFile", "InvokeCommand"])
def test_a_throttled_target_waits_costs_no_attempt_and_holds_back_the_other_runs_in_that_organization(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut, refused: str
) -> None:
    throttle(sandbox, path=refused, times=1)
    organizations = organizations_of(2)
    first, other = launch("Get-AcceptedDomain", organizations[:1]), launch("Get-Mailbox", organizations)
    before = timezone.now()
    [target] = carry_out(first)
    assert (target.state, target.strike_count) == (TargetState.QUEUED, 0)
    assert target.not_before
    assert timedelta(seconds=42) < target.not_before - before < timedelta(seconds=50)

    states = [each.state for each in carry_out(other)]
    assert states == [TargetState.QUEUED, TargetState.SUCCEEDED]
    assert other.targets.get(state=TargetState.QUEUED).attempt_count == 0, "it was claimed while the gate was closed"

    open_gates()
    assert [each.state for each in (*carry_out(first), *carry_out(other))] == [TargetState.SUCCEEDED] * 3


def test_nobody_is_failed_for_throttling_however_often(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut, settings: Any
) -> None:
    throttle(sandbox, cmdlet="Get-AcceptedDomain")
    run = launch("Get-AcceptedDomain", organizations_of(1))
    for _ in range(settings.MAX_ATTEMPTS + 2):
        [target] = carry_out(run)
        open_gates()
    assert (target.state, target.attempt_count, target.strike_count) == (
        TargetState.QUEUED,
        settings.MAX_ATTEMPTS + 2,
        0,
    )


def test_a_read_that_is_turned_away_with_503_and_a_time_waits_like_a_throttled_one(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    action = {"type": "status", "code": 503, "headers": {"Retry-After": "43"}}
    sandbox.control("POST", "faults", json={"match": {"cmdlet": "Get-AcceptedDomain"}, "action": action})
    [target] = carry_out(launch("Get-AcceptedDomain", organizations_of(1)))
    gate = OrganizationGate.objects.get()
    assert (target.state, target.strike_count, gate.reason) == (TargetState.QUEUED, 0, Reason.ASKED)


def test_a_change_that_is_turned_away_with_503_may_have_run_and_is_unknown(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    action = {"type": "status", "code": 503, "headers": {"Retry-After": "43"}}
    sandbox.control("POST", "faults", json={"match": {"cmdlet": "New-DistributionGroup"}, "action": action})
    [target] = carry_out(launch("New-DistributionGroup", organizations_of(1), Name="Signal crew"))
    assert target.state == TargetState.UNKNOWN
    assert OrganizationGate.objects.get().reason == Reason.ASKED


def test_throttling_without_a_time_backs_off(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    rule = {"match": {"cmdlet": "Get-AcceptedDomain"}, "action": {"type": "status", "code": 429}}
    sandbox.control("POST", "faults", json=rule)
    run = launch("Get-AcceptedDomain", organizations_of(1))
    waits = []
    for _ in range(4):
        [target] = carry_out(run)
        gate = OrganizationGate.objects.get()
        assert gate.closed_until
        waits.append((gate.closed_until - timezone.now()).total_seconds())
        assert target.not_before
        assert target.not_before > gate.closed_until - timedelta(seconds=1)
        open_gates()
    assert (target.state, target.strike_count, gate.reason) == (TargetState.QUEUED, 0, Reason.THROTTLED)
    assert waits[3] > 8


def test_a_gate_that_closes_after_the_claim_lets_no_token_and_no_opening_through(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    [organization] = organizations_of(1)
    run = launch("Get-AcceptedDomain", [organization])
    start_run(run_id=run.pk)
    count_exchange_calls(sandbox)
    asked: list[object] = []
    monkeypatch.setattr(entrance, "_token", lambda *arguments: asked.append(arguments))
    gates.close(str(organization.tenant_id), 43)
    assert attempt_next()
    target = run.targets.get()
    assert (target.state, target.strike_count, asked, exchange_calls(sandbox)) == (TargetState.QUEUED, 0, [], 0)
    assert target.not_before
    assert target.not_before - timezone.now() > timedelta(seconds=38)


def test_a_gate_that_another_process_closes_is_heeded_by_the_intent(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    [organization] = organizations_of(1)
    run = launch("New-DistributionGroup", [organization], Name="Signal crew")
    start_run(run_id=run.pk)
    get_token = entrance._token

    def close_meanwhile(*arguments: Any) -> Any:
        until = timezone.now() + timedelta(seconds=43)
        OrganizationGate.objects.get_or_create(
            organization=organization, defaults={"closed_until": until, "reason": "asked", "changed_at": timezone.now()}
        )
        return get_token(*arguments)

    monkeypatch.setattr(entrance, "_token", close_meanwhile)
    assert attempt_next()
    target = run.targets.get()
    assert (target.state, target.strike_count, target.intent_fence) == (TargetState.QUEUED, 0, None)
    assert target.not_before
    assert target.not_before - timezone.now() > timedelta(seconds=38)
    assert not Attempt.objects.filter(intended_at__isnull=False).exists()
    assert sandbox.executions("New-DistributionGroup") == []


def test_a_failing_organization_is_left_alone_and_tried_with_one_target_at_a_time(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut, settings: Any
) -> None:
    [organization] = organizations_of(1)
    settings.MAX_ATTEMPTS = 1
    broken = {"match": {"service": "exchange"}, "action": {"type": "reset_before_execute"}}
    sandbox.control("POST", "faults", json=broken)
    runs = [launch("Get-AcceptedDomain", [organization]) for _ in range(8)]
    states = [target.state for run in runs for target in carry_out(run)]
    assert states == [TargetState.ERRORED] * 5 + [TargetState.QUEUED] * 3

    OrganizationGate.objects.update(closed_until=timezone.now())
    assert attempt_next()
    assert not attempt_next(), "more than one target tried whether it works again"
    sandbox.control("DELETE", "faults")
    OrganizationGate.objects.update(closed_until=timezone.now())
    assert attempt_next()
    assert attempt_next()
    settle()
    assert RunTarget.objects.filter(state=TargetState.SUCCEEDED).count() == 2


def test_refusals_of_a_cmdlet_do_not_count_as_failures_of_the_organization(
    organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    [organization] = organizations_of(1)
    for _ in range(6):
        carry_out(launch("Get-Mailbox", [organization], Identity="nobody@nowhere.example"))
    assert not OrganizationGate.objects.exists()


def test_an_hour_of_throttling_ends_the_target_with_plain_words(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    throttle(sandbox, 86_400, cmdlet="Get-AcceptedDomain")
    organizations = organizations_of(1)
    old, new = launch("Get-AcceptedDomain", organizations), launch("Get-AcceptedDomain", organizations)
    carry_out(old)
    carry_out(new)
    long_ago = timezone.now() - timedelta(minutes=61)
    OrganizationGate.objects.update(since=long_ago)
    old.targets.update(queued_at=long_ago)
    sweep()
    target, waiting = old.targets.get(), new.targets.get()
    assert (target.state, target.error_class) == (TargetState.ERRORED, "throttled_too_long")
    assert target.error_detail == "Exchange throttled this organization for 60 minutes. The cmdlet did not run."
    assert AuditEvent.objects.filter(action="run_target.ended", run_id=old.pk).count() == 1
    assert waiting.state == TargetState.QUEUED


def test_a_target_that_is_throttled_at_its_deadline_says_so(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    throttle(sandbox, cmdlet="Get-AcceptedDomain")
    run = launch("Get-AcceptedDomain", organizations_of(1))
    carry_out(run)
    open_gates()
    RunTarget.objects.update(started_at=timezone.now() - timedelta(minutes=61))
    [target] = carry_out(run)
    assert (target.state, target.error_class) == (TargetState.ERRORED, "throttled_too_long")
