"""Pages of the catalogue: which lever is it?"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.catalogue.cmdlets import UnknownCmdlet, find
from jobs.runs.history import recent_runs
from jobs.web import cmdlet_pages
from jobs.web.filters import CmdletFilterForm
from jobs.web.run_rows import run_rows
from jobs.web.words import EFFECTS, RISKS
from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.htmx import render_page
from portal.core.permissions import Permission

PLACES = ("organization", "group")


@require_safe
def cmdlet_list(request: HttpRequest) -> HttpResponse:
    """Search the catalogue; `organization` and `group` parameters in the address go along to the launch."""
    actor = actor_of(request)
    actor.require(Permission.CMDLET_READ)
    saved = saved_filters(request, actor, page="cmdlets")
    if saved.opening:
        return saved.opening
    chosen = CmdletFilterForm(request.GET).chosen()
    facets = {name: str(chosen.get(name, "")) for name in ("verb", "service", "risk")}
    context = {
        "saved": saved,
        "text": chosen.get("q", ""),
        "hidden": [(name, value) for name, value in facets.items() if value],
        "facets": cmdlet_pages.facet_values(request.GET),
        "found": cmdlet_pages.found(chosen.get("q", ""), **facets),
        "picked": [(name, value) for name in PLACES for value in request.GET.getlist(name)],
        "picked_query": _picked(request),
    }
    return render_page(request, "jobs/cmdlets/list.html", context, partials=("found",))


@require_safe
def cmdlet_detail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one cmdlet, or 404 with the names that are spelt alike."""
    actor = actor_of(request)
    actor.require(Permission.CMDLET_READ)
    try:
        cmdlet = find(name)
    except UnknownCmdlet as unknown:
        return unknown_cmdlet(request, unknown)
    problems = cmdlet_pages.launch_problems(cmdlet)
    context = {
        "cmdlet": cmdlet,
        "risk": RISKS[cmdlet.risk],
        "effect": EFFECTS[cmdlet.effect],
        "services": cmdlet_pages.service_names(cmdlet.services),
        "notes": cmdlet_pages.notes(cmdlet),
        "problems": problems,
        "can_launch": actor.has(Permission.RUN_LAUNCH) and not problems,
        "launch_url": f"{reverse('jobs:launch', args=[cmdlet.name])}{_picked(request)}",
        "set_columns": cmdlet_pages.set_columns(cmdlet),
        "parameters": cmdlet_pages.parameter_rows(cmdlet),
        "runs": run_rows(recent_runs(actor=actor, cmdlet=cmdlet.name)),
    }
    return render(request, "jobs/cmdlets/detail.html", context)


def unknown_cmdlet(request: HttpRequest, unknown: UnknownCmdlet) -> HttpResponse:
    """Answer 404 with the nearest names."""
    context = {"name": unknown.name[:100], "nearest": unknown.nearest}
    return render(request, "jobs/cmdlets/unknown.html", context, status=404)


def _picked(request: HttpRequest) -> str:
    picked = request.GET.copy()
    for key in [key for key in picked if key not in PLACES]:
        del picked[key]
    return f"?{picked.urlencode()}" if picked else ""
