"""The steps of a plan, and the values of its organization variables, as pages show them."""

import json
from dataclasses import dataclass

from jobs.catalogue.effects import Effect
from jobs.runs.models import Run
from jobs.runs.selectors import planned_named
from jobs.web.consequences import risk_of, step_consequence
from jobs.web.words import EFFECTS, RISKS, counted
from portal.core.actors import Actor

FILLED_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PlanStep:
    """One step: what it sends (secrets by their fingerprints), what it does, and what to know before."""

    number: int
    cmdlet: str
    risk: str
    risk_words: str
    effect: str
    consequence: str
    parameters: list[tuple[str, str]]
    secrets: list[tuple[str, str]]
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class FilledIn:
    """The values of organization variables: their names as they are written, and a row for each organization shown."""

    names: list[str]
    rows: list[tuple[str, list[str]]]
    more: int


def plan_steps(run: Run) -> list[PlanStep]:
    """Return the steps of a run in order."""
    places = counted(run.target_count, "organization")
    found = []
    for number, step in enumerate(run.steps, start=1):
        risk = run.risk if run.step_count == 1 else risk_of(step)
        sent = [(name, value) for name, value in step.parameters.items() if "@" not in name]
        found.append(
            PlanStep(
                number=number,
                cmdlet=step.cmdlet,
                risk=risk,
                risk_words=RISKS[risk],
                effect=EFFECTS[Effect(step.effect)],
                consequence=step_consequence(step, risk, places),
                parameters=[
                    (name, json.dumps(value, ensure_ascii=False)) for name, value in sent if name not in step.secrets
                ],
                secrets=list(step.secrets.items()),
                warnings=step.warnings,
            )
        )
    return found


def filled_in(actor: Actor, run: Run) -> FilledIn | None:
    """Return the frozen values in the first organizations by name; None where no variable occurs."""
    variables = run.plan.get("variables")
    if not variables:
        return None
    first = planned_named(actor=actor, run=run, number=FILLED_SHOWN)
    names = sorted(variables[str(first[0][0])]) if first else []
    if not names:
        return None
    rows = [(name, [variables[str(tenant_id)][each] for each in names]) for tenant_id, name in first]
    return FilledIn([f"{{{name}}}" for name in names], rows, len(variables) - len(rows))
