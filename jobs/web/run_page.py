"""What the tabs of a run show: finished values for the templates."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from jobs.results.explanations import explanation_of
from jobs.runs.attempts import tries_of
from jobs.runs.models import Run
from jobs.runs.selectors import Cell, counts_by_step
from jobs.runs.states import is_open
from jobs.web.board import board_groups
from jobs.web.causes import cause_rows
from jobs.web.connection_test_page import connection_test_context
from jobs.web.pictures import bar_markup
from jobs.web.plan_steps import plan_steps
from jobs.web.run_actions import retriable_by_class
from jobs.web.run_view import GROUPS, SORTS, RunView
from jobs.web.script import lines_of, script_of
from jobs.web.time_line import time_line
from jobs.web.time_line_picture import time_line_picture
from jobs.web.words import counts_in_words
from portal.core.actors import Actor


@dataclass(frozen=True, slots=True)
class StepCount:
    """How one step went in all organizations, as picture and words."""

    number: int
    cmdlet: str
    bar: SafeString
    words: str


def board_context(actor: Actor, run: Run, cells: Sequence[Cell], view: RunView) -> dict[str, Any]:
    """Return the board of a run, whose organizations are `cells`, as `view` arranges it."""
    shown = sum(view.shows(cell.state, cell.error_class) for cell in cells)
    return {
        "view": view,
        "board": board_groups(actor, run, cells, view),
        "groupings": list(GROUPS.items()),
        "sorts": list(SORTS.items()),
        "shown": shown,
        "shown_cause": explanation_of(view.cause).title if view.cause else "",
        "everything_url": view.query(state="", cause=""),
    }


def overview_context(actor: Actor, run: Run, cells: Sequence[Cell], view: RunView) -> dict[str, Any]:
    """Return what changes below the board of a run, whose whole board is `cells`: why, and when."""
    line = time_line(tries_of(actor=actor, run_id=run.pk), timezone.now())
    return {
        "time_line": line,
        "time_line_picture": time_line_picture(line) if line else None,
        "causes": cause_rows(run, cells, view, retriable_by_class(actor, run)),
        "steps": step_counts(actor, run),
        **connection_test_context(actor, run),
        "details_url": f"{reverse('jobs:run-details', args=[run.pk])}{view.query()}",
    }


def powershell_context(actor: Actor, run: Run) -> dict[str, Any]:
    """Return the parameters of a run as they are sent, secrets by their fingerprints, and the script for all of it."""
    return {"plan_steps": plan_steps(run), "powershell": lines_of(run), "script": script_of(actor, run)}


def step_counts(actor: Actor, run: Run) -> list[StepCount]:
    """Return how each step of a run of several went; none for a run of one, whose targets say all."""
    if run.step_count == 1:
        return []
    counts = counts_by_step(actor=actor, run_id=run.pk)
    return [_step_count(run, number, step.cmdlet, counts.get(number, {})) for number, step in enumerate(run.steps, 1)]


def _step_count(run: Run, number: int, cmdlet: str, counts: dict[str, int]) -> StepCount:
    left = run.target_count - sum(counts.values())
    words = [counts_in_words(counts)] if counts else []
    if left > 0:
        words.append(f"{'not ended' if is_open(run.state) else 'not sent'} in {left:,}")
    return StepCount(number, cmdlet, bar_markup(counts, width=240, height=10), ", ".join(words))
