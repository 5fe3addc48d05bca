"""The board of a run: a cell per organization, arranged as the address asks.

Cells are built here and not in a template because a thousand of them through a template loop take thirty times as long.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape

from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from jobs.results.explanations import explanation_of
from jobs.runs.models import Run
from jobs.runs.places import clouds_of, groups_of, outcomes_before
from jobs.runs.selectors import Cell
from jobs.runs.states import TargetState, Verdict
from jobs.web.pictures import MARKS, VERDICT_MARKS
from jobs.web.run_view import RunView
from portal.core.actors import Actor
from portal.core.templatetags.states import look

WORST_FIRST = (
    TargetState.FAILED,
    TargetState.ERRORED,
    TargetState.UNKNOWN,
    TargetState.DENIED,
    TargetState.SKIPPED,
    TargetState.CANCELLED,
    TargetState.RUNNING,
    TargetState.QUEUED,
    TargetState.SUCCEEDED,
)
_RANK = {state.value: rank for rank, state in enumerate(WORST_FIRST)}
_ABSENT = {
    "cause": "No cause",
    "group": "In no group",
    "cloud": "Cloud not known",
    "previous": "Not in the run before",
}
_NIL = "00000000-0000-0000-0000-000000000000"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class BoardGroup:
    """Some cells under one heading, which is empty when the board is not grouped."""

    title: str
    number: int
    cells: SafeString


def board_groups(actor: Actor, run: Run, cells: Sequence[Cell], view: RunView) -> list[BoardGroup]:
    """Return the whole board, grouped and sorted; groups by size, states by how bad they are."""
    ordered = _sorted(cells, view.sort)
    if not view.group:
        return [BoardGroup("", len(cells), board_markup(ordered, view))]
    members: dict[str, list[Cell]] = {}
    keys = _keys(actor, run, view.group)
    for cell in ordered:
        members.setdefault(keys(cell), []).append(cell)
    by_state = view.group in ("state", "previous")
    order = sorted(members, key=lambda key: (_RANK.get(key, 99) if by_state else -len(members[key]), key))
    return [BoardGroup(_title(view.group, key), len(members[key]), board_markup(members[key], view)) for key in order]


def board_markup(cells: Iterable[Cell], view: RunView) -> SafeString:
    """Return one link per organization; those that `view` shows stand out."""
    address, _, rest = reverse("jobs:target", args=[_NIL]).partition(_NIL)
    words = _Words(view)
    return mark_safe(  # noqa: S308 - every text from outside is escaped in _cell
        "".join(_cell(cell, address, rest, words) for cell in cells)
    )


def _cell(cell: Cell, address: str, rest: str, words: "_Words") -> str:
    classes, mark, label = words.of(cell.state, cell.error_class, cell.verdict)
    title = escape(f"{cell.organization_name}: {label}")
    return (
        f'<a id="cell-{cell.position}" class="{classes}" href="{address}{cell.target_id}{rest}" '
        f'title="{title}" aria-label="{title}">{mark}</a>'
    )


class _Words:
    """Classes, mark and words of each state, error class and verdict together, looked up once per board."""

    def __init__(self, view: RunView) -> None:
        self._view = view
        self._known: dict[tuple[str, str, str], tuple[str, str, str]] = {}

    def of(self, state: str, error_class: str, verdict: str) -> tuple[str, str, str]:
        key = (state, error_class, verdict)
        if key not in self._known:
            seen = look(state)
            cause = f", {explanation_of(error_class).title}" if error_class else ""
            dim = "" if self._view.shows(state, error_class) else " cell-dim"
            classes = f"cell state-mark state-{seen.tone} cell-{state}{dim}"
            mark = VERDICT_MARKS[Verdict(verdict)] if verdict else MARKS[TargetState(state)]
            found = f", {look(verdict).label.lower()}" if verdict else ""
            self._known[key] = (classes, mark, f"{seen.label}{found}{cause}")
        return self._known[key]


def _sorted(cells: Sequence[Cell], sort: str) -> Sequence[Cell]:
    """Return `cells`, which come by name, in another order; equal ones stay by name."""
    if sort == "state":
        return sorted(cells, key=lambda cell: _RANK[cell.state])
    if sort == "duration":
        return sorted(cells, key=lambda cell: cell.took or timedelta(), reverse=True)
    if sort == "end":
        return sorted(cells, key=lambda cell: cell.finished_at or _EPOCH, reverse=True)
    return cells


def _keys(actor: Actor, run: Run, group: str) -> Callable[[Cell], str]:
    """Return what a cell is grouped by: a field of its own, or what is known of its organization."""
    if group == "state":
        return lambda cell: cell.state
    if group == "cause":
        return lambda cell: cell.error_class
    questions = {"group": groups_of, "cloud": clouds_of, "previous": outcomes_before}
    known = questions[group](actor=actor, run=run)
    return lambda cell: known.get(cell.organization_id, "")


def _title(group: str, key: str) -> str:
    if not key:
        return _ABSENT[group]
    if group in ("state", "previous"):
        return look(key).label
    return explanation_of(key).title if group == "cause" else key
