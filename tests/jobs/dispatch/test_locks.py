"""Locks: what workers and people do to the same targets at the same moment never ends in a circle of waiting."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event, Thread
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from jobs.dispatch import begin as beginning
from jobs.dispatch.claims import Claim, claim_targets
from jobs.dispatch.heart import Heart
from jobs.dispatch.worker import worker_name
from jobs.runs.models import Run, RunTarget
from jobs.runs.services import cancel_run
from jobs.runs.states import RunState, TargetState
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, make_run
from tests.live import wait_for
from tests.together import waiting_for_locks

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_stop_amid_a_claim_waits_for_it_and_cancels_the_others(
    organizations_of: Callable[..., list[Organization]], launch: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = launch("Get-AcceptedDomain", organizations_of(3))
    Run.objects.update(state=RunState.RUNNING)
    first, *others = run.targets.order_by("position")
    has_claimed = Event()
    begun: list[object] = []

    def claim_and_dawdle(run_target_ids: Sequence[UUID]) -> dict[UUID, Claim]:
        claims = claim_targets(run_target_ids)
        has_claimed.set()
        wait_for(waiting_for_locks, seconds=20, what="the stop at the lock of the claimed target")
        return claims

    def begin() -> None:
        with transaction.atomic():
            begun.extend(beginning.begin([first.pk]))
        connection.close()

    monkeypatch.setattr(beginning, "claim_targets", claim_and_dawdle)
    worker = Thread(target=begin)
    worker.start()
    assert has_claimed.wait(20)
    cancel_run(actor=SYSTEM, run_id=run.pk)
    worker.join(20)

    assert len(begun) == 1
    assert run.targets.get(pk=first.pk).state == TargetState.RUNNING
    assert {target.state for target in run.targets.exclude(pk=first.pk)} == {TargetState.CANCELLED}
    assert len(others) == 2


class Elsewhere:
    """Another transaction that holds the row of a target until the block ends."""

    def __init__(self, target: RunTarget) -> None:
        self._target, self._holds, self._enough = target, Event(), Event()
        self._thread = Thread(target=self._hold)

    def _hold(self) -> None:
        with transaction.atomic():
            RunTarget.objects.select_for_update().get(pk=self._target.pk)
            self._holds.set()
            self._enough.wait(20)
        connection.close()

    def __enter__(self) -> None:
        self._thread.start()
        assert self._holds.wait(20)

    def __exit__(self, *raised: object) -> None:
        self._enough.set()
        self._thread.join(20)


def test_a_claim_leaves_out_what_another_transaction_holds() -> None:
    run = make_run(state=RunState.RUNNING, organizations=2)
    held, free = run.targets.order_by("position")
    with Elsewhere(held):
        assert set(claim_targets([held.pk, free.pk])) == {free.pk}
    assert set(claim_targets([held.pk])) == {held.pk}


def test_the_heart_leaves_out_what_another_transaction_holds() -> None:
    run = make_run(state=RunState.RUNNING, organizations=2, states=[TargetState.RUNNING] * 2)
    short = timezone.now() + timedelta(seconds=1)
    run.targets.update(fence=1, lease_owner=worker_name(), lease_until=short)
    held, free = run.targets.order_by("position")
    heart = Heart()
    heart._held = {(held.pk, 1), (free.pk, 1)}
    with Elsewhere(held):
        heart.renew()
    assert run.targets.get(pk=held.pk).lease_until == short
    renewed = run.targets.get(pk=free.pk).lease_until
    assert renewed is not None
    assert renewed > short
