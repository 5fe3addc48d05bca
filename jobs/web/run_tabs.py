"""The tabs of one run, each with an address of its own."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.runs.selectors import board, draft_of, events_page, launched_run
from jobs.web import run_page
from jobs.web.comparison_page import comparison_context
from jobs.web.run_access import found, run_for
from jobs.web.run_header import header_context
from jobs.web.run_view import RunView
from jobs.web.target_rows import targets_context
from portal.accounts.web.access import actor_of
from portal.core.htmx import render_page
from portal.core.permissions import Permission


@require_safe
def run_detail(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show how one run is going; a draft of one's own leads to its review."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    run = launched_run(actor=actor, run_id=run_id)
    if run is None and draft_of(actor=actor, run_id=run_id) is not None:
        return HttpResponseRedirect(reverse("jobs:review", args=[run_id]))
    run = found(run)
    view = RunView.read(request.GET)
    cells = board(actor=actor, run_id=run_id, with_times=view.needs_times)
    view = view.within({cell.error_class for cell in cells})
    context = {
        **header_context(actor, run, tab="run", query=QueryDict(view.query()[1:]), cells=cells),
        **run_page.overview_context(actor, run, cells, view),
        **run_page.board_context(actor, run, cells, view),
    }
    return render(request, "jobs/runs/detail.html", context)


@require_safe
def run_targets(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show the organizations of a run as a table."""
    actor, run = run_for(request, run_id)
    context = {
        **header_context(actor, run, tab="run-targets", query=request.GET),
        **targets_context(actor, run, request.GET),
    }
    return render_page(request, "jobs/runs/targets.html", context, partials=("run-targets",))


@require_safe
def run_powershell(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show exactly what is sent."""
    actor, run = run_for(request, run_id)
    context = {
        **header_context(actor, run, tab="run-powershell", query=request.GET),
        **run_page.powershell_context(actor, run),
    }
    return render(request, "jobs/runs/powershell.html", context)


@require_safe
def run_events(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show what the audit trail says of a run and its organizations; says so to those who may not read it."""
    actor, run = run_for(request, run_id)
    organization = request.GET.get("organization", "").strip()
    context = {
        **header_context(actor, run, tab="run-events", query=request.GET),
        "sees_events": actor.has(Permission.AUDIT_EVENT_READ),
        "organization": organization,
        "events": events_page(
            actor=actor, run_id=run_id, organization=organization, cursor=request.GET.get("cursor", "")
        ),
    }
    return render_page(request, "jobs/runs/events.html", context, partials=("run-events",))


@require_safe
def run_compare(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show a run beside an earlier run of the same cmdlet."""
    actor, run = run_for(request, run_id)
    context = {
        **header_context(actor, run, tab="run-compare", query=request.GET),
        **comparison_context(actor, run, request.GET),
    }
    return render(request, "jobs/runs/compare.html", context)
