"""Stopping and finishing runs."""

from collections import Counter
from collections.abc import Callable
from uuid import uuid4

import pytest

from jobs.runs.models import Run, RunTarget
from jobs.runs.services import RunNotCancellable, cancel_run, finish_if_done
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tests.factories import SYSTEM, make_run
from tests.together import at_once

Acting = Callable[[User], Actor]
Q, R, S, F = TargetState.QUEUED, TargetState.RUNNING, TargetState.SUCCEEDED, TargetState.FAILED


def states_of(run: Run) -> list[str]:
    return list(run.targets.order_by("position").values_list("state", flat=True))


@pytest.mark.django_db
class TestCancel:
    def test_ends_queued_targets_and_leaves_those_in_flight(self) -> None:
        run = make_run(state=RunState.RUNNING, organizations=4, states=[S, R, Q, Q])
        cancel_run(actor=SYSTEM, run_id=run.pk)
        run.refresh_from_db()
        assert states_of(run) == ["succeeded", "running", "cancelled", "cancelled"]
        assert (run.state, run.cancel_requested_by) == (RunState.RUNNING, SYSTEM.label)
        assert run.cancel_requested_at
        assert run.targets.filter(state="cancelled", finished_at=None).count() == 0

    def test_of_a_run_with_nothing_in_flight_ends_it_at_once(self) -> None:
        run = make_run(state=RunState.QUEUED, organizations=2)
        cancel_run(actor=SYSTEM, run_id=run.pk)
        run.refresh_from_db()
        assert (run.state, run.counts) == (RunState.CANCELLED, {"cancelled": 2})

    def test_returns_the_run_as_it_is_then(self) -> None:
        run = make_run(state=RunState.QUEUED, organizations=2)
        assert cancel_run(actor=SYSTEM, run_id=run.pk).state == RunState.CANCELLED

    def test_leaves_its_events(self, technician: User, acting: Acting) -> None:
        run = make_run(state=RunState.RUNNING, organizations=3, states=[S, R, Q])
        cancel_run(actor=acting(technician), run_id=run.pk)
        events = list(AuditEvent.objects.filter(run_id=run.pk).order_by("pk"))
        assert [e.action for e in events] == ["run.cancel_requested", "run_target.ended"]
        assert {e.actor_id for e in events} == {str(technician.pk)}
        assert events[1].data["state"] == "cancelled"

    def test_twice_is_once(self) -> None:
        run = make_run(state=RunState.RUNNING, organizations=2, states=[R, Q])
        first = cancel_run(actor=SYSTEM, run_id=run.pk)
        second = cancel_run(actor=Actor.system("another"), run_id=run.pk)
        assert (second.cancel_requested_at, second.cancel_requested_by) == (first.cancel_requested_at, SYSTEM.label)
        assert AuditEvent.objects.filter(run_id=run.pk).count() == 2

    @pytest.mark.parametrize("state", [RunState.SUCCEEDED, RunState.PARTLY_FAILED, RunState.FAILED, RunState.CANCELLED])
    def test_after_the_end_is_refused(self, state: RunState) -> None:
        run = make_run(state=state)
        with pytest.raises(RunNotCancellable, match=f"ended already: {state.label.lower()}"):
            cancel_run(actor=SYSTEM, run_id=run.pk)
        assert not AuditEvent.objects.exists()

    def test_of_a_draft_says_that_it_was_never_launched(self) -> None:
        run = make_run(state=RunState.DRAFT)
        with pytest.raises(RunNotCancellable, match="never launched"):
            cancel_run(actor=SYSTEM, run_id=run.pk)

    def test_needs_the_permission(self, auditor: User, acting: Acting) -> None:
        run = make_run(state=RunState.RUNNING)
        with pytest.raises(PermissionRefused, match="jobs:run:cancel"):
            cancel_run(actor=acting(auditor), run_id=run.pk)
        assert states_of(run) == ["queued"] * 3

    def test_of_an_unknown_run_is_unknown(self) -> None:
        with pytest.raises(Run.DoesNotExist):
            cancel_run(actor=SYSTEM, run_id=uuid4())


@pytest.mark.django_db
class TestFinish:
    @pytest.mark.parametrize("state", [Q, R])
    def test_waits_for_the_last_target(self, state: TargetState) -> None:
        run = make_run(state=RunState.RUNNING, organizations=2, states=[S, state])
        assert finish_if_done(actor=SYSTEM, run_id=run.pk) is False
        run.refresh_from_db()
        assert (run.state, run.finished_at) == (RunState.RUNNING, None)

    def test_keeps_the_counts_and_says_how_it_ended(self) -> None:
        run = make_run(state=RunState.RUNNING, organizations=3, states=[S, S, F])
        assert finish_if_done(actor=SYSTEM, run_id=run.pk) is True
        run.refresh_from_db()
        assert (run.state, run.counts) == (RunState.PARTLY_FAILED, {"succeeded": 2, "failed": 1})
        assert run.finished_at
        event = AuditEvent.objects.get(run_id=run.pk)
        assert event.sentence == f"{run} ended: partly failed"

    def test_of_an_ended_run_changes_nothing(self) -> None:
        run = make_run(state=RunState.CANCELLED, states=[S])
        assert finish_if_done(actor=SYSTEM, run_id=run.pk) is False
        run.refresh_from_db()
        assert run.state == RunState.CANCELLED


@pytest.mark.django_db(transaction=True)
def test_of_many_who_find_the_last_target_ended_exactly_one_ends_the_run() -> None:
    run = make_run(state=RunState.RUNNING, organizations=1, states=[S])
    ended = at_once(run, 8, lambda: finish_if_done(actor=SYSTEM, run_id=run.pk))
    assert Counter(ended) == {True: 1, False: 7}
    assert AuditEvent.objects.filter(action="run.finished", run_id=run.pk).count() == 1
    assert RunTarget.objects.get(run=run).state == S
