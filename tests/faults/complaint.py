"""What a checker says, and the words that checkers share."""

from collections.abc import Iterator
from dataclasses import dataclass

from tests.faults.records import Records, Row

TARGET_ENDED, INTENDED = "run_target.ended", "cmdlet.intended"


@dataclass(frozen=True, slots=True)
class Complaint:
    """An invariant that does not hold, and what shows it."""

    invariant: str
    text: str

    def __str__(self) -> str:
        return f"{self.invariant}: {self.text}"


def name_of(target: Row) -> str:
    """Return how a target is named in a complaint."""
    return f"{target['cmdlet']} in {target['organization_name']} ({target['id']})"


def intents_of(records: Records, target: Row, step: int) -> Iterator[Row]:
    """Yield the events that announced a step of a target."""
    for event in records.events_of[str(target["id"])]:
        if event["action"] == INTENDED and event["data"].get("step", 1) == step:
            yield event
