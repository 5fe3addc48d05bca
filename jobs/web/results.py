"""The results of a run: what was answered everywhere, in one table, and each object in full."""

from dataclasses import replace
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from jobs.results.rows.explorer import Count, Explorer
from jobs.results.rows.objects import object_at
from jobs.results.rows.statements import Place
from jobs.results.rows.unfolding import prepare_rows
from jobs.results.rows.wanted import Wanted, checked
from jobs.web import result_page
from jobs.web.result_address import read_address, write_query
from jobs.web.result_steps import step_chips
from jobs.web.run_access import GONE, run_for
from jobs.web.run_header import header_context
from portal.accounts.web.saved_filters import saved_filters
from portal.core.htmx import fragment_of

STOP_POLLING = 286


@require_safe
def run_results(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show the merged results of all organizations; what came from a form gets its permanent address first."""
    actor, run = run_for(request, run_id)
    saved = saved_filters(request, actor, page=f"results of {run.cmdlet}")
    if saved.opening:
        return saved.opening
    address = read_address(request.GET)
    if address.is_form and not address.ignored:
        return HttpResponseRedirect(f"{request.path}?{write_query(address.wanted)}")
    table = prepare_rows(run)
    explorer = Explorer(actor, run.pk)
    found = checked(address.wanted, explorer.columns)
    defaults = not found.wanted.columns
    wanted = replace(found.wanted, columns=result_page.shown_columns(explorer)) if defaults else found.wanted
    total = explorer.count(Wanted()).rows if explorer.hides else table.row_count
    if wanted.group:
        listed = explorer.count(wanted) if wanted.narrows else Count(total)
        shown = result_page.groups_context(explorer, wanted)
    else:
        page = explorer.page(wanted, address.at, backward=address.backward, counted=wanted.narrows)
        listed = page.total or Count(total)
        shown = result_page.table_context(run, explorer, wanted, page, is_first=address.at is None)
    context = {
        **header_context(actor, run, tab="run-results", query=request.GET),
        "saved": saved,
        "ignored": [*address.ignored, *found.ignored],
        "counted": result_page.count_words(listed, total),
        "total": total,
        "step_chips": step_chips(run, wanted),
        **result_page.progress_context(run, table),
        **result_page.tools_context(explorer, wanted, defaults=defaults),
        **shown,
    }
    return render(request, "jobs/results/list.html", context)


@require_safe
@fragment_of("jobs:run-results")
def run_results_progress(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Say how many organizations are in; a page that showed nothing yet is loaded again once there are rows."""
    _, run = run_for(request, run_id)
    table = prepare_rows(run)
    seen = request.GET.get("seen", "")
    context = {
        "run": run,
        "is_update": True,
        "has_new": seen != str(table.row_count) or table.is_complete,
        "list_url": reverse("jobs:run-results", args=[run.pk]),
        **result_page.progress_context(run, table),
    }
    if context["poll_url"]:
        context["poll_url"] = f"{reverse('jobs:run-results-progress', args=[run.pk])}?seen={seen}"
    status = STOP_POLLING if table.is_complete else 200
    response = render(request, "jobs/results/list.html#results-progress", context, status=status)
    if seen == "0" and table.is_complete:
        response.headers["HX-Refresh"] = "true"
    return response


@require_safe
def run_result(request: HttpRequest, run_id: UUID, position: int, number: int) -> HttpResponse:
    """Show one object in full."""
    actor, run = run_for(request, run_id)
    found = object_at(actor=actor, run_id=run_id, place=Place(position, number))
    if found is None:
        raise Http404(GONE.format("result"))
    prepare_rows(run)
    explorer = Explorer(actor, run.pk)
    wanted = checked(replace(read_address(request.GET).wanted, group=""), explorer.columns).wanted
    context = {"run": run, **result_page.object_context(explorer, wanted, found)}
    return render(request, "jobs/results/detail.html", context)
