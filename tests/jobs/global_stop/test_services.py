"""Stopping everything, and lifting that."""

from collections.abc import Callable
from datetime import timedelta
from threading import Thread

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs.global_stop.models import GlobalStop
from jobs.global_stop.selectors import stop_in_force, under_way
from jobs.global_stop.services import StopRefused, lift_global_stop, stop_everything
from jobs.launch import launch_run
from jobs.planning import RunRefused
from jobs.runs.models import RunTarget
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from portal.core.refusals import Refused
from tenants.sync.models import Synchronization, SynchronizationState
from tenants.sync.services import start_synchronization, synchronize
from tests.factories import SYSTEM, holding, label_of, make_partner, make_run
from tests.live import wait_for
from tests.together import at_once, waiting_for_locks

Acting = Callable[[User], Actor]
Q, R, S = TargetState.QUEUED, TargetState.RUNNING, TargetState.SUCCEEDED


@pytest.mark.django_db
class TestStop:
    def test_says_who_when_and_why_and_leaves_every_run_as_it_is(self, technician: User, acting: Acting) -> None:
        run = make_run(state=RunState.RUNNING, organizations=3, states=[S, R, Q])
        stop = stop_everything(actor=acting(technician), reason=" odd deletions ")
        assert stop_in_force() == stop
        assert (stop.stopped_by, stop.reason) == (label_of(technician), "odd deletions")
        run.refresh_from_db()
        assert run.state == RunState.RUNNING
        assert list(run.targets.order_by("position").values_list("state", flat=True)) == [S, R, Q]
        assert AuditEvent.objects.get().sentence == f"{label_of(technician)} stopped everything: odd deletions"

    def test_without_a_reason_is_refused(self) -> None:
        with pytest.raises(StopRefused, match="Say why"):
            stop_everything(actor=SYSTEM, reason="  ")
        assert stop_in_force() is None

    def test_twice_is_once(self) -> None:
        first = stop_everything(actor=SYSTEM, reason="first")
        assert stop_everything(actor=Actor.system("another"), reason="second") == first
        assert stop_in_force() == first
        assert AuditEvent.objects.count() == 1

    def test_needs_the_permission(self, auditor: User, acting: Acting) -> None:
        with pytest.raises(PermissionRefused, match="jobs:global_stop:order"):
            stop_everything(actor=acting(auditor), reason="why not")

    def test_lets_nothing_be_launched_and_keeps_the_draft(self) -> None:
        draft = make_run(state=RunState.DRAFT, requested_by_id=SYSTEM.id)
        stop_everything(actor=SYSTEM, reason="odd deletions")
        with pytest.raises(RunRefused, match=r"Everything is stopped .* by test: “odd deletions”.*The draft stays"):
            launch_run(actor=SYSTEM, run_id=draft.pk)
        draft.refresh_from_db()
        assert draft.state == RunState.DRAFT
        assert not RunTarget.objects.exists()

    def test_lets_no_reading_of_organizations_begin(self) -> None:
        partner = make_partner()
        waiting = Synchronization.objects.create(partner=partner, requested_by="Ada")
        stop_everything(actor=SYSTEM, reason="odd deletions")
        with pytest.raises(Refused, match="Everything is stopped"):
            start_synchronization(actor=SYSTEM, partner=partner)
        synchronize(synchronization_id=waiting.pk)
        waiting.refresh_from_db()
        assert waiting.state == SynchronizationState.QUEUED

    def test_ends_a_reading_of_organizations_before_its_next_question(self, monkeypatch: pytest.MonkeyPatch) -> None:
        going = Synchronization.objects.create(partner=make_partner(), requested_by="Ada")

        class Reader:
            def __init__(self, _: object, report: Callable[[str, int, int], None]) -> None:
                self.report = report

            def read(self) -> None:
                stop_everything(actor=SYSTEM, reason="odd deletions")
                self.report("Asking Microsoft", 0, 1)
                raise AssertionError("It went on.")

        monkeypatch.setattr("tenants.sync.services.CustomerReader", Reader)
        synchronize(synchronization_id=going.pk)
        going.refresh_from_db()
        assert going.state == SynchronizationState.FAILED
        assert "Everything is stopped" in going.error


