"""Rings for workers: one for each that can find something to do, never a queue full of them."""

from django.conf import settings

from portal.core.tasks import queue_length, ring_often


def ring_for(due: int) -> None:
    """Ring for workers when `due` targets wait; a ring wakes one thread, which goes on while something is due."""
    ring_often("jobs.dispatch.work", min(due, settings.MOST_RINGS) - queue_length("bulk"))
