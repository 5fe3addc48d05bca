"""The page that stops everything, and lets it go on."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.global_stop.selectors import latest_stops, stop_in_force, under_way
from jobs.global_stop.services import StopRefused, lift_global_stop, stop_everything
from jobs.runs.history import open_runs
from jobs.web.refused import refused
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission

RUNS_SHOWN = 50


@require_safe
def global_stop(request: HttpRequest) -> HttpResponse:
    """Show whether everything is stopped, what that means now, and the stops of before."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    return _page(request, actor)


@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Stop everything; a second order changes nothing."""
    actor, reason = actor_of(request), request.POST.get("reason", "")
    try:
        stop_everything(actor=actor, reason=reason)
    except StopRefused as refusal:
        return _page(request, actor, problem=str(refusal), status=422)
    return HttpResponseRedirect(reverse("jobs:global-stop"), status=303)


@require_POST
def lift(request: HttpRequest) -> HttpResponse:
    """Let everything go on."""
    url = reverse("jobs:global-stop")
    try:
        lift_global_stop(actor=actor_of(request))
    except StopRefused as refusal:
        return refused(request, refusal, title="There is nothing to lift", url=url, action="See it", status=409)
    return HttpResponseRedirect(url, status=303)


def _page(request: HttpRequest, actor: Actor, *, problem: str = "", status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {
        "stop": stop_in_force(),
        "under_way": under_way(actor=actor),
        "runs": open_runs(actor=actor, number=RUNS_SHOWN),
        "stops": latest_stops(actor=actor),
        "may_order": actor.has(Permission.GLOBAL_STOP_ORDER),
        "may_lift": actor.has(Permission.GLOBAL_STOP_LIFT),
        "problem": problem,
    }
    return render_page(request, "jobs/global_stop/detail.html", context, partials=("under-way",), status=status)
