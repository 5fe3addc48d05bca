"""The heart of a worker process: it keeps leases alive and rings for targets whose time has come."""

import json
import time
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from jobs.dispatch.alarm import Alarm
from jobs.dispatch.heart import Heart
from jobs.dispatch.worker import worker_name
from jobs.runs.models import RunTarget
from jobs.runs.states import RunState, TargetState
from tests.factories import make_run
from tests.live import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
SOON = timedelta(seconds=1)


@pytest.fixture
def broker() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()
        yield broker
        broker.flushdb()


def rung(broker: Redis) -> list[UUID]:
    messages = [json.loads(message) for message in broker.lrange("bulk", 0, -1)]
    bodies = [json.loads(b64decode(message["body"])) for message in reversed(messages)]
    return [UUID(keywords["run_target_id"]) for _, keywords, _ in bodies]


def leased(owner: str = "", state: TargetState = TargetState.RUNNING) -> RunTarget:
    """A target whose lease ends in a second."""
    run = make_run(state=RunState.RUNNING, organizations=1, states=[state])
    RunTarget.objects.filter(run=run).update(
        lease_owner=owner or worker_name(), lease_until=timezone.now() + SOON, fence=1
    )
    return run.targets.get()


def lease_of(target: RunTarget) -> datetime | None:
    return RunTarget.objects.get(pk=target.pk).lease_until


class TestLeases:
    def test_are_renewed_again_and_again_while_held(self, settings: Settings) -> None:
        settings.LEASE_SECONDS = 2
        heart, target = Heart(), leased()
        heart.hold(target.pk, 1)
        seen = [target.lease_until]
        try:
            for _ in range(2):
                wait_for(lambda: lease_of(target) != seen[-1], seconds=10, what="a renewal")
                seen.append(lease_of(target))
        finally:
            heart.release(target.pk, 1)
        assert None not in seen
        assert seen == sorted(seen, key=str)

    def test_of_all_held_targets_are_renewed_at_once(self) -> None:
        heart, targets = Heart(), [leased() for _ in range(3)]
        for target in targets:
            heart.hold(target.pk, 1)
        heart.renew()
        ends = {lease_of(target) for target in targets}
        for target in targets:
            heart.release(target.pk, 1)
        assert all(end and end > timezone.now() + timedelta(seconds=settings.LEASE_SECONDS - 10) for end in ends)

    def test_of_a_newer_claim_outlive_the_release_of_an_older_one(self) -> None:
        heart, target = Heart(), leased()
        heart.hold(target.pk, 1)
        heart.release(target.pk, 0)
        heart.renew()
        heart.release(target.pk, 1)
        assert lease_of(target) != target.lease_until

    def test_are_not_renewed_after_their_release(self) -> None:
        heart, target = Heart(), leased()
        heart.hold(target.pk, 1)
        heart.release(target.pk, 1)
        heart.renew()
        assert lease_of(target) == target.lease_until

    def test_that_another_worker_took_over_are_left_to_it(self) -> None:
        heart, target = Heart(), leased(owner="another:1")
        heart.hold(target.pk, 1)
        heart.renew()
        heart.release(target.pk, 1)
        assert lease_of(target) == target.lease_until

    def test_of_ended_targets_are_not_renewed(self) -> None:
        heart, target = Heart(), leased(state=TargetState.SUCCEEDED)
        heart.hold(target.pk, 1)
        heart.renew()
        heart.release(target.pk, 1)
        assert lease_of(target) == target.lease_until


class TestRings:
    def test_come_when_due_and_in_the_order_of_their_times(self, broker: Redis) -> None:
        alarm = Alarm()
        began = time.monotonic()
        alarm.ring_in(0.6)
        alarm.ring_in(0.2)
        wait_for(lambda: broker.llen("bulk") == 1, seconds=10, what="the first ring")
        assert time.monotonic() - began >= 0.2
        wait_for(lambda: broker.llen("bulk") == 2, seconds=10, what="the second ring")
        assert time.monotonic() - began >= 0.6


def test_a_worker_is_named_by_host_and_process() -> None:
    host, _, process = worker_name().rpartition(":")
    assert host
    assert process.isdigit()
