"""What is not to start does not start: paused, stopped, off-boarded, planned by a newer Signalbox, or broken."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from jobs.dispatch import begin as beginning
from jobs.dispatch import conversation
from jobs.dispatch import intent as intents
from jobs.dispatch.attempt import attempt_next
from jobs.dispatch.start import start_run
from jobs.global_stop.services import lift_global_stop, stop_everything
from jobs.runs.models import Connection, Run, RunTarget
from jobs.runs.plans import PLAN_VERSION
from jobs.runs.services import pause_run, resume_run
from jobs.runs.states import RunState, TargetState
from tenants.organizations.models import Organization
from tenants.profiles import accesses
from tests.engine import Launch
from tests.factories import SYSTEM
from tests.live import Sandbox

Bring = Callable[..., list[Organization]]
CarryOut = Callable[[Run], list[RunTarget]]
pytestmark = pytest.mark.django_db(transaction=True)
READ = "Get-AcceptedDomain"


def pause(run: Run) -> Callable[[], object]:
    pause_run(actor=SYSTEM, run_id=run.pk)
    return lambda: resume_run(actor=SYSTEM, run_id=run.pk)


def stop(_: Run) -> Callable[[], object]:
    stop_everything(actor=SYSTEM, reason="Trial")
    return lambda: lift_global_stop(actor=SYSTEM)


@pytest.mark.parametrize("hold", [pause, stop])
def test_nothing_is_claimed_of_what_is_held_back(
    organizations_of: Bring, launch: Launch, hold: Callable[[Run], Callable[[], object]]
) -> None:
    run = launch(READ, organizations_of(1))
    start_run(run_id=run.pk)
    go_on = hold(run)
    assert attempt_next() is False
    go_on()
    assert attempt_next() is True


@pytest.mark.parametrize("hold", [pause, stop])
def test_a_claimed_target_sends_nothing_once_it_is_held_back_and_goes_on_later_as_if_nothing_had_been(
    sandbox: Sandbox,
    organizations_of: Bring,
    launch: Launch,
    carry_out: CarryOut,
    monkeypatch: pytest.MonkeyPatch,
    hold: Callable[[Run], Callable[[], object]],
) -> None:
    run = launch(READ, organizations_of(1))
    go_on: list[Callable[[], object]] = []
    before_send(monkeypatch, lambda: go_on.append(hold(run)))
    [target] = carry_out(run)
    assert (target.state, target.error_class, target.strike_count) == (TargetState.QUEUED, "held", 0)
    assert sandbox.executions(READ) == []
    assert not Connection.objects.open().exists()
    go_on[0]()
    [target] = carry_out(run)
    assert target.state == TargetState.SUCCEEDED


def test_an_organization_that_was_off_boarded_before_its_turn_is_skipped(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut
) -> None:
    run = launch(READ, organizations_of(2))
    Organization.objects.filter(pk=run.targets.get(position=0).organization_id).update(vanished_at=timezone.now())
    gone, served = carry_out(run)
    assert (gone.state, gone.error_class) == (TargetState.SKIPPED, "organization_vanished")
    assert served.state == TargetState.SUCCEEDED
    assert len(sandbox.executions(READ)) == 1


def test_an_organization_that_is_off_boarded_at_the_last_moment_is_sent_nothing(
    sandbox: Sandbox,
    organizations_of: Bring,
    launch: Launch,
    carry_out: CarryOut,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = launch(READ, organizations_of(1))
    before_send(monkeypatch, lambda: Organization.objects.update(vanished_at=timezone.now()))
    [target] = carry_out(run)
    assert (target.state, target.error_class) == (TargetState.SKIPPED, "organization_vanished")
    assert sandbox.executions(READ) == []


def test_a_run_planned_by_a_newer_signalbox_is_left_to_newer_workers(organizations_of: Bring, launch: Launch) -> None:
    run = launch(READ, organizations_of(1))
    Run.objects.update(plan_version=PLAN_VERSION + 1)
    start_run(run_id=run.pk)
    assert attempt_next() is False
    assert run.targets.get().state == TargetState.QUEUED


def test_a_target_that_cannot_be_begun_ends_and_does_not_hold_up_the_others(
    organizations_of: Bring, launch: Launch, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launch(READ, organizations_of(2))
    poisoned = run.targets.get(position=0).organization_id
    require_service = accesses.require_service

    def stumble(*arguments: Any) -> None:
        if not stumbled:
            stumbled.append(poisoned)
            raise ZeroDivisionError
        require_service(*arguments)

    stumbled: list[Any] = []
    monkeypatch.setattr(beginning, "require_service", stumble)
    first, second = carry_out(run)
    assert (first.state, first.error_class) == (TargetState.ERRORED, "signalbox_fault")
    assert second.state == TargetState.SUCCEEDED
    run.refresh_from_db()
    assert run.state == RunState.PARTLY_FAILED


def test_a_permission_to_send_that_grew_old_is_asked_for_again(
    sandbox: Sandbox, organizations_of: Bring, launch: Launch, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that stood still between the commit of the intent and the first byte."""
    run = launch(READ, organizations_of(1))
    intend = intents.intend

    def stand_still(sendings: Any) -> Any:
        answers = intend(sendings)
        for story, _ in sendings:
            story.sending.checked_at -= conversation.STALE_AFTER_SECONDS
        Run.objects.update(cancel_requested_at=timezone.now())
        return answers

    monkeypatch.setattr(conversation, "intend", stand_still)
    [target] = carry_out(run)
    assert target.state == TargetState.CANCELLED
    assert sandbox.executions(READ) == []


def before_send(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen, once, after a connection was opened and right before the intent."""
    allow = conversation._allow
    happened: list[bool] = []

    def allow_afterwards(*arguments: Any) -> None:
        if not happened:
            happened.append(True)
            happens()
        allow(*arguments)

    monkeypatch.setattr(conversation, "_allow", allow_afterwards)
