"""Why organizations of a run did not succeed: a row per cause, counted from the cells of the run's board."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.results.explanations import explanation_of
from jobs.runs.models import Run
from jobs.runs.selectors import Cell
from jobs.runs.states import OPEN_TARGET_STATES, TargetState
from jobs.web.again import retry_sentence
from jobs.web.run_view import RunView
from jobs.web.words import counted
from portal.core.explanations import Explanation, Retry


@dataclass(frozen=True, slots=True)
class CauseRow:
    """One cause in a run: how many targets `ended` with it and how many wait for another try.

    `again` is in how many organizations it can be retried; none where the same would only be refused again.
    `url` shows only this cause on the board, or everything again where it is `current`; `first` is an organization
    where it happened.
    """

    error_class: str
    explanation: Explanation
    ended: int
    waiting: int
    retry: str
    again: int
    url: str
    current: bool
    first: Cell

    @property
    def retry_words(self) -> str:
        """Where a retry would send it again: "3 organizations"."""
        return counted(self.again, "organization")


def cause_rows(run: Run, cells: Iterable[Cell], view: RunView, again: Mapping[str, int]) -> list[CauseRow]:
    """Return the causes that occur in `cells`, which are all of `run`, most frequent first.

    `again` says in how many organizations each can be retried.
    """
    states: dict[str, Counter[str]] = {}
    firsts: dict[str, Cell] = {}
    for cell in cells:
        if cell.error_class:
            states.setdefault(cell.error_class, Counter())[cell.state] += 1
            firsts.setdefault(cell.error_class, cell)
    rows = [_row(run, firsts[key], counts, view, again.get(key, 0)) for key, counts in states.items()]
    return sorted(rows, key=lambda row: (-row.ended, -row.waiting, row.error_class))


def _row(run: Run, first: Cell, counts: Mapping[str, int], view: RunView, again: int) -> CauseRow:
    error_class = first.error_class
    explanation, current = explanation_of(error_class), view.cause == error_class
    return CauseRow(
        error_class=error_class,
        explanation=explanation,
        ended=sum(number for state, number in counts.items() if state not in OPEN_TARGET_STATES),
        waiting=sum(number for state, number in counts.items() if state in OPEN_TARGET_STATES),
        retry=_retry(run, error_class, counts),
        again=0 if explanation.retry is Retry.NEVER else again,
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
