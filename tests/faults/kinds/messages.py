"""Faults of messages: far too many, from an older dispatcher, for what ended long ago, for nothing."""

import random
from uuid import uuid4

from jobs.runs.models import Run, RunTarget
from portal.core.tasks import ring, ring_often
from tests.faults.kinds.kind import Kind, Parameters
from tests.faults.world import World, persist

MANY = 60


def _again(_: World, __: Parameters) -> int:
    """Ring far more often than there is work."""
    ring_often("jobs.dispatch.work", MANY)
    return MANY


def _of_older_dispatcher(_: World, parameters: Parameters) -> int:
    """Ring for single targets, as released versions did: for some that are open, in any order, and for ended ones."""
    ids = persist(lambda: list(RunTarget.objects.order_by("-pk").values_list("pk", flat=True)[:MANY]))
    random.Random(parameters["seed"]).shuffle(ids)
    for each in ids:
        ring("jobs.dispatch.run_target", run_target_id=str(each))
    return len(ids)


def _very_late(_: World, __: Parameters) -> int:
    """Ask to start the first runs of all once more."""
    ids = persist(lambda: list(Run.objects.order_by("pk").values_list("pk", flat=True)[:MANY]))
    for each in ids:
        ring("jobs.dispatch.start_run", run_id=str(each))
    return len(ids)


def _of_nothing(_: World, __: Parameters) -> int:
    ring("jobs.dispatch.run_target", run_target_id=str(uuid4()))
    ring("jobs.dispatch.start_run", run_id=str(uuid4()))
    return 2


KINDS = (
    Kind("messages many times", _again, weight=2),
    Kind(
        "messages of an older dispatcher, out of order",
        _of_older_dispatcher,
        draw=lambda rng: {"seed": rng.randrange(1000)},
    ),
    Kind("messages for what ended long ago", _very_late),
    Kind("messages for nothing", _of_nothing),
)
