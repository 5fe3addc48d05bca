"""Review: the frozen plan, and the last word before it runs."""

from itertools import groupby
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.catalogue.availability import cmdlet_warnings, parameter_warnings
from jobs.catalogue.cmdlets import Cmdlet, find
from jobs.catalogue.effects import Effect
from jobs.launch import RunRefused, discard_draft, launch_run
from jobs.runs.models import Run
from jobs.runs.plans import PlanChanged
from jobs.runs.selectors import draft_of, launched_run, planned_organizations, planned_reach, predicted_refusals
from jobs.web.filters import OrganizationFilterForm
from jobs.web.refused import refused
from jobs.web.words import EFFECTS, RISKS, SERVICES, consequence, counted, needs_confirmation
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from tenants.organizations.models import Organization


@require_safe
def run_review(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Show what would happen; a run that was launched already leads to its own page."""
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    draft = draft_of(actor=actor, run_id=run_id)
    if draft is not None:
        return _page(request, actor, draft)
    if launched_run(actor=actor, run_id=run_id) is None:
        raise Http404("There is no such draft.")
    return HttpResponseRedirect(reverse("jobs:run", args=[run_id]))


@require_POST
def run_launch(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Launch a draft; what destroys needs the ticked box. A second click leads to the same run."""
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    draft = draft_of(actor=actor, run_id=run_id)
    if draft is not None and needs_confirmation(draft) and request.POST.get("understood") != "yes":
        return _page(request, actor, draft, unconfirmed=True, status=422)
    try:
        run = launch_run(actor=actor, run_id=run_id)
    except (RunRefused, PlanChanged) as refusal:
        title, url = "This run cannot be launched", reverse("jobs:cmdlets")
        return refused(request, refusal, title=title, url=url, action="Choose a cmdlet", status=409)
    return HttpResponseRedirect(reverse("jobs:run", args=[run.pk]), status=303)


@require_POST
def run_discard(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Delete a draft and return to the history; discarding twice is no error."""
    try:
        discard_draft(actor=actor_of(request), run_id=run_id)
    except RunRefused as refusal:
        title, url = "This draft cannot be discarded", reverse("jobs:run", args=[run_id])
        return refused(request, refusal, title=title, url=url, action="Open the run", status=409)
    return HttpResponseRedirect(reverse("jobs:runs"), status=303)


def _page(
    request: HttpRequest, actor: Actor, draft: Run, *, unconfirmed: bool = False, status: int = 200
) -> HttpResponse:
    context = {**_context(request, actor, draft), "unconfirmed": unconfirmed}
    return render_page(request, "jobs/launch/review.html", context, partials=("frozen-list",), status=status)


def _context(request: HttpRequest, actor: Actor, draft: Run) -> dict[str, Any]:
    cmdlet = find(draft.cmdlet)
    form = OrganizationFilterForm(request.GET)
    page = planned_organizations(
        actor=actor, run=draft, search=form.chosen().get("q", ""), cursor=request.GET.get("cursor", "")
    )
    return {
        "run": draft,
        "cmdlet": cmdlet,
        "risk": RISKS[draft.risk],
        "effect": EFFECTS[Effect(draft.effect)],
        "service": SERVICES[draft.service],
        "places": counted(draft.target_count, "organization"),
        "consequence": consequence(draft),
        "needs_confirmation": needs_confirmation(draft),
        "warnings": _warnings(draft, cmdlet),
        "reach": planned_reach(actor=actor, run=draft),
        "refusals": _by_cause(predicted_refusals(actor=actor, run=draft)),
        "form": form,
        "page": page,
        "back_url": f"{reverse('jobs:launch', args=[draft.cmdlet])}?from={draft.pk}",
    }


def _warnings(draft: Run, cmdlet: Cmdlet) -> list[str]:
    """Return what validation warned of; a plan of before validation's warnings were kept is looked at again."""
    kept: list[str] | None = draft.plan.get("warnings")
    if kept is not None:
        return list(dict.fromkeys(kept))
    return [*cmdlet_warnings(cmdlet), *parameter_warnings(cmdlet, draft.parameters, draft.service)]


def _by_cause(organizations: list[Organization]) -> list[tuple[str, str, list[Organization]]]:
    """Return unreachable organizations as groups of reason, fix and members."""
    causes = []
    for _, group in groupby(organizations, key=lambda organization: organization.reachability_class):
        members = list(group)
        causes.append((members[0].reachability_reason, members[0].reachability_fix, members))
    return causes
