"""What the tabs of a run show: finished values for the templates."""

import json
from collections.abc import Sequence
from typing import Any

from django.urls import reverse
from django.utils import timezone

from jobs.results.explanations import explanation_of
from jobs.runs.attempts import tries_of
from jobs.runs.models import Run
from jobs.runs.selectors import Cell
from jobs.web.board import board_groups
from jobs.web.causes import cause_rows
from jobs.web.connection_test_page import connection_test_context
from jobs.web.run_actions import retriable_by_class
from jobs.web.run_view import GROUPS, SORTS, RunView
from jobs.web.script import script_of
from jobs.web.time_line import time_line
from jobs.web.time_line_picture import time_line_picture
from portal.core.actors import Actor


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
        **connection_test_context(actor, run),
        "details_url": f"{reverse('jobs:run-details', args=[run.pk])}{view.query()}",
    }


def powershell_context(actor: Actor, run: Run) -> dict[str, Any]:
    """Return the parameters of a run as they are sent, secrets by their fingerprints, and the script for all of it."""
    parameters = [(name, value) for name, value in run.parameters.items() if "@" not in name]
    secrets = run.steps[0].secrets
    return {
        "parameters": [
            (name, json.dumps(value, ensure_ascii=False)) for name, value in parameters if name not in secrets
        ],
        "secrets": list(secrets.items()),
        "script": script_of(actor, run),
    }
