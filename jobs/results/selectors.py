"""Questions to results."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from jobs.results.bodies import unpack
from jobs.results.models import Result
from jobs.runs.models import Run, RunTarget
from portal.core.actors import Actor

CHUNK = 100


@dataclass(frozen=True, slots=True)
class TargetRows:
    """One organization's outcome with its rows, unpacked, by step."""

    target: RunTarget
    by_step: dict[int, list[dict[str, Any]]]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows of all steps, in order."""
        return [row for rows in self.by_step.values() for row in rows]


def latest_result(target: RunTarget, step: int | None = None) -> Result | None:
    """Return the result that the outcome of a step rests on, of the last step without one; late evidence never."""
    found = Result.objects.filter(run_target=target, is_late=False)
    if step is not None:
        found = found.filter(step=step)
    return found.order_by("-step", "-attempt__number").first()


def latest_results(targets: Iterable[RunTarget | UUID] | QuerySet[RunTarget]) -> QuerySet[Result]:
    """Return the result that each step of `targets` rests on, by position and step, its attempt's number included."""
    found = Result.objects.filter(run_target__in=targets, is_late=False)
    newest = found.filter(run_target=OuterRef("run_target"), step=OuterRef("step")).order_by("-attempt__number")
    return found.filter(pk=Subquery(newest.values("pk")[:1])).order_by("run_target__position", "step")


def rows_by_target(*, actor: Actor, run_id: UUID) -> Iterator[TargetRows]:
    """Yield every target of a run in order, with its rows; a hundred bodies are in memory at a time."""
    targets = RunTarget.objects.visible_to(actor).filter(run=run_id).select_related("organization").order_by("position")
    remaining = targets.iterator(chunk_size=CHUNK)
    while chunk := list(islice(remaining, CHUNK)):
        by_step: dict[UUID, dict[int, list[dict[str, Any]]]] = {}
        for result in latest_results(chunk).only("run_target_id", "step", "body"):
            by_step.setdefault(result.run_target_id, {})[result.step] = list(unpack(bytes(result.body)))
        for target in chunk:
            yield TargetRows(target, by_step.get(target.pk, {}))


def rows_of_only_target(*, actor: Actor, run: Run) -> list[dict[str, Any]]:
    """Return the rows of a run in one organization; of a run in several, none."""
    if run.target_count != 1:
        return []
    return next((item.rows for item in rows_by_target(actor=actor, run_id=run.pk)), [])


def merged_columns(*, actor: Actor, run_id: UUID) -> list[str]:
    """Return the columns of all results of a run, in the order in which they first occur."""
    visible = RunTarget.objects.visible_to(actor).filter(run=run_id)
    found: dict[str, None] = {}
    for columns in (
        Result.objects.filter(run_target__in=visible, is_late=False)
        .order_by("run_target__position", "attempt__number")
        .values_list("columns", flat=True)
    ):
        found.update(dict.fromkeys(columns))
    return list(found)
