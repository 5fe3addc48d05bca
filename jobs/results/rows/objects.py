"""One object of a result in full, as Exchange sent it."""

from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from jobs.results.bodies import unpack
from jobs.results.rows.statements import Place
from jobs.results.selectors import latest_result
from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from portal.core.actors import Actor


@dataclass(frozen=True, slots=True)
class FoundObject:
    """One object with its target; `of` is how many objects the answer holds."""

    target: RunTarget
    place: Place
    of: int
    properties: dict[str, Any]


def object_at(*, actor: Actor, run_id: UUID, place: Place) -> FoundObject | None:
    """Return one object of a run's results out of the stored answer, or None when there is none."""
    answered = RunTarget.objects.visible_to(actor).filter(state__in=[TargetState.SUCCEEDED, TargetState.FAILED])
    target = answered.filter(run=run_id, position=place.position).first()
    result = latest_result(target) if target else None
    if target is None or result is None or not 1 <= place.number <= result.row_count:
        return None
    properties = next(islice(unpack(bytes(result.body)), place.number - 1, None))
    return FoundObject(target, place, result.row_count, properties)
