from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs.dispatch import attempt, conversation, entrance
from jobs.dispatch.attempt import attempt_next
from jobs.dispatch.begin import begin
from jobs.dispatch.clerk import clerk
from jobs.dispatch.finish import store
from jobs.dispatch.finished import finished
from jobs.dispatch.outcomes import Ending
from jobs.dispatch.start import start_run
from jobs.dispatch.sweep import sweep
from jobs.exchange.connection import Connection as ExchangeConnection
from jobs.exchange.connection import connect
from jobs.results.bodies import unpack, unpack_exchanges
from jobs.results.models import Result
from jobs.results.selectors import latest_result
from jobs.runs.models import Attempt, Connection, Run, RunTarget
from jobs.runs.services import cancel_run
from jobs.runs.states import RunState, TargetState
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization, Reachability
from tests.engine import Launch, queued
from tests.factories import SYSTEM
from tests.live import Sandbox

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
pytestmark = pytest.mark.django_db(transaction=True)


def test_a_run_over_healthy_organizations_succeeds_in_each(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    organizations = organizations_of(3)
    run = launch("Get-AcceptedDomain", organizations)
    targets = carry_out(run)
    run.refresh_from_db()
    assert [target.state for target in targets] == ["succeeded"] * 3
    assert (run.state, run.counts) == (RunState.SUCCEEDED, {"succeeded": 3})
    executed = [entry["tenant"] for entry in sandbox.executions("Get-AcceptedDomain")]
    assert sorted(executed) == sorted(str(organization.tenant_id) for organization in organizations)


def test_the_stored_objects_are_those_that_exchange_returned(
    organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    [organization] = organizations_of(1)
    [target] = carry_out(launch("Get-AcceptedDomain", [organization]))
    result = latest_result(target)
    assert result
    rows = list(unpack(bytes(result.body)))
    assert len(rows) == result.row_count == target.row_count
    assert organization.initial_domain in {row["DomainName"] for row in rows}


def test_every_target_leaves_claim_intent_and_outcome_in_the_audit_trail(
    organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(2))
    carry_out(run)
    for target in run.targets.all():
        events = AuditEvent.objects.filter(target_id=str(target.pk)).order_by("id")
        assert [event.action for event in events] == ["run_target.claimed", "cmdlet.intended", "run_target.ended"]
        assert events[1].data["plan_hash"] == run.plan_hash
    actions = Counter(AuditEvent.objects.filter(run_id=run.pk, target_kind="run").values_list("action", flat=True))
    assert actions == {"run.drafted": 1, "run.launched": 1, "run.started": 1, "run.finished": 1}


def test_recorded_requests_hold_no_token(organizations_of: Bring, launch: Launch, carry_out: CarryOut) -> None:
    [target] = carry_out(launch("Get-AcceptedDomain", organizations_of(1)))
    result = latest_result(target)
    assert result
    recorded = unpack_exchanges(bytes(result.exchanges))
    assert any("InvokeCommand" in exchange["url"] for exchange in recorded)
    assert "bearer" not in str(recorded).lower()
    assert "eyJ" not in str(recorded)


def test_an_organization_without_consent_is_errored_and_marked_not_reachable(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    [organization] = organizations_of(1, trouble="app_not_consented")
    [target] = carry_out(launch("Get-AcceptedDomain", [organization]))
    organization.refresh_from_db()
    assert (target.state, target.error_code) == (TargetState.ERRORED, "AADSTS65001")
    assert organization.reachability == Reachability.UNREACHABLE
    assert organization.reachability_fix
    assert sandbox.executions("Get-AcceptedDomain") == []


def test_a_refusal_by_exchange_is_failed_not_errored(
    organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    [target] = carry_out(launch("Get-Mailbox", organizations_of(1), Identity="nobody@nowhere.example"))
    assert (target.state, target.error_class) == (TargetState.FAILED, "object_not_found")


def test_a_lost_answer_to_a_change_is_unknown_and_never_sent_again(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    sandbox.control(
        "POST", "faults", json={"match": {"cmdlet": "New-DistributionGroup"}, "action": {"type": "execute_then_reset"}}
    )
    run = launch("New-DistributionGroup", organizations_of(1), Name="Signal crew")
    [target] = carry_out(run)
    assert target.state == TargetState.UNKNOWN
    assert queued(run) == []
    assert len(sandbox.executions("New-DistributionGroup")) == 1


def test_a_lost_answer_to_a_read_is_asked_for_again(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    sandbox.control(
        "POST",
        "faults",
        json={"match": {"cmdlet": "Get-AcceptedDomain", "times": 1}, "action": {"type": "execute_then_reset"}},
    )
    run = launch("Get-AcceptedDomain", organizations_of(1))
    [target] = carry_out(run)
    assert target.state == TargetState.QUEUED
    assert target.not_before
    RunTarget.objects.update(not_before=None)
    [target] = carry_out(run)
    assert (target.state, target.attempt_count) == (TargetState.SUCCEEDED, 2)


def test_a_throttled_call_waits_as_long_as_exchange_said(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    sandbox.control(
        "POST",
        "faults",
        json={
            "match": {"cmdlet": "Get-AcceptedDomain", "times": 1},
            "action": {"type": "throttled", "retry_after": 37},
        },
    )
    run = launch("Get-AcceptedDomain", organizations_of(1))
    before = timezone.now()
    [target] = carry_out(run)
    assert target.state == TargetState.QUEUED
    assert target.not_before
    assert timedelta(seconds=37) <= target.not_before - before < timedelta(seconds=42)
    assert attempt_next() is False
    target.refresh_from_db()
    assert target.attempt_count == 1, "it was claimed before its time"


def test_a_stopped_run_sends_nothing_even_when_its_target_was_claimed(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(1))
    intend = conversation._allow

    def stop_just_before(*arguments: Any) -> None:
        cancel_run(actor=SYSTEM, run_id=run.pk)
        intend(*arguments)

    monkeypatch.setattr(conversation, "_allow", stop_just_before)
    [target] = carry_out(run)
    run.refresh_from_db()
    assert (target.state, run.state) == (TargetState.CANCELLED, RunState.CANCELLED)
    assert sandbox.executions("Get-AcceptedDomain") == []


def test_only_one_worker_gets_a_target(organizations_of: Bring, launch: Launch) -> None:
    launch("Get-AcceptedDomain", organizations_of(1))
    Run.objects.update(state=RunState.RUNNING)
    assert clerk.ask(begin, None) is not None
    assert clerk.ask(begin, None) is None


def test_threads_that_ask_at_once_get_a_target_each(organizations_of: Bring, launch: Launch) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(2))
    start_run(run_id=run.pk)
    with transaction.atomic():
        begun = begin([None, None, None])
    assert [each is not None for each in begun] == [True, True, False]
    assert Attempt.objects.values("run_target_id").distinct().count() == Attempt.objects.count() == 2


def test_an_answer_that_comes_after_the_lease_was_lost_changes_nothing_and_is_kept(
    organizations_of: Bring, launch: Launch
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(1))
    Run.objects.update(state=RunState.RUNNING)
    begun = clerk.ask(begin, None)
    assert begun
    RunTarget.objects.update(state=TargetState.QUEUED, lease_until=None)  # as the sweeper gives it back
    assert clerk.ask(begin, None) is not None
    assert clerk.ask(store, finished(begun[0], Ending(TargetState.SUCCEEDED))) is False
    target = run.targets.get()
    assert target.state == TargetState.RUNNING
    assert AuditEvent.objects.filter(action="late_answer.kept").count() == 1


def test_an_altered_plan_is_not_carried_out(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(1))
    Run.objects.update(plan={**run.plan, "sent_as": "Get-Mailbox"})
    [target] = carry_out(run)
    assert (target.state, target.error_class) == (TargetState.ERRORED, "plan_changed")
    assert sandbox.executions("Get-Mailbox") == []


def test_no_database_connection_is_held_during_a_call_to_microsoft(
    organizations_of: Bring, launch: Launch, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    converse = connect

    def watching(*args: object, **options: object) -> object:
        held.append(connection.connection is not None)
        return converse(*args, **options)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(entrance, "connect", watching)
    run = launch("Get-AcceptedDomain", organizations_of(2))
    Run.objects.update(state=RunState.RUNNING)
    for _ in range(2):
        worker = Thread(target=attempt_next)
        worker.start()
        worker.join()
    assert held == [False, False]
    assert not run.targets.exclude(state=TargetState.SUCCEEDED).exists()


def test_attempts_keep_their_times_in_order(organizations_of: Bring, launch: Launch, carry_out: CarryOut) -> None:
    carry_out(launch("Get-AcceptedDomain", organizations_of(1)))
    one = Attempt.objects.get()
    times = [one.claimed_at, one.connected_at, one.intended_at, one.answered_at, one.ended_at]
    assert None not in times
    assert times == sorted(times, key=str)
    assert one.client_request_id
    assert Result.objects.get().attempt_id == one.pk


def test_a_stop_between_a_refused_token_and_the_second_send_holds(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.control(
        "POST",
        "faults",
        json={"match": {"cmdlet": "New-DistributionGroup", "times": 1}, "action": {"type": "claims_challenge"}},
    )
    run = launch("New-DistributionGroup", organizations_of(1), Name="Signal crew")
    intend = conversation._allow

    def stop_after_the_intent(story: Any, *arguments: Any) -> None:
        if story.sending.intended_at is not None:
            cancel_run(actor=SYSTEM, run_id=run.pk)
        intend(story, *arguments)

    monkeypatch.setattr(conversation, "_allow", stop_after_the_intent)
    [target] = carry_out(run)
    assert sandbox.executions("New-DistributionGroup") == []
    assert target.state == TargetState.CANCELLED


def test_a_lease_that_ran_out_before_sending_means_another_try_not_cancelled(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    intend = conversation._allow
    lapsed: list[bool] = []

    def lapse_once(*arguments: Any) -> None:
        if not lapsed:
            lapsed.append(True)
            RunTarget.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        intend(*arguments)

    monkeypatch.setattr(conversation, "_allow", lapse_once)
    run = launch("New-DistributionGroup", organizations_of(1), Name="Signal crew")
    [target] = carry_out(run)
    assert (target.state, target.error_class) == (TargetState.QUEUED, "worker_lost")
    [target] = carry_out(run)
    assert target.state == TargetState.SUCCEEDED
    assert len(sandbox.executions("New-DistributionGroup")) == 1


@pytest.mark.parametrize(
    ("cmdlet", "parameters", "state"),
    [("Get-AcceptedDomain", {}, "errored"), ("New-DistributionGroup", {"Name": "Signal crew"}, "unknown")],
)
def test_a_fault_of_our_own_after_sending_ends_the_target_with_what_is_certain(
    organizations_of: Bring,
    launch: Launch,
    carry_out: CarryOut,
    monkeypatch: pytest.MonkeyPatch,
    cmdlet: str,
    parameters: dict[str, str],
    state: str,
) -> None:
    invoke = ExchangeConnection.invoke

    def faulty(self: ExchangeConnection, *arguments: Any, **options: Any) -> Any:
        invoke(self, *arguments, **options)
        raise ZeroDivisionError

    monkeypatch.setattr(ExchangeConnection, "invoke", faulty)
    [target] = carry_out(launch(cmdlet, organizations_of(1), **parameters))
    assert (target.state, target.error_class) == (state, "signalbox_fault")
    assert Connection.objects.filter(closed_at=None).count() == 0


def test_an_ending_that_cannot_be_stored_as_it_is_keeps_its_state(
    organizations_of: Bring, launch: Launch, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unstorable(story: Any, ending: Ending) -> Any:
        made = finished(story, ending)
        if made.result:
            made.result.columns = ["\x00"]
        return made

    monkeypatch.setattr(attempt, "finished", unstorable)
    [target] = carry_out(launch("New-DistributionGroup", organizations_of(1), Name="Signal crew"))
    assert (target.state, target.error_class) == (TargetState.SUCCEEDED, "signalbox_fault")


def test_a_late_answer_leaves_the_lost_attempt_and_its_connection_as_they_were(
    organizations_of: Bring, launch: Launch
) -> None:
    run = launch("New-DistributionGroup", organizations_of(1), Name="Signal crew")
    Run.objects.update(state=RunState.RUNNING)
    begun = clerk.ask(begin, None)
    assert begun
    RunTarget.objects.update(lease_until=timezone.now() - timedelta(seconds=1), intent_fence=1)
    sweep()
    story = begun[0]
    story.closed_at = timezone.now()
    assert clerk.ask(store, finished(story, Ending(TargetState.SUCCEEDED))) is False
    assert Attempt.objects.get().outcome == "lost"
    assert Connection.objects.get().closed_by == "sweeper"
    assert run.targets.get().state == TargetState.UNKNOWN


def test_a_diagnosing_read_is_recorded_before_it_is_sent(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    [target] = carry_out(launch("Get-AcceptedDomain", organizations_of(1, trouble="role_missing")))
    assert target.error_class == "role_missing"
    [event] = AuditEvent.objects.filter(action="connection.probed")
    assert event.data["cmdlet"] == "Get-OrganizationConfig"