@pytest.mark.django_db
class TestLift:
    def test_keeps_who_lifted_it_and_lets_the_next_one_be_ordered(self, approver: User, acting: Acting) -> None:
        stop_everything(actor=SYSTEM, reason="odd deletions")
        stop = lift_global_stop(actor=acting(approver))
        assert stop_in_force() is None
        assert stop.lifted_by == label_of(approver)
        assert AuditEvent.objects.latest("pk").sentence == f"{label_of(approver)} lifted the global stop"
        stop_everything(actor=SYSTEM, reason="again")
        assert GlobalStop.objects.count() == 2

    def test_of_nothing_is_refused(self) -> None:
        with pytest.raises(StopRefused, match="No stop is in force"):
            lift_global_stop(actor=SYSTEM)

    def test_is_not_for_everybody_who_may_order_it(self, technician: User, acting: Acting) -> None:
        stop_everything(actor=acting(technician), reason="odd deletions")
        with pytest.raises(PermissionRefused, match="jobs:global_stop:lift"):
            lift_global_stop(actor=acting(technician))
        assert stop_in_force()

    @pytest.mark.django_db(transaction=True)
    def test_rings_for_whatever_is_due(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rung: list[str] = []
        monkeypatch.setattr("portal.core.tasks.ring", lambda name, **ids: rung.append(ids.get("run_id", name)))
        going, _ended = make_run(state=RunState.RUNNING), make_run()
        stop_everything(actor=SYSTEM, reason="odd deletions")
        assert rung == []
        lift_global_stop(actor=SYSTEM)
        assert rung == ["jobs.dispatch.sweep", str(going.pk)]

    def test_keeps_how_long_runs_were_held(self) -> None:
        now = timezone.now()
        before, since, paused = (
            make_run(state=state, started_at=now - timedelta(minutes=ago))
            for state, ago in ((RunState.RUNNING, 9), (RunState.RUNNING, 2), (RunState.PAUSED, 9))
        )
        stop = stop_everything(actor=SYSTEM, reason="odd deletions")
        GlobalStop.objects.filter(pk=stop.pk).update(stopped_at=now - timedelta(minutes=5))
        lift_global_stop(actor=SYSTEM)
        for run, minutes in ((before, 5), (since, 2), (paused, 0)):
            run.refresh_from_db()
            assert round(run.held_for / timedelta(minutes=1)) == minutes


@pytest.mark.django_db(transaction=True)
def test_of_many_who_stop_everything_at_once_one_is_kept(approver: User) -> None:
    def stop() -> int:
        User.objects.select_for_update().get(pk=approver.pk)
        return stop_everything(actor=SYSTEM, reason="odd deletions").pk

    def act() -> int:
        with transaction.atomic():
            return stop()

    assert len(set(at_once(approver, 6, act))) == 1
    assert GlobalStop.objects.count() == AuditEvent.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_whoever_stops_everything_while_another_lifts_the_stop_has_it_stopped() -> None:
    first = stop_everything(actor=SYSTEM, reason="first")
    ordered: list[GlobalStop] = []

    def order() -> None:
        try:
            ordered.append(stop_everything(actor=SYSTEM, reason="second"))
        finally:
            connection.close()

    with transaction.atomic():
        lift_global_stop(actor=SYSTEM)
        thread = Thread(target=order)
        thread.start()
        wait_for(lambda: ordered or waiting_for_locks(), seconds=20, what="the order to be told or to wait")
    thread.join(20)

    [told] = ordered
    assert stop_in_force() == told != first


@pytest.mark.django_db
class TestUnderWay:
    def test_counts_over_all_open_runs(self) -> None:
        first = make_run(state=RunState.RUNNING, organizations=4, states=[S, R, R, Q])
        first.targets.filter(state=R, position=1).update(fence=3, intent_fence=3)
        first.targets.filter(state=R, position=2).update(fence=4, intent_fence=3)
        make_run(state=RunState.PAUSED, organizations=2)
        make_run(state=RunState.SUCCEEDED)
        assert under_way(actor=SYSTEM).in_words == (
            "3 organizations in 2 runs: nothing more starts; 2 in flight, 1 may still complete."
        )

    def test_says_when_nothing_goes_on(self) -> None:
        assert under_way(actor=SYSTEM).in_words == "No run is in progress: nothing is in flight."

    def test_counts_nothing_for_whoever_may_see_no_run(self) -> None:
        make_run(state=RunState.RUNNING, organizations=2)
        nobody = holding(())
        assert under_way(actor=nobody).in_words == "No run is in progress: nothing is in flight."
