"""The frozen plan as the worker sees it: loaded once per run and process, its hash recomputed."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from jobs.catalogue.effects import Effect
from jobs.runs.models import Run
from jobs.runs.plans import check
from jobs.runs.purposes import Purpose
from jobs.runs.ways import FrozenWays


@dataclass(frozen=True, slots=True)
class FrozenPlan:
    """What to send, the same for every organization of the run, and by which profile to get into each.

    `secrets` are the fingerprints of secret parameters, by name.
    """

    cmdlet: str
    service: str
    parameters: dict[str, Any]
    effect: Effect
    plan_hash: str
    ways: FrozenWays
    secrets: dict[str, str]
    is_connection_test: bool = False


@lru_cache(maxsize=256)
def frozen_plan(run_id: UUID) -> FrozenPlan:
    """Return the plan of a run; raises `PlanChanged` when it was altered after review."""
    run = Run.objects.only("plan", "plan_hash").get(pk=run_id)
    check(run.plan, run.plan_hash)
    return FrozenPlan(
        cmdlet=run.plan["sent_as"],
        service=run.plan["service"],
        parameters=run.plan["parameters"],
        effect=Effect(run.plan["effect"]),
        plan_hash=run.plan_hash,
        ways=FrozenWays.of_plan(run.plan),
        secrets=run.plan.get("secrets", {}),
        is_connection_test=run.plan.get("purpose", "") == Purpose.CONNECTION_TEST,
    )
