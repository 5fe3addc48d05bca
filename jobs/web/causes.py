"""Why organizations of a run did not succeed: a row per cause, counted from the cells of the run's board."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.results.explanations import explanation_of
from jobs.runs.models import Run
from jobs.runs.selectors import Cell
from jobs.runs.states import OPEN_TARGET_STATES, TargetState
from jobs.web.again import again_url, may_repeat, retry_sentence
from jobs.web.run_view import RunView
from portal.core.explanations import Explanation, Retry


@dataclass(frozen=True, slots=True)
class CauseRow:
    """One cause in a run: how many targets `ended` with it and how many wait for another try.

    `again_url` launches the run for the `again` organizations where it may be launched again; empty if that is no help.
    `url` shows only this cause on the board, or everything again where it is `current`; `first` is an organization
    where it happened.
    """

    error_class: str
    explanation: Explanation
    ended: int
    waiting: int
    retry: str
    again: int
    again_url: str
    url: str
    current: bool
    first: Cell


def cause_rows(run: Run, cells: Iterable[Cell], view: RunView) -> list[CauseRow]:
    """Return the causes that occur in `cells`, which are all of `run`, most frequent first."""
    states: dict[str, Counter[str]] = {}
    firsts: dict[str, Cell] = {}
    for cell in cells:
        if cell.error_class:
            states.setdefault(cell.error_class, Counter())[cell.state] += 1
            firsts.setdefault(cell.error_class, cell)
    rows = [_row(run, firsts[error_class], counts, view) for error_class, counts in states.items()]
    return sorted(rows, key=lambda row: (-row.ended, -row.waiting, row.error_class))


def _row(run: Run, first: Cell, counts: Mapping[str, int], view: RunView) -> CauseRow:
    error_class = first.error_class
    explanation, current = explanation_of(error_class), view.cause == error_class
    again = [state.value for state in TargetState if counts.get(state) and may_repeat(run, state, error_class)]
    helps = again and explanation.retry is not Retry.NEVER
    return CauseRow(
        error_class=error_class,
        explanation=explanation,
        ended=sum(number for state, number in counts.items() if state not in OPEN_TARGET_STATES),
        waiting=sum(number for state, number in counts.items() if state in OPEN_TARGET_STATES),
        retry=_retry(run, error_class, counts),
        again=sum(counts[state] for state in again),
        again_url=again_url(run, cause=error_class, state=again) if helps else "",
        url=view.query(cause="" if current else error_class),
        current=current,
        first=first,
    )


def _retry(run: Run, error_class: str, counts: Mapping[str, int]) -> str:
    """Return whether another try helps; where that differs by state, each sentence says for which."""
    by_state = {state: retry_sentence(run, state, error_class) for state in TargetState if counts.get(state)}
    sentences = {sentence for sentence in by_state.values() if sentence}
    if len(sentences) > 1:
        return " ".join(f"{state.label}: {sentence}" for state, sentence in by_state.items() if sentence)
    return "".join(sentences)
