"""A run while it goes on: the polls of its page, and the stop."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.runs.selectors import board
from jobs.runs.services import RunNotCancellable, cancel_run
from jobs.runs.states import is_open
from jobs.web import run_page
from jobs.web.board import board_markup
from jobs.web.cursor import cursor_of, read_cursor
from jobs.web.refused import refused
from jobs.web.run_access import run_for
from jobs.web.run_header import actions_context, broker_is_away, live
from jobs.web.run_view import RunView
from portal.core.htmx import fragment_of
from portal.core.permissions import Permission

STOP_POLLING = 286
"""The status on which htmx stops asking."""


@require_safe
@fragment_of("jobs:run")
def run_progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Answer a poll: nothing (204), or the header with the changed cells; 286 when the run is over."""
    actor, run = run_for(request, run_id)
    seen = read_cursor(request.GET.get("since", ""))
    cells = board(actor=actor, run_id=run_id, since=seen.since if seen else None)
    broker_away, tab = broker_is_away(run), request.GET.get("tab", "")
    ended = not is_open(run.state)
    if not ended and cursor_of(run, cells, broker_away=broker_away) == seen:
        return HttpResponse(status=204)
    context = {
        "live": live(actor, run, cells, tab=tab, query=request.GET, broker_away=broker_away),
        "is_update": True,
        "changed": board_markup(cells, RunView.read(request.GET)) if tab == "run" else "",
        "ended": ended,
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


@require_POST
def run_stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask the run to stop; asking twice changes nothing."""
    actor, _ = run_for(request, run_id, Permission.RUN_CANCEL)
    url = reverse("jobs:run", args=[run_id])
    try:
        cancel_run(actor=actor, run_id=run_id)
    except RunNotCancellable as refusal:
        return refused(request, refusal, title="There is nothing to stop", url=url, action="Open the run", status=409)
    return HttpResponseRedirect(url, status=303)
