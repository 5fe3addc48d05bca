"""With which step a retry begins."""

from dataclasses import dataclass

import pytest

from jobs.catalogue.effects import Effect
from jobs.retry.first_steps import Undecidable, first_step
from jobs.runs.steps import Step

EFFECTS = {"r": Effect.READ, "s": Effect.ABSOLUTE_SET, "c": Effect.CREATE, "a": Effect.RELATIVE}
STATES = {"+": "succeeded", "-": "failed", "!": "errored", "?": "unknown", "x": "cancelled"}


@dataclass
class Outcome:
    state: str
    error_class: str = ""


def steps(effects: str) -> list[Step]:
    return [Step("Get-Mailbox", "Get-Mailbox", EFFECTS[effect], {}) for effect in effects]


def outcomes(states: str) -> dict[int, Outcome]:
    """One sign a step; a blank is a step of which nothing is known, `~` one that was done in part."""
    return {
        number: Outcome("failed", "partly_done") if sign == "~" else Outcome(STATES[sign])
        for number, sign in enumerate(states, start=1)
        if sign != " "
    }


@pytest.mark.parametrize(
    ("effects", "states", "begun", "first"),
    [
        ("ccc", "", 1, 1),
        ("ccc", "+", 1, 2),
        ("ccc", "+-", 1, 2),
        ("ccc", "++!", 1, 3),
        ("ccc", "+x", 1, 2),
        ("ccc", "+?", 1, 2),
        ("ccc", "  -", 3, 3),
        ("ccc", "   ", 2, 2),
        ("crc", "-+-", 1, 1),
        ("crc", "-+x", 1, 1),
        ("ccc", "--", 1, 1),
    ],
)
def test_it_is_the_first_that_did_not_succeed(effects: str, states: str, begun: int, first: int) -> None:
    assert first_step(steps(effects), outcomes(states), begun) == first


@pytest.mark.parametrize(
    ("effects", "states"), [("cc", "-+"), ("rs", "-+"), ("ra", "!+"), ("crc", "-++"), ("cc", "-~"), ("cac", "+x+")]
)
def test_nothing_that_changed_something_is_repeated_for_it(effects: str, states: str) -> None:
    with pytest.raises(Undecidable):
        first_step(steps(effects), outcomes(states))
