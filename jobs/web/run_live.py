"""A run while it goes on: the polls of its page."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.runs.selectors import board
from jobs.runs.states import is_open
from jobs.web import run_page
from jobs.web.board import board_markup
from jobs.web.cursor import cursor_of, read_cursor
from jobs.web.hindrance import Hindrance
from jobs.web.run_access import run_for
from jobs.web.run_actions import actions_context, buttons_of
from jobs.web.run_header import live
from jobs.web.run_view import RunView
from portal.core.htmx import fragment_of

STOP_POLLING = 286
"""The status on which htmx stops asking."""


@require_safe
@fragment_of("jobs:run")
def run_progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Answer a poll: nothing (204), or the header with the changed cells; 286 when the run is over."""
    actor, run = run_for(request, run_id)
    seen = read_cursor(request.GET.get("since", ""))
    cells = board(actor=actor, run_id=run_id, since=seen.since if seen else None)
    hindrance, tab = Hindrance.of(run, actor), request.GET.get("tab", "")
    ended = not is_open(run.state)
    if not ended and cursor_of(run, cells, hindrance) == seen:
        return HttpResponse(status=204)
    context = {
        "live": live(actor, run, cells, tab=tab, query=request.GET, hindrance=hindrance),
        "is_update": True,
        "changed": board_markup(cells, RunView.read(request.GET)) if tab == "run" else "",
        "ended": ended,
        "new_buttons": request.GET.get("buttons") != buttons_of(run),
        **actions_context(actor, run),
    }
    status = STOP_POLLING if ended else 200
    response = render(request, "jobs/runs/_header.html#run-progress", context, status=status)
    response.headers["HX-Trigger"] = "run-ended" if ended else "run-changed"
    return response


@require_safe
@fragment_of("jobs:run")
def run_details(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show again only what changes below the board of a run."""
    actor, run = run_for(request, run_id)
    cells, view = board(actor=actor, run_id=run_id), RunView.read(request.GET)
    details = run_page.overview_context(actor, run, cells, view)
    context = {**actions_context(actor, run), **details, "is_update": True}
    return render(request, "jobs/runs/detail.html#run-details", context)
