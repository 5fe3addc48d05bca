"""Pages of runs: what has been done, and how is it going?"""

import csv
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.runs.history import RunFilter, all_runs, drafts, runs_page
from jobs.runs.models import Run
from jobs.runs.selectors import Cell, board, draft_of, launched_run
from jobs.runs.services import RunNotCancellable, cancel_run
from jobs.runs.states import is_open
from jobs.web import run_page
from jobs.web.cursor import cursor_of, read_cursor
from jobs.web.filters import RunFilterForm, TargetFilterForm
from jobs.web.pictures import board_markup
from jobs.web.refused import refused
from jobs.web.run_rows import CSV_COLUMNS, csv_row, run_rows, short_parameters
from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.actors import Actor
from portal.core.permissions import Permission

STOP_POLLING = 286
"""The status on which htmx stops asking."""


class _Line:
    """A file that hands back what is written: turns csv's writer into a generator of lines."""

    def write(self, line: str) -> str:
        """Return `line`."""
        return line


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Show the history, newest first, and the person's own drafts."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    saved = saved_filters(request, actor, page="runs")
    if saved.opening:
        return saved.opening
    form = RunFilterForm(request.GET)
    page = runs_page(actor=actor, wanted=form.wanted(actor), cursor=request.GET.get("cursor", ""))
    context = {
        "form": form,
        "saved": saved,
        "page": page,
        "rows": run_rows(page.rows),
        "drafts": [(draft, short_parameters(draft)) for draft in drafts(actor=actor)],
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        "can_export": actor.has(Permission.RUN_EXPORT),
    }
    return render(request, "jobs/runs/list.html", context)


@require_safe
def run_list_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Send the filtered history as CSV, all of it."""
    actor = actor_of(request)
    actor.require(Permission.RUN_EXPORT)
    lines = _csv_lines(actor, RunFilterForm(request.GET).wanted(actor))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = 'attachment; filename="runs.csv"'
    return response


@require_safe
def run_detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show one run; a draft of one's own leads to its review."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    run = launched_run(actor=actor, run_id=run_id)
    if run is None and draft_of(actor=actor, run_id=run_id) is not None:
        return HttpResponseRedirect(reverse("jobs:review", args=[run_id]))
    run = _found(run)
    cells = board(actor=actor, run_id=run_id)
    context = {
        **run_page.page_context(actor, run, cells),
        **run_page.exports_context(actor, run),
        **_details(request, actor, run, cells),
    }
    return render(request, "jobs/runs/detail.html", context)


@require_safe
def run_details(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show again only what changes below the board of a run: causes of failure and the page of targets."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    run = _found(launched_run(actor=actor, run_id=run_id))
    details = _details(request, actor, run, board(actor=actor, run_id=run_id))
    context = {**run_page.actions_context(actor, run), **details, "is_update": True}
    return render(request, "jobs/runs/detail.html#run-details", context)


@require_safe
def run_progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Answer a poll: nothing (204), or the header with the changed cells; 286 when the run is over."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    run = _found(launched_run(actor=actor, run_id=run_id))
    seen = read_cursor(request.GET.get("since", ""))
    cells = board(actor=actor, run_id=run_id, since=seen.since if seen else None)
    broker_away = run_page.broker_is_away(run)
    ended = not is_open(run.state)
    if not ended and cursor_of(run, cells, broker_away=broker_away) == seen:
        return HttpResponse(status=204)
    context = {
        "run": run,
        "live": run_page.live(actor, run, cells, broker_away=broker_away),
        "changed": board_markup(cells, out_of_band=True),
        "ended": ended,
        **run_page.actions_context(actor, run),
    }
    response = render(request, "jobs/runs/detail.html#progress", context, status=STOP_POLLING if ended else 200)
    response.headers["HX-Trigger"] = "run-ended" if ended else "run-changed"
    return response


@require_POST
def run_stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask the run to stop; asking twice changes nothing."""
    actor = actor_of(request)
    actor.require(Permission.RUN_CANCEL)
    _found(launched_run(actor=actor, run_id=run_id))
    url = reverse("jobs:run", args=[run_id])
    try:
        cancel_run(actor=actor, run_id=run_id)
    except RunNotCancellable as refusal:
        return refused(request, refusal, title="There is nothing to stop", url=url, action="Open the run", status=409)
    return HttpResponseRedirect(url, status=303)


def _found(run: Run | None) -> Run:
    if run is None:
        raise Http404("There is no such run.")
    return run


def _details(request: HttpRequest, actor: Actor, run: Run, cells: Sequence[Cell]) -> dict[str, Any]:
    return run_page.details_context(actor, run, cells, TargetFilterForm(request.GET), request.GET.get("cursor", ""))


def _csv_lines(actor: Actor, wanted: RunFilter) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(CSV_COLUMNS)
    for run in all_runs(actor=actor, wanted=wanted):
        yield writer.writerow(csv_row(run))
