"""Whom a retry of a run would hold, from which step on, and who is left out and why."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from uuid import UUID

from jobs.retry.first_steps import Undecidable, first_step
from jobs.retry.rules import acts_twice
from jobs.runs.models import Run, RunTarget, StepOutcome
from jobs.runs.retries import RETRIED_STATES, is_retried
from jobs.runs.states import TargetState, Verdict
from jobs.runs.steps import Step
from portal.core.actors import Actor
from portal.core.templatetags.presentation import counted

UNKNOWN = "{} unknown: they are looked up first"
APPLIED = "{} where the last step that was sent was found as planned: take the later steps there with “Launch again”"
RETRIED = "{} already in a later retry: retry them from there"
VANISHED = "{} no longer served: they are not among the organizations any more"
TWICE = "{} carried out at least in part: the same again would act a second time"
STEPS = "{} where a later step has changed something already: it must not be repeated, look there first"


@dataclass(frozen=True, slots=True)
class Candidates:
    """Organizations by id with the step to begin with, how many of them ended in which state, and who is left out.

    `classes` counts them by error class, `left_out` counts others by the sentence that says why, with a gap for their
    number.
    """

    first_steps: Mapping[UUID, int]
    counts: Mapping[str, int]
    classes: Mapping[str, int]
    left_out: Mapping[str, int]

    @property
    def words(self) -> str:
        """What is tried again: "31 failed organizations", "38 organizations: 31 failed, 7 errored"."""
        named = [(number, _STATES[TargetState(state)]) for state, number in self.counts.items()]
        if len(named) == 1:
            number, word = named[0]
            return counted(number, f"{word} organization")
        parts = ", ".join(f"{number:,} {word}" for number, word in named)
        return f"{counted(len(self.first_steps), 'organization')}: {parts}"

    @property
    def left_out_words(self) -> list[str]:
        """Who is left out, a sentence each: "4 unknown: they are looked up first"."""
        return [words.format(f"{number:,}") for words, number in self.left_out.items()]


NOBODY = Candidates({}, {}, {}, {})
_STATES = {
    TargetState.FAILED: "failed",
    TargetState.ERRORED: "errored",
    TargetState.UNKNOWN: "not carried out",
    TargetState.CANCELLED: "not started",
    TargetState.SKIPPED: "skipped",
}


class _Ended(NamedTuple):
    target_id: UUID
    organization_id: UUID
    tenant_id: UUID
    state: str
    verdict: str
    step: int
    error_class: str
    vanished_at: object
    is_retried: bool


def candidates(
    *, actor: Actor, run: Run, error_class: str = "", organization_ids: Collection[UUID] | None = None
) -> Candidates:
    """Return whom a retry of `run` would hold; narrowed to one error class, or to some organizations."""
    steps, outcomes = run.steps, _outcomes(run)
    begun: Mapping[str, int] = run.plan.get("first_steps", {})
    first_steps: dict[UUID, int] = {}
    counts: Counter[str] = Counter()
    classes: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    for ended in _ended(actor, run, error_class, organization_ids):
        taken = outcomes.get(ended.target_id, {})
        if ended.verdict == Verdict.APPLIED and ended.step == len(steps) and not _failed_before(ended.step, taken):
            continue  # it is done
        why, first = _decide(ended, steps, taken, begun.get(str(ended.tenant_id), 1))
        if why:
            left_out[why] += 1
        else:
            first_steps[ended.organization_id] = first
            counts[ended.state] += 1
            classes[ended.error_class] += 1
    in_order = {state.value: counts[state] for state in _STATES if counts[state]}
    return Candidates(first_steps, in_order, classes, left_out)


def _decide(ended: _Ended, steps: tuple[Step, ...], outcomes: Mapping[int, StepOutcome], begun: int) -> tuple[str, int]:
    """Return why an organization is left out, or nothing and the step to begin with."""
    if ended.verdict == Verdict.APPLIED:
        return (STEPS if _failed_before(ended.step, outcomes) else APPLIED), 0
    if ended.state == TargetState.UNKNOWN and ended.verdict != Verdict.NOT_APPLIED:
        return UNKNOWN, 0
    if ended.is_retried:
        return RETRIED, 0
    if ended.vanished_at is not None:
        return VANISHED, 0
    if len(steps) == 1:
        return (TWICE, 0) if acts_twice(steps[0].effect, ended.error_class) else ("", 1)
    try:
        first = first_step(steps, outcomes, begun)
    except Undecidable:
        return STEPS, 0
    at_fault = outcomes.get(first)
    return (TWICE, 0) if at_fault and acts_twice(steps[first - 1].effect, at_fault.error_class) else ("", first)


def _failed_before(step: int, outcomes: Mapping[int, StepOutcome]) -> bool:
    return any(number < step and outcome.state != TargetState.SUCCEEDED for number, outcome in outcomes.items())


def _ended(actor: Actor, run: Run, error_class: str, organization_ids: Collection[UUID] | None) -> list[_Ended]:
    targets = RunTarget.objects.visible_to(actor).filter(run=run, state__in=[*RETRIED_STATES, TargetState.UNKNOWN])
    if error_class:
        targets = targets.filter(error_class=error_class)
    if organization_ids is not None:
        targets = targets.filter(organization__in=organization_ids)
    rows = targets.annotate(is_retried=is_retried()).order_by("position")
    return [
        _Ended(*values)
        for values in rows.values_list(
            "pk",
            "organization_id",
            "organization__tenant_id",
            "state",
            "verdict",
            "step",
            "error_class",
            "organization__vanished_at",
            "is_retried",
        )
    ]


def _outcomes(run: Run) -> dict[UUID, dict[int, StepOutcome]]:
    """Return how the steps of several ended, by target and step."""
    found: dict[UUID, dict[int, StepOutcome]] = {}
    if run.step_count > 1:
        stored = StepOutcome.objects.filter(run_target__run=run).only("run_target_id", "step", "state", "error_class")
        for outcome in stored:
            found.setdefault(outcome.run_target_id, {})[outcome.step] = outcome
    return found
