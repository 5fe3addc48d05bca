"""The choice of whose rows the results show: of every step of a run, or of one."""

from dataclasses import dataclass, replace

from jobs.results.rows.wanted import Condition, Filter, Wanted
from jobs.results.tables import STEP
from jobs.runs.models import Run
from jobs.web.result_address import with_filter, write_query


@dataclass(frozen=True, slots=True)
class StepChip:
    """One step whose rows can be shown alone, or all of them."""

    url: str
    words: str
    current: bool


def step_chips(run: Run, wanted: Wanted) -> list[StepChip]:
    """Return the choice of whose rows to see: of every step, or of one; none for a run of one step."""
    if run.step_count == 1:
        return []
    others = replace(wanted, filters=tuple(each for each in wanted.filters if each.column != STEP))
    chosen = next((each.value for each in wanted.filters if each.column == STEP), "")
    words = [("", "Every step"), *((str(n), f"{n}: {step.cmdlet}") for n, step in enumerate(run.steps, start=1))]
    return [
        StepChip(
            f"?{write_query(with_filter(others, Filter(STEP, Condition.EQUALS, value)) if value else others)}",
            said,
            value == chosen,
        )
        for value, said in words
    ]
