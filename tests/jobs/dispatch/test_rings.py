"""Rings: enough to wake every thread that can find something to do, and none that would only stand in the queue."""

import pytest
from django.conf import settings
from redis import Redis

from jobs.dispatch.rings import ring_for
from jobs.liveness.workers import note_worker
from portal.core.tasks import queue_length

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("due", "rings"), [(3, 3), (15, 15), (300, 20)])
def test_no_more_threads_are_rung_for_than_workers_have(broker: Redis, due: int, rings: int) -> None:
    note_worker("one:1", queue="bulk", threads=12)
    note_worker("two:1", queue="bulk", threads=8)
    note_worker("system:1", queue="system", threads=4)
    ring_for(due)
    assert queue_length("bulk") == rings


def test_what_waits_in_the_queue_already_is_not_rung_for_again(broker: Redis) -> None:
    note_worker("one:1", queue="bulk", threads=12)
    ring_for(300)
    ring_for(300)
    assert queue_length("bulk") == 12


def test_while_no_worker_was_seen_they_are_rung_for_at_a_venture(broker: Redis) -> None:
    ring_for(10_000)
    assert queue_length("bulk") == settings.MOST_RINGS


def test_a_canary_does_not_make_a_worker_forget_its_threads(broker: Redis) -> None:
    note_worker("one:1", queue="bulk", threads=12)
    note_worker("one:1", queue="bulk")
    ring_for(300)
    assert queue_length("bulk") == 12
