"""How long a run may take: what earlier runs took while nothing held them, and nothing but that."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from jobs.runs.models import Run
from jobs.runs.states import RunState
from portal.core.actors import Actor

_COLUMNS = ("target_count", "step_count", "started_at", "finished_at", "held_for")
_LOOKED_AT = 20
_NEAREST = 5
_WHOLE = (RunState.SUCCEEDED, RunState.PARTLY_FAILED, RunState.FAILED)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What some earlier runs would have taken at this size: the shortest and the longest of them.

    `of_cmdlet` says that they began with the same cmdlet and had as many steps, otherwise that they were of the same
    service; `is_bound` that all of them went to more organizations, so that they say at most how long it takes.
    """

    shortest: timedelta
    longest: timedelta
    runs: int
    of_cmdlet: bool
    is_bound: bool
    step_count: int = 1


def estimate(*, actor: Actor, cmdlet: str, service: str, number: int, step_count: int = 1) -> Estimate | None:
    """Return the estimate for `number` organizations; None when nothing was measured yet.

    `cmdlet` is that of the first of `step_count` steps.
    """
    ended = Run.objects.visible_to(actor).filter(
        launched_at__isnull=False, finished_at__isnull=False, started_at__isnull=False, state__in=_WHOLE
    )
    same = ended.filter(cmdlet=cmdlet, step_count=step_count)
    for of_cmdlet, earlier in ((True, same), (False, ended.filter(service=service))):
        columns = earlier.order_by("-launched_at").only(*_COLUMNS)
        measured = columns[:_LOOKED_AT]
        nearest = sorted(measured, key=lambda run: abs(math.log(max(run.target_count, 1) / number)))[:_NEAREST]
        if spans := _at_size(nearest, number, step_count):
            is_bound = all(run.target_count > number for run in nearest)
            return Estimate(min(spans), max(spans), len(spans), of_cmdlet, is_bound, step_count)
    return None


def _at_size(runs: Sequence[Run], number: int, step_count: int) -> list[timedelta]:
    """Return the spans of runs: of smaller ones stretched to `number` and `step_count`, of larger ones as they are.

    Small runs leave workers idle, so stretching them says at most too much; a larger run says at most too much too.
    """
    return [
        (run.finished_at - run.started_at - run.held_for)
        * max(1.0, number / max(run.target_count, 1))
        * max(1.0, step_count / run.step_count)
        for run in runs
        if run.finished_at and run.started_at
    ]
