"""The simulator's own count of calls that come although they were asked to wait."""

import pytest

from portal.sandbox.http import Response
from portal.sandbox.waits import ON_THE_WIRE_SECONDS, Waits


def refused(waits: Waits, at: float, seconds: str = "5", status: int = 429) -> None:
    waits.note_answer("tenant", Response(status, b"", [("retry-after", seconds)]), at)


@pytest.mark.parametrize(
    ("after", "counted"),
    [
        (ON_THE_WIRE_SECONDS / 2, {"refused": 1, "inside": 0, "on_the_wire": 1}),
        (ON_THE_WIRE_SECONDS * 2, {"refused": 1, "inside": 1, "on_the_wire": 0}),
        (4.999, {"refused": 1, "inside": 1, "on_the_wire": 0}),
        (5.0, {"refused": 1, "inside": 0, "on_the_wire": 0}),
    ],
)
def test_a_call_is_judged_by_when_it_comes(after: float, counted: dict[str, int]) -> None:
    waits = Waits()
    refused(waits, 100.0)
    waits.note_call("tenant", 100.0 + after)
    waits.note_call("another", 100.0 + after)
    assert waits.describe() == counted


def test_a_shorter_time_does_not_replace_a_longer_one() -> None:
    waits = Waits()
    refused(waits, 100.0, "60")
    refused(waits, 100.1, "1", status=503)
    waits.note_call("tenant", 130.0)
    assert waits.describe()["inside"] == 1


def test_other_answers_ask_for_nothing() -> None:
    waits = Waits()
    refused(waits, 100.0, status=200)
    refused(waits, 100.0, "soon")
    waits.note_call("tenant", 101.0)
    assert waits.describe() == {"refused": 0, "inside": 0, "on_the_wire": 0}
