"""Questions to results."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Subquery

from jobs.results.bodies import unpack
from jobs.results.models import Result
from jobs.runs.models import Run, RunTarget
from portal.core.actors import Actor

CHUNK = 100


@dataclass(frozen=True, slots=True)
class TargetRows:
    """One organization's outcome with its rows, unpacked."""

    target: RunTarget
    rows: list[dict[str, Any]]


def latest_result(target: RunTarget) -> Result | None:
    """Return the result that the target's outcome rests on; evidence that came too late is left out."""
    return Result.objects.filter(run_target=target, is_late=False).order_by("-attempt__number").first()


def rows_by_target(*, actor: Actor, run_id: UUID) -> Iterator[TargetRows]:
    """Yield every target of a run in order, with its rows; a hundred bodies are in memory at a time."""
    newest = Result.objects.filter(run_target=OuterRef("pk"), is_late=False).order_by("-attempt__number")
    targets = (
        RunTarget.objects.visible_to(actor)
        .filter(run=run_id)
        .select_related("organization")
        .annotate(result_body=Subquery(newest.values("body")[:1]))
        .order_by("position")
    )
    for target in targets.iterator(chunk_size=CHUNK):
        body: memoryview | bytes | None = getattr(target, "result_body", None)
        yield TargetRows(target, list(unpack(bytes(body))) if body else [])


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
