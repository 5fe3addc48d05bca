"""Faults of messages: delivered twice, delivered when all is long over, for nothing."""

import random
from collections.abc import Callable
from uuid import uuid4

from jobs.runs.models import RunTarget
from jobs.runs.states import OPEN_TARGET_STATES
from portal.core.tasks import ring
from tests.faults.kinds.kind import Kind, Parameters
from tests.faults.world import World, persist

MANY = 60


def _rung_for(targets: Callable[[], list[object]]) -> Callable[[World, Parameters], int]:
    def begin(_: World, parameters: Parameters) -> int:
        ids = persist(targets)
        random.Random(parameters["seed"]).shuffle(ids)
        for run_target_id in ids:
            ring("jobs.dispatch.run_target", run_target_id=str(run_target_id))
        return len(ids)

    return begin


def _open() -> list[object]:
    found = RunTarget.objects.filter(state__in=OPEN_TARGET_STATES).order_by("-pk")
    return [*found.values_list("pk", flat=True)[:MANY]]


def _ended() -> list[object]:
    found = RunTarget.objects.exclude(state__in=OPEN_TARGET_STATES).order_by("pk")
    return [*found.values_list("pk", flat=True)[:MANY]]


def _of_nothing(_: World, __: Parameters) -> int:
    """Ring for what does not exist."""
    ring("jobs.dispatch.run_target", run_target_id=str(uuid4()))
    return 1


def _seed(rng: random.Random) -> Parameters:
    return {"seed": rng.randrange(1000)}


KINDS = (
    Kind("messages twice and out of order", _rung_for(_open), draw=_seed, weight=2),
    Kind("messages for what ended long ago", _rung_for(_ended), draw=_seed),
    Kind("a message for nothing", _of_nothing),
)
