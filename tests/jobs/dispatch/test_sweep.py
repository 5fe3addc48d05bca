"""The sweeper: what dead workers held is given back or ends honestly, and what is due is rung for."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from jobs.catalogue.effects import Effect
from jobs.dispatch.leftovers import give_up_leases_of_dead_workers
from jobs.dispatch.reap import close_lost_connections, reap_lost_targets
from jobs.dispatch.sweep import ring_for_due_targets, sweep
from jobs.dispatch.worker import worker_name
from jobs.global_stop.services import lift_global_stop, stop_everything
from jobs.runs.models import Attempt, CloseKind, Connection, Run, RunTarget
from jobs.runs.states import RunState, TargetState
from portal.audit.models import AuditEvent
from tests.factories import SYSTEM, make_run

MINUTE = timedelta(minutes=1)
CHANGES = [Effect.ABSOLUTE_SET, Effect.CREATE, Effect.RELATIVE]


@pytest.fixture
def broker() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()
        yield broker
        broker.flushdb()


def rung(broker: Redis, queue: str = "bulk") -> int:
    """How many messages wait in the queue."""
    return int(broker.llen(queue))


def claimed(
    *, effect: Effect = Effect.READ, sent: bool = False, lease: timedelta = -MINUTE, **values: Any
) -> RunTarget:
    """A target in flight at a worker: claimed under fence 1, its lease ending `lease` from now."""
    run = make_run(state=RunState.RUNNING, organizations=1, states=[TargetState.RUNNING], effect=effect)
    now = timezone.now()
    RunTarget.objects.filter(run=run).update(
        fence=1,
        attempt_count=1,
        lease_owner="gone:1",
        lease_until=now + lease,
        intent_fence=1 if sent else None,
        **values,
    )
    target = run.targets.get()
    attempt = Attempt.objects.create(run_target=target, number=1, fence=1, worker="gone:1", claimed_at=now)
    Connection.objects.create(
        id=uuid4(),
        attempt=attempt,
        organization=target.organization,
        service="exo",
        method="app_certificate_thumbprint",
        identity="application",
        opened_by="gone:1",
        opened_at=now,
    )
    return target


def due(number: int) -> Run:
    """A running run whose targets wait since a minute."""
    run = make_run(state=RunState.RUNNING, organizations=number)
    RunTarget.objects.filter(run=run).update(changed_at=timezone.now() - MINUTE)
    return run


def reaped(target: RunTarget) -> RunTarget:
    assert reap_lost_targets() == 1
    target.refresh_from_db()
    return target


@pytest.mark.django_db
class TestReap:
    @pytest.mark.parametrize("sent", [True, False])
    def test_a_lost_read_is_queued_again(self, sent: bool) -> None:
        target = reaped(claimed(effect=Effect.READ, sent=sent))
        assert (target.state, target.error_class) == (TargetState.QUEUED, "worker_lost")
        assert (target.lease_until, target.finished_at, target.fence) == (None, None, 1)

    @pytest.mark.parametrize("effect", CHANGES)
    def test_a_lost_change_whose_intent_was_written_is_unknown(self, effect: Effect) -> None:
        target = reaped(claimed(effect=effect, sent=True))
        assert (target.state, target.error_class) == (TargetState.UNKNOWN, "worker_lost_after_sending")
        assert target.finished_at

    @pytest.mark.parametrize("effect", CHANGES)
    def test_a_lost_change_that_was_never_about_to_be_sent_is_queued_again(self, effect: Effect) -> None:
        assert reaped(claimed(effect=effect)).state == TargetState.QUEUED

    def test_the_intent_of_an_earlier_claim_does_not_count(self) -> None:
        target = claimed(effect=Effect.RELATIVE, sent=True)
        RunTarget.objects.update(fence=2)
        assert reaped(target).state == TargetState.QUEUED

    def test_a_live_lease_is_left_alone(self) -> None:
        target = claimed(lease=MINUTE)
        assert reap_lost_targets() == 0
        target.refresh_from_db()
        assert target.state == TargetState.RUNNING

    def test_the_attempt_ends_as_lost(self) -> None:
        attempt = reaped(claimed()).attempts.get()
        assert (attempt.outcome, attempt.error_class) == ("lost", "worker_lost")
        assert attempt.ended_at

    def test_an_event_names_the_worker_and_what_became_of_the_target(self) -> None:
        given_back, ended = claimed(), claimed(effect=Effect.CREATE, sent=True)
        assert reap_lost_targets() == 2
        release = AuditEvent.objects.get(target_id=str(given_back.pk))
        end = AuditEvent.objects.get(target_id=str(ended.pk))
        assert (release.action, release.data["was_sent"]) == ("run_target.released", False)
        assert (end.action, end.data["state"], end.data["was_sent"]) == ("run_target.ended", "unknown", True)
        assert release.data["worker"] == end.data["worker"] == "gone:1"

    def test_one_that_cannot_be_taken_back_holds_up_no_other(self) -> None:
        odd, others = claimed(), [claimed(), claimed()]
        Run.objects.filter(pk=odd.run_id).update(plan={}, effect="nobody knows")
        assert reap_lost_targets() == 2
        for target in others:
            target.refresh_from_db()
            assert target.state == TargetState.QUEUED
        odd.refresh_from_db()
        assert odd.state == TargetState.RUNNING

    @pytest.mark.django_db(transaction=True)
    def test_two_sweepers_at_once_take_each_target_back_once(self) -> None:
        targets = [claimed(effect=Effect.CREATE, sent=True) for _ in range(6)]
        together = Barrier(2)
        taken: list[int] = []

        def go() -> None:
            together.wait()
            try:
                taken.append(reap_lost_targets())
            finally:
                connection.close()

        sweepers = [Thread(target=go) for _ in range(2)]
        for sweeper in sweepers:
            sweeper.start()
        for sweeper in sweepers:
            sweeper.join()
        assert sum(taken) == len(targets)
        assert AuditEvent.objects.filter(action="run_target.ended").count() == len(targets)


@pytest.mark.django_db
class TestConnections:
    def test_of_a_dead_worker_are_closed(self) -> None:
        reaped(claimed())
        assert close_lost_connections() == 1
        row = Connection.objects.get()
        assert row.closed_at
        assert (row.closed_by, row.close_kind, row.close_reason) == ("sweeper", CloseKind.REAPER, "worker lost")

    def test_of_a_live_attempt_stay_open(self) -> None:
        claimed(lease=MINUTE)
        assert close_lost_connections() == 0
        assert Connection.objects.get().closed_at is None


@pytest.mark.django_db
class TestRing:
    def test_rings_for_what_is_due_when_messages_were_lost(self, broker: Redis) -> None:
        due(3)
        ring_for_due_targets()
        assert rung(broker) == 3

    def test_rings_no_more_often_than_workers_need(self, broker: Redis, settings: Any) -> None:
        settings.MOST_RINGS = 2
        due(3)
        ring_for_due_targets()
        assert rung(broker) == 2

    def test_stays_silent_while_the_queue_holds_as_many_messages(self, broker: Redis) -> None:
        due(3)
        broker.rpush("bulk", *["message"] * 3)
        ring_for_due_targets()
        assert broker.llen("bulk") == 3

    def test_does_not_ring_before_the_time(self, broker: Redis) -> None:
        early = due(2)
        RunTarget.objects.filter(run=early).update(not_before=timezone.now() + MINUTE)
        late = due(1)
        RunTarget.objects.filter(run=late).update(not_before=timezone.now() - MINUTE)
        ring_for_due_targets()
        assert rung(broker) == 1

    def test_does_not_ring_for_what_was_rung_for_a_moment_ago(self, broker: Redis) -> None:
        make_run(state=RunState.RUNNING, organizations=2)
        ring_for_due_targets()
        assert rung(broker) == 0

    def test_rings_for_what_a_clock_that_was_ahead_gave_back(self, broker: Redis) -> None:
        run = due(1)
        RunTarget.objects.filter(run=run).update(changed_at=timezone.now() + timedelta(days=1))
        ring_for_due_targets()
        assert rung(broker) == 1

    def test_does_not_ring_for_targets_in_flight_or_of_runs_that_do_not_run(self, broker: Redis) -> None:
        claimed(lease=MINUTE, changed_at=timezone.now() - MINUTE)
        waiting = due(1)
        Run.objects.filter(pk=waiting.pk).update(state=RunState.QUEUED)
        ring_for_due_targets()
        assert rung(broker) == 0


@pytest.mark.django_db
class TestSweep:
    def test_starts_a_run_whose_start_was_lost(self, broker: Redis) -> None:
        run = make_run(state=RunState.QUEUED, organizations=2)
        sweep()
        run.refresh_from_db()
        assert run.state == RunState.RUNNING
        assert rung(broker) == 2
        assert AuditEvent.objects.filter(action="run.started", run_id=run.pk).count() == 1

    def test_starts_it_once(self, broker: Redis) -> None:
        run = make_run(state=RunState.QUEUED, organizations=2)
        sweep()
        sweep()
        assert AuditEvent.objects.filter(action="run.started", run_id=run.pk).count() == 1
        assert rung(broker) == 2

    def test_ends_the_queued_targets_of_a_stopped_run(self, broker: Redis) -> None:
        run = due(2)
        Run.objects.update(cancel_requested_at=timezone.now(), cancel_requested_by="Tess")
        sweep()
        run.refresh_from_db()
        assert (run.state, run.counts) == (RunState.CANCELLED, {"cancelled": 2})
        assert rung(broker) == 0

    def test_a_target_given_back_to_a_stopped_run_is_not_tried_again(self, broker: Redis) -> None:
        target = claimed()
        Run.objects.update(cancel_requested_at=timezone.now(), cancel_requested_by="Tess")
        sweep()
        target.refresh_from_db()
        assert target.state == TargetState.CANCELLED
        assert target.run.state == RunState.CANCELLED

    def test_ends_a_run_whose_last_target_was_lost(self, broker: Redis) -> None:
        target = claimed(effect=Effect.CREATE, sent=True)
        sweep()
        run = Run.objects.get(pk=target.run_id)
        assert (run.state, run.counts) == (RunState.PARTLY_FAILED, {"unknown": 1})
        assert not Connection.objects.filter(closed_at=None).exists()

    def test_ends_a_read_that_costs_every_worker(self, broker: Redis) -> None:
        target = claimed(effect=Effect.READ, sent=True)
        RunTarget.objects.filter(pk=target.pk).update(strike_count=settings.MAX_ATTEMPTS - 1)
        sweep()
        target.refresh_from_db()
        assert (target.state, target.error_class) == (TargetState.ERRORED, "workers_lost")

    def test_starts_nothing_while_everything_is_stopped_and_everything_after(self, broker: Redis) -> None:
        run, _ = make_run(state=RunState.QUEUED, organizations=2), due(2)
        stop_everything(actor=SYSTEM, reason="odd deletions")
        sweep()
        run.refresh_from_db()
        assert (run.state, rung(broker)) == (RunState.QUEUED, 0)
        lift_global_stop(actor=SYSTEM)
        sweep()
        run.refresh_from_db()
        assert (run.state, rung(broker)) == (RunState.RUNNING, 2)

    def test_takes_back_what_was_lost_also_while_everything_is_stopped(self, broker: Redis) -> None:
        target = claimed()
        stop_everything(actor=SYSTEM, reason="odd deletions")
        sweep()
        target.refresh_from_db()
        assert target.state == TargetState.QUEUED

    def test_leaves_drafts_alone(self, broker: Redis) -> None:
        draft = make_run(state=RunState.DRAFT)
        sweep()
        draft.refresh_from_db()
        assert draft.state == RunState.DRAFT


@pytest.mark.django_db
def test_a_new_worker_gives_up_what_a_dead_one_of_its_machine_holds(broker: Redis) -> None:
    host = worker_name().rpartition(":")[0]
    with subprocess.Popen([sys.executable, "-c", ""]) as gone:
        gone.wait()
    dead, living, elsewhere, container = (claimed(effect=Effect.READ, sent=False) for _ in range(4))
    far = timezone.now() + timedelta(minutes=5)
    for target, owner in (
        (dead, f"{host}:{gone.pid}"),
        (living, worker_name()),
        (elsewhere, f"other:{gone.pid}"),
        (container, f"{socket.gethostname()}-00000000:{gone.pid}"),
    ):
        RunTarget.objects.filter(pk=target.pk).update(lease_owner=owner, lease_until=far)
    assert give_up_leases_of_dead_workers() == 1
    assert reap_lost_targets() == 1
    dead.refresh_from_db()
    assert dead.state == TargetState.QUEUED
