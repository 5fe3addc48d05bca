"""Pages of the catalogue: which lever is it?"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.catalogue.cmdlets import UnknownCmdlet, find
from jobs.runs.history import recent_runs
from jobs.runs.usage import used_cmdlets
from jobs.web import cmdlet_pages
from jobs.web.cmdlet_filters import CmdletFilterForm
from jobs.web.cmdlet_offers import cmdlet_offers
from jobs.web.cmdlet_rows import found
from jobs.web.parameter_matrix import parameter_matrix
from jobs.web.picked import packed_address, picked
from jobs.web.run_rows import run_rows
from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.htmx import render_page
from portal.core.permissions import Permission


@require_safe
def cmdlet_list(request: HttpRequest) -> HttpResponse:
    """Search the catalogue; where was chosen in the address goes along to the launch."""
    actor = actor_of(request)
    actor.require(Permission.CMDLET_READ)
    if address := packed_address(request):
        return HttpResponseRedirect(address)
    saved = saved_filters(request, actor, page="cmdlets")
    if saved.opening:
        return saved.opening
    form = CmdletFilterForm(request.GET)
    context = {
        "form": form,
        "text": form.chosen().get("q", ""),
        "hidden": [(name, value) for name, value in form.facets().items() if value],
        "found": found(form, request.GET),
        "picked": picked(request),
        "used": [] if form.is_narrowed else used_cmdlets(actor=actor),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        "saved": saved,
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
        "facts": cmdlet_pages.facts(cmdlet),
        "notes": cmdlet_pages.notes(cmdlet),
        "problems": problems,
        "can_launch": actor.has(Permission.RUN_LAUNCH) and not problems,
        "launch_url": f"{reverse('jobs:launch', args=[cmdlet.name])}{picked(request).launch_query}",
        "example": cmdlet_pages.example(cmdlet),
        "documentation": cmdlet_pages.documentation_url(cmdlet),
        "related": cmdlet_pages.related(cmdlet),
        "matrix": parameter_matrix(cmdlet, request.GET.get("parameter", "")[:100]),
        "offers": cmdlet_offers(actor, cmdlet),
        "runs": run_rows(recent_runs(actor=actor, cmdlet=cmdlet.name)),
    }
    return render_page(request, "jobs/cmdlets/detail.html", context, partials=("rows",))


def unknown_cmdlet(request: HttpRequest, unknown: UnknownCmdlet) -> HttpResponse:
    """Answer 404 with the nearest names."""
    context = {"name": unknown.name[:100], "nearest": unknown.nearest}
    return render(request, "jobs/cmdlets/unknown.html", context, status=404)
