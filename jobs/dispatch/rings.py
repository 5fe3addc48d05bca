"""Rings for workers: one for each that can find something to do, never a queue full of them."""

from django.conf import settings

from jobs.liveness.workers import threads_of
from portal.core.tasks import queue_length, ring_often


def ring_for(due: int) -> None:
    """Ring for workers when `due` targets wait; a ring wakes one thread, which goes on while something is due.

    Never for more threads than there are: every ring keeps its thread for a while, and whatever stands behind the
    surplus ones in the queue would wait for all of them.
    """
    threads = threads_of("bulk") or settings.MOST_RINGS
    ring_often("jobs.dispatch.work", min(due, threads, settings.MOST_RINGS) - queue_length("bulk"))
