"""What is wrong with a call, in sentences for the person who made it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason to refuse a call: `parameter` is None if it concerns the cmdlet, `suggestion` is what to do.

    `step` is the step of a run that it concerns, counted from 1; None if there is one step, or it concerns the run.
    """

    parameter: str | None
    problem: str
    suggestion: str | None = None
    step: int | None = None


class InvalidCall(ValueError):
    """The call must not be sent; `problems` holds every reason at once, never none."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(" ".join(problem.problem for problem in problems))
        self.problems = problems


class BadValue(ValueError):
    """A value does not fit its parameter; the message is a sentence without the parameter's name."""

    def __init__(self, problem: str, suggestion: str | None = None) -> None:
        super().__init__(problem)
        self.suggestion = suggestion


class BadText(ValueError):
    """What was typed is no value of its parameter; the message is a sentence that names the parameter."""

    def __init__(self, problem: str, suggestion: str | None = None) -> None:
        super().__init__(problem)
        self.suggestion = suggestion
