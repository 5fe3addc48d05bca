"""With which step a retry begins in an organization, where several were to be taken."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from jobs.catalogue.effects import Effect
from jobs.retry.rules import acts_twice
from jobs.runs.states import TargetState
from jobs.runs.steps import Step


class Undecidable(Exception):
    """A step behind the first that did not succeed has changed something already, and would be repeated."""


class Ended(Protocol):
    """How a step ended."""

    state: str
    error_class: str


def first_step(steps: Sequence[Step], outcomes: Mapping[int, Ended], begun: int = 1) -> int:
    """Return the first step that did not succeed, counted from 1; raises `Undecidable`.

    `outcomes` are those of the steps that ended, by their number; `begun` is the step that the run began with, as the
    ones before it had been done by an earlier run.
    """
    missing = [
        number
        for number in range(begun, len(steps) + 1)
        if number not in outcomes or outcomes[number].state != TargetState.SUCCEEDED
    ]
    if not missing:
        return len(steps)
    first = missing[0]
    if any(_has_changed(steps[number - 1], outcomes[number]) for number in outcomes if number > first):
        raise Undecidable
    return first


def _has_changed(step: Step, outcome: Ended) -> bool:
    done = outcome.state == TargetState.SUCCEEDED and step.effect is not Effect.READ
    return done or acts_twice(step.effect, outcome.error_class)
