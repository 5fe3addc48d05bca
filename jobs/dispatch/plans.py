"""The frozen plan as the worker sees it: loaded once per run and process, its hash recomputed."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from jobs.approvals.rechecks import approvals_needed
from jobs.runs.integrity import check_plan
from jobs.runs.models import Run
from jobs.runs.purposes import Purpose
from jobs.runs.steps import OnFailure, Step, steps_of
from jobs.runs.ways import FrozenWays


@dataclass(frozen=True, slots=True)
class FrozenPlan:
    """What to send, and by which profile to get into each organization.

    `variables` are the values of organization variables by tenant id; `approvals_needed` is 0 where nobody else must
    have approved the run.
    """

    steps: tuple[Step, ...]
    service: str
    plan_hash: str
    ways: FrozenWays
    on_failure: OnFailure = OnFailure.STOP
    variables: Mapping[str, Mapping[str, str]] | None = None
    is_connection_test: bool = False
    approvals_needed: int = 0

    def step(self, position: int) -> Step:
        """Return one step, counted from 1."""
        return self.steps[position - 1]


@lru_cache(maxsize=256)
def frozen_plan(run_id: UUID) -> FrozenPlan:
    """Return the plan of a run; raises `PlanChanged` when it was altered after review."""
    run = Run.objects.only("plan", "plan_hash").get(pk=run_id)
    check_plan(run)
    plan: Mapping[str, Any] = run.plan
    return FrozenPlan(
        steps=steps_of(plan),
        service=plan["service"],
        plan_hash=run.plan_hash,
        ways=FrozenWays.of_plan(plan),
        on_failure=OnFailure(plan.get("on_failure", OnFailure.STOP)),
        variables=plan.get("variables"),
        is_connection_test=plan.get("purpose", "") == Purpose.CONNECTION_TEST,
        approvals_needed=approvals_needed(run_id),
    )
