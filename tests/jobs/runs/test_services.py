"""Stopping and finishing runs."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from jobs.runs.models import Run, RunTarget
from jobs.runs.services import (
    RunNotCancellable,
    RunNotPausable,
    cancel_run,
    change_share,
    finish_if_done,
    pause_run,
    resume_run,
)
from jobs.runs.shares import Share
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tests.factories import SYSTEM, label_of, make_run
from tests.together import at_once

Acting = Callable[[User], Actor]
NOW = timezone.now()
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

    @pytest.mark.parametrize(
        ("states", "ends"), [([S, S], RunState.SUCCEEDED), ([S, F], RunState.PARTLY_FAILED), ([F, F], RunState.FAILED)]
    )
    def test_that_comes_after_the_last_organization_ended_calls_nothing_cancelled(
        self, states: list[TargetState], ends: RunState
    ) -> None:
        run = make_run(state=RunState.RUNNING, organizations=2, states=states)
        stopped = cancel_run(actor=SYSTEM, run_id=run.pk)
        assert (stopped.state, stopped.cancel_requested_by) == (ends, SYSTEM.label)
        event = AuditEvent.objects.get(run_id=run.pk, action="run.finished")
        assert event.data["state"] == ends.label.lower()

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

    def test_of_a_paused_run_ends_those_that_waited(self) -> None:
        run = make_run(state=RunState.PAUSED, organizations=2, states=[S, Q])
        assert cancel_run(actor=SYSTEM, run_id=run.pk).state == RunState.CANCELLED
        assert states_of(run) == ["succeeded", "cancelled"]

    @pytest.mark.django_db(transaction=True)
    def test_is_asked_for_before_thousands_of_organizations_are_ended(self, monkeypatch: pytest.MonkeyPatch) -> None:
        run = make_run(state=RunState.RUNNING, organizations=2, states=[R, Q])

        def killed(**_: object) -> int:
            raise SystemExit

        monkeypatch.setattr("jobs.runs.services.cancel_queued_targets", killed)
        with pytest.raises(SystemExit):
            cancel_run(actor=SYSTEM, run_id=run.pk)
        run.refresh_from_db()
        assert run.cancel_requested_by == SYSTEM.label


@pytest.mark.django_db
class TestPause:
    def test_keeps_who_paused_when_and_why_and_leaves_the_organizations(self, technician: User, acting: Acting) -> None:
        run = make_run(state=RunState.RUNNING, organizations=3, states=[S, R, Q])
        pause_run(actor=acting(technician), run_id=run.pk, reason=" mail flow \x00 looks odd ")
        run.refresh_from_db()
        assert (run.state, run.paused_by, run.pause_reason) == (
            "paused",
            label_of(technician),
            "mail flow \ufffd looks odd",
        )
        assert run.paused_at
        assert states_of(run) == ["succeeded", "running", "queued"]
        event = AuditEvent.objects.get(run_id=run.pk)
        assert (event.sentence, event.data) == (
            f"{label_of(technician)} paused {run}",
            {"reason": "mail flow \ufffd looks odd"},
        )

    def test_twice_is_once(self) -> None:
        run = make_run(state=RunState.RUNNING)
        pause_run(actor=SYSTEM, run_id=run.pk, reason="first")
        again = pause_run(actor=Actor.system("another"), run_id=run.pk, reason="second")
        assert (again.paused_by, again.pause_reason) == (SYSTEM.label, "first")
        assert AuditEvent.objects.filter(run_id=run.pk).count() == 1

    def test_a_paused_run_whose_last_organization_ends_has_ended(self) -> None:
        run = make_run(state=RunState.PAUSED, states=[S])
        assert finish_if_done(actor=SYSTEM, run_id=run.pk)
        run.refresh_from_db()
        assert run.state == RunState.SUCCEEDED

    @pytest.mark.parametrize("act", [pause_run, resume_run])
    @pytest.mark.parametrize(
        ("values", "words"),
        [
            ({"state": RunState.DRAFT}, "never launched"),
            ({"state": RunState.FAILED}, "ended already: failed"),
            ({"state": RunState.RUNNING, "cancel_requested_at": NOW, "cancel_requested_by": "Ada"}, "stopped, by Ada"),
        ],
    )
    def test_and_resuming_are_refused_where_nothing_goes_on(
        self, act: Callable[..., Run], values: dict[str, object], words: str
    ) -> None:
        run = make_run(**values)  # type: ignore[arg-type]
        with pytest.raises(RunNotPausable, match=words):
            act(actor=SYSTEM, run_id=run.pk)
        assert not AuditEvent.objects.exists()

    @pytest.mark.parametrize("act", [pause_run, resume_run])
    def test_and_resuming_need_the_permission(self, act: Callable[..., Run], auditor: User, acting: Acting) -> None:
        run = make_run(state=RunState.PAUSED)
        with pytest.raises(PermissionRefused, match="jobs:run:pause"):
            act(actor=acting(auditor), run_id=run.pk)


@pytest.mark.django_db
class TestResume:
    @pytest.mark.parametrize(("started", "state"), [(NOW, "running"), (None, "queued")])
    def test_goes_on_where_it_stood(self, started: datetime | None, state: str) -> None:
        run = make_run(state=RunState.PAUSED, started_at=started, paused_at=NOW, paused_by="Ada", pause_reason="odd")
        resume_run(actor=SYSTEM, run_id=run.pk)
        run.refresh_from_db()
        assert (run.state, run.paused_at, run.paused_by, run.pause_reason) == (state, None, "", "")
        event = AuditEvent.objects.get(run_id=run.pk)
        assert (event.action, event.data) == ("run.resumed", {"paused_by": "Ada"})

    def test_keeps_how_long_it_was_held_since_it_was_started(self) -> None:
        ago = timezone.now() - timedelta(minutes=5)
        started = make_run(state=RunState.PAUSED, started_at=ago, paused_at=ago, held_for=timedelta(minutes=2))
        waiting = make_run(state=RunState.PAUSED, started_at=None, paused_at=ago)
        for run, minutes in ((started, 7), (waiting, 0)):
            resume_run(actor=SYSTEM, run_id=run.pk)
            run.refresh_from_db()
            assert round(run.held_for / timedelta(minutes=1)) == minutes

    @pytest.mark.django_db(transaction=True)
    def test_rings_once_for_the_run_and_not_for_one_that_goes_on(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rung: list[tuple[str, dict[str, str]]] = []
        monkeypatch.setattr("portal.core.tasks.ring", lambda name, **ids: rung.append((name, ids)))
        run = make_run(state=RunState.PAUSED)
        resume_run(actor=SYSTEM, run_id=run.pk)
        resume_run(actor=SYSTEM, run_id=run.pk)
        assert rung == [("jobs.dispatch.start_run", {"run_id": str(run.pk)})]


@pytest.mark.django_db
class TestShare:
    def test_is_changed_with_an_event(self) -> None:
        run = make_run(state=RunState.RUNNING)
        change_share(actor=SYSTEM, run_id=run.pk, share=Share.HIGH)
        run.refresh_from_db()
        assert run.share == Share.HIGH
        assert AuditEvent.objects.get().data == {"before": "normal", "after": "goes first"}

    def test_that_it_has_already_changes_nothing(self) -> None:
        run = make_run(state=RunState.RUNNING)
        change_share(actor=SYSTEM, run_id=run.pk, share=Share.NORMAL)
        assert not AuditEvent.objects.exists()


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
