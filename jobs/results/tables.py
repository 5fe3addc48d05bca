"""All results of a run as one table: a row per object, and one per organization without objects."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Sum
from django.db.models.functions import Coalesce, Greatest

from jobs.results.selectors import TargetRows, merged_columns, rows_by_target
from jobs.runs.models import Run, RunTarget
from portal.core.actors import Actor

ORGANIZATION_COLUMNS = ("Organization", "TenantId", "TargetState", "Verdict", "ErrorClass", "ErrorCode", "ErrorDetail")
_TYPE = ("@odata.type", "@data.type")


STEP = "Step"
"""The column of runs of several steps that says which one answered, counted from 1."""


def result_columns(*, actor: Actor, run_id: UUID) -> list[str]:
    """Return the columns of `result_rows`: the organization's, the step, then Exchange's as they first occur."""
    step = [STEP] if has_steps(run_id) else []
    return [*ORGANIZATION_COLUMNS, *step, *map(column_of, merged_columns(actor=actor, run_id=run_id))]


def result_rows(*, actor: Actor, run_id: UUID) -> Iterator[Mapping[str, Any]]:
    """Yield every object of a run with its organization, in the order of the plan; a hundred answers in memory."""
    with_step = has_steps(run_id)
    for item in rows_by_target(actor=actor, run_id=run_id):
        place = _place(item)
        for step, rows in item.by_step.items():
            for row in rows:
                yield {**place, **({STEP: step} if with_step else {}), **_typed(row)}
        if not item.rows:
            yield place


def result_row_count(*, actor: Actor, run_id: UUID) -> int:
    """Return how many rows `result_rows` yields for a run that has ended; an estimate while it goes on, or of steps."""
    targets = RunTarget.objects.visible_to(actor).filter(run=run_id)
    rows = targets.aggregate(rows=Sum(Greatest(Coalesce(F("row_count"), 1), 1)))["rows"]
    return int(rows or 0)


def has_steps(run_id: UUID) -> bool:
    """Whether a run has several steps."""
    return Run.objects.filter(pk=run_id, step_count__gt=1).exists()


def column_of(name: str) -> str:
    """Return the column of a property; one called like ours says whose it is."""
    return f"{name} (Exchange)" if name in (*ORGANIZATION_COLUMNS, STEP) else name


def _typed(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without its annotations; what they call a moment becomes one, if it says its zone."""
    return {
        column_of(name): _moment(value) if isinstance(value, str) and _is_moment(row, name) else value
        for name, value in row.items()
        if "@" not in name
    }


def _is_moment(row: Mapping[str, Any], name: str) -> bool:
    return any("DateTime" in str(row.get(f"{name}{suffix}", "")) for suffix in _TYPE)


def _moment(text: str) -> datetime | str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return moment if moment.tzinfo else text


def _place(item: TargetRows) -> dict[str, Any]:
    target = item.target
    values = (
        target.organization_name,
        target.organization.tenant_id,
        target.state,
        target.verdict,
        target.error_class,
        target.error_code,
        target.error_detail,
    )
    return dict(zip(ORGANIZATION_COLUMNS, values, strict=True))
