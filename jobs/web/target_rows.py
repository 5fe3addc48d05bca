"""The table of the organizations of a run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.catalogue.effects import Effect
from jobs.results.explanations import explanation_of
from jobs.runs.models import Run, RunTarget
from jobs.runs.states import TargetState, is_open
from jobs.runs.targets import causes_in, targets_page
from jobs.web.again import may_repeat
from jobs.web.target_filters import TargetFilterForm
from jobs.web.words import duration
from portal.core.actors import Actor
from portal.core.pagination import Page


@dataclass(frozen=True, slots=True)
class TargetRow:
    """One organization in the table; `may_repeat` where the run may be launched once more."""

    target: RunTarget
    cause: str
    took: str
    may_repeat: bool


def targets_context(actor: Actor, run: Run, query: Mapping[str, str]) -> dict[str, Any]:
    """Return one page of targets as `query`, the address's, asks for it."""
    form = TargetFilterForm(query, causes_in(actor=actor, run_id=run.pk))
    wanted, cursor = form.wanted(), query.get("cursor", "")
    page = targets_page(actor=actor, run_id=run.pk, wanted=wanted, sort=form.order, cursor=cursor)
    return {
        "form": form,
        "notes": form.ignored(),
        "sort": form.order,
        "is_filtered": form.is_filtered,
        "targets": Page([_row(run, target) for target in page.rows], page.next_cursor, page.has_previous),
    }


def _row(run: Run, target: RunTarget) -> TargetRow:
    took = target.finished_at - target.started_at if target.finished_at and target.started_at else None
    cause = explanation_of(target.error_class).title if target.error_class else ""
    return TargetRow(target, cause, duration(took), _may_repeat(run, target))


def _may_repeat(run: Run, target: RunTarget) -> bool:
    if target.state == TargetState.SUCCEEDED:
        return Effect(run.effect).harmless_to_repeat
    return not is_open(run.state) and may_repeat(run, target.state, target.error_class)
