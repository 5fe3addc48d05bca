"""One object of a result in full, as Exchange sent it."""

from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from jobs.results.bodies import unpack
from jobs.results.rows.statements import Place
from jobs.results.selectors import latest_results
from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from portal.core.actors import Actor

_ANSWERED = (TargetState.SUCCEEDED, TargetState.FAILED)


@dataclass(frozen=True, slots=True)
class FoundObject:
    """One object with its target; `of` is how many objects the answers of all steps hold."""

    target: RunTarget
    place: Place
    of: int
    properties: dict[str, Any]


def object_at(*, actor: Actor, run_id: UUID, place: Place) -> FoundObject | None:
    """Return one object of a run's results out of the stored answer, or None when there is none."""
    visible = RunTarget.objects.visible_to(actor)
    target = visible.select_related("run").filter(run=run_id, position=place.position).first()
    if target is None or place.number < 1 or not (target.run.step_count > 1 or target.state in _ANSWERED):
        return None
    results = list(latest_results([target]).only("row_count", "body"))
    left, of = place.number - 1, sum(result.row_count for result in results)
    for result in results:
        if left < result.row_count:
            return FoundObject(target, place, of, next(islice(unpack(bytes(result.body)), left, None)))
        left -= result.row_count
    return None
