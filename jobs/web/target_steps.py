"""The steps of one organization of a run: how each ended, and whose answer the page shows."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.results.explanations import explanation_of
from jobs.runs.models import RunTarget, StepOutcome
from jobs.runs.selectors import step_outcomes_of
from jobs.runs.states import OPEN_TARGET_STATES, TargetState
from portal.core.explanations import Explanation

_NOT_REACHED = "not sent"


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: `state` is empty where nothing of it was sent; `words` say why, or what it is waiting for."""

    number: int
    cmdlet: str
    outcome: StepOutcome | None
    explanation: Explanation | None
    words: str
    current: bool

    @property
    def is_answered(self) -> bool:
        """Whether Exchange answered with objects, or with none."""
        return self.outcome is not None and self.outcome.row_count is not None


def step_rows(target: RunTarget, outcomes: Sequence[StepOutcome], shown: int) -> list[StepRow]:
    """Return every step of a run of several in order, the one whose answer is `shown` marked."""
    by_step = {outcome.step: outcome for outcome in outcomes}
    rows = []
    for number, step in enumerate(target.run.steps, start=1):
        outcome = by_step.get(number)
        error_class = outcome.error_class if outcome else ""
        rows.append(
            StepRow(
                number=number,
                cmdlet=step.cmdlet,
                outcome=outcome,
                explanation=explanation_of(error_class) if error_class else None,
                words="" if outcome else _words(target, number),
                current=number == shown,
            )
        )
    return rows


def shown_step(outcomes: Sequence[StepOutcome], asked: str) -> int:
    """Return whose answer to show: of the step that the address asks for, else of the last that answered; else 0."""
    answered = [outcome.step for outcome in outcomes if outcome.row_count is not None]
    return int(asked) if asked in map(str, answered) else max(answered, default=0)


def outcomes_in(target: RunTarget) -> list[StepOutcome]:
    """Return the ended steps of a run of several; of a run of one, none."""
    return step_outcomes_of(target) if target.run.step_count > 1 else []


def _words(target: RunTarget, number: int) -> str:
    if target.run.plan.get("first_steps", {}).get(str(target.organization.tenant_id), 1) > number:
        return "was done by the run that this one retries"
    if target.state not in OPEN_TARGET_STATES:
        return _NOT_REACHED
    if number == target.step:
        return "under way" if target.state == TargetState.RUNNING else "waits for its turn"
    return "comes later" if number > target.step else ""
