"""The calls that the steps of a run mean, each checked, all of one service."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from jobs.catalogue.availability import SERVICE_NAMES
from jobs.catalogue.cmdlets import Risk
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.catalogue.validation import ValidCall, validate

MOST_STEPS = 50
"""How many steps a run may have."""

_RISKS: Sequence[Risk] = ("read", "session", "change", "destructive")


@dataclass(frozen=True, slots=True)
class StepRequest:
    """A cmdlet that shall run, with typed values by parameter name."""

    cmdlet: str
    parameters: Mapping[str, Any]


def valid_calls(
    steps: Sequence[StepRequest], *, service: str | None = None, variables: Collection[str] = ()
) -> tuple[ValidCall, ...]:
    """Return the call of each step, all in `service`, else in one that all of them have.

    `variables` names the organization variables that people set. Raises `InvalidCall` with every problem of every step.
    """
    if len(steps) > MOST_STEPS:
        raise InvalidCall([Problem(None, f"A run has at most {MOST_STEPS} steps, and these are {len(steps)}.")])
    calls = _checked(steps, service, variables)
    services = {call.service for call in calls}
    if len(services) == 1:
        return calls
    for shared in dict.fromkeys(service for call in calls for service in call.cmdlet.services):
        try:
            return _checked(steps, shared, variables)
        except InvalidCall:
            continue
    raise InvalidCall([_apart(calls)])


def worst_risk(risks: Iterable[Risk]) -> Risk:
    """Return the risk that decides for a run of steps with these."""
    return max(risks, key=_RISKS.index)


def of_step(problem: Problem, number: int, cmdlet: str) -> Problem:
    """Return a problem that says which of several steps it concerns."""
    return replace(problem, problem=f"Step {number}, {cmdlet}: {problem.problem}", step=number)


def _checked(steps: Sequence[StepRequest], service: str | None, variables: Collection[str]) -> tuple[ValidCall, ...]:
    calls: list[ValidCall] = []
    problems: list[Problem] = []
    for number, step in enumerate(steps, start=1):
        try:
            calls.append(validate(step.cmdlet, step.parameters, service=service, variables=variables))
        except InvalidCall as invalid:
            several = len(steps) > 1
            problems += [of_step(each, number, step.cmdlet) if several else each for each in invalid.problems]
    if problems:
        raise InvalidCall(problems)
    return tuple(calls)


def _apart(calls: Sequence[ValidCall]) -> Problem:
    """Say that the steps have no service in common, which step runs where, and how to split them."""
    places: dict[str, list[str]] = {}
    for number, call in enumerate(calls, start=1):
        places.setdefault(SERVICE_NAMES[call.service], []).append(f"step {number} ({call.cmdlet.name})")
    said = "; ".join(f"{', '.join(named)} in {place}" for place, named in places.items())
    return Problem(
        None,
        f"One run uses one connection, and these steps run in different services: {said}.",
        "Launch the steps of each service as a run of their own.",
    )
