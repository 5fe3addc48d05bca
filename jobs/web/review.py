"""Review: the frozen plan, and the last word before it runs."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.approvals.policies import demanded_of
from jobs.catalogue.availability import cmdlet_warnings, parameter_warnings
from jobs.catalogue.cmdlets import find
from jobs.catalogue.effects import Effect
from jobs.catalogue.problems import InvalidCall
from jobs.launch import discard_draft, draft_run, launch_run
from jobs.planning import RunRefused
from jobs.retry.services import left_out_of
from jobs.runs.estimates import estimate
from jobs.runs.models import Run
from jobs.runs.own_accounts import missing_sign_ins
from jobs.runs.plans import PlanChanged
from jobs.runs.selection import chosen_tenant_ids
from jobs.runs.selectors import (
    all_planned_organizations,
    draft_of,
    launched_run,
    planned_organizations,
    planned_reach,
)
from jobs.runs.ways import ways_of
from jobs.saved.drafts import attach_run, keep_launch_draft
from jobs.saved.models import LaunchDraft
from jobs.saved.selectors import launch_draft_of_run
from jobs.web.consequences import consequence, needs_confirmation
from jobs.web.expected import expected
from jobs.web.filters import OrganizationFilterForm
from jobs.web.launch_actions import leave_out_these
from jobs.web.launch_form import LaunchForm
from jobs.web.plan_steps import filled_in, plan_steps
from jobs.web.preview import estimate_words
from jobs.web.refused import refused
from jobs.web.script import lines_of
from jobs.web.where import Where
from jobs.web.words import EFFECTS, RISKS, SERVICES, counted
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused


@dataclass(frozen=True, slots=True)
class Changes:
    """How many organizations the same choice would bring in now, and how many it would not name any more."""

    joined: int
    left: int


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
        title = "This run cannot be launched"
        url, action = reverse("jobs:cmdlets"), "Choose a cmdlet"
        if draft is not None:
            url, action = reverse("jobs:review", args=[run_id]), "Back to the review"
        return refused(request, refusal, title=title, url=url, action=action, status=409)
    return HttpResponseRedirect(reverse("jobs:run", args=[run.pk]), status=303)


@require_POST
def run_without(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Draft the same launch anew without the organizations that are expected to refuse for one reason."""
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    draft, launch_draft = draft_of(actor=actor, run_id=run_id), launch_draft_of_run(actor=actor, run_id=run_id)
    if draft is None or launch_draft is None:
        raise Http404("There is no such draft.")
    if draft.has_secrets:  # they are not in the form, and the run would go without them
        raise Http404("What holds a secret is drafted anew from its form.")
    data = QueryDict(launch_draft.typed, mutable=True)
    found = expected(actor, draft.plan, all_planned_organizations(actor=actor, run=draft))
    leave_out_these(actor, data, found.of_cause(request.POST.get("cause", "")))
    form = LaunchForm.read(actor, find(launch_draft.cmdlet), data)
    try:
        run = draft_run(actor=actor, request=form.request())
    except (InvalidCall, Refused) as refusal:
        title, url = "Nothing was left out", reverse("jobs:review", args=[run_id])
        return refused(request, refusal, title=title, url=url, action="Back to the review", status=409)
    keep_launch_draft(actor=actor, draft_id=launch_draft.pk, cmdlet=form.cmdlet, data=data)
    attach_run(actor=actor, draft_id=launch_draft.pk, run=run)
    return HttpResponseRedirect(reverse("jobs:review", args=[run.pk]), status=303)


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
    launch_draft = launch_draft_of_run(actor=actor, run_id=draft.pk)
    form = OrganizationFilterForm(request.GET)
    places = all_planned_organizations(actor=actor, run=draft)
    page = planned_organizations(
        actor=actor, run=draft, search=form.chosen().get("q", ""), cursor=request.GET.get("cursor", "")
    )
    return {
        "run": draft,
        "risk": RISKS[draft.risk],
        "effect": EFFECTS[Effect(draft.effect)],
        "service": SERVICES[draft.service],
        "places": counted(draft.target_count, "organization"),
        "consequence": consequence(draft),
        "needs_confirmation": needs_confirmation(draft),
        "demand": demanded_of(draft.steps, (place.pk for place in places)),
        "warnings": _warnings(draft) if draft.step_count == 1 else [],
        "steps": plan_steps(draft) if draft.step_count > 1 else [],
        "filled_in": filled_in(actor, draft),
        "powershell": lines_of(draft),
        "reach": planned_reach(actor=actor, run=draft),
        "may_leave_out": launch_draft is not None and not draft.has_secrets,
        "ways": ways_of(draft.plan),
        "sign_ins": missing_sign_ins(actor=actor, plan=draft.plan),
        "expected": expected(actor, draft.plan, places),
        "changes": _changes(actor, draft, launch_draft) if launch_draft else None,
        "estimate": estimate_words(
            estimate(
                actor=actor,
                cmdlet=draft.cmdlet,
                service=draft.service,
                number=draft.target_count,
                step_count=draft.step_count,
            )
        ),
        "form": form,
        "page": page,
        **_retry(actor, draft),
        "back_url": _back_url(draft, launch_draft),
    }


def _back_url(draft: Run, launch_draft: LaunchDraft | None) -> str:
    """Return the form from which the plan was drafted, the step open that was open last; of a retry the first run."""
    if draft.retry_of_id:
        return reverse("jobs:run", args=[draft.retry_of_id])
    if launch_draft:
        return f"{reverse('jobs:launch', args=[launch_draft.cmdlet])}?draft={launch_draft.pk}"
    return f"{reverse('jobs:launch', args=[draft.cmdlet])}?from={draft.pk}"


def _retry(actor: Actor, draft: Run) -> dict[str, Any]:
    """Return what a draft is a retry of, who is left out of it, and in how many organizations it begins later."""
    if draft.retry_of is None:
        return {}
    later = Counter(draft.plan.get("first_steps", {}).values())
    try:
        left_out = left_out_of(actor=actor, draft=draft)
    except Refused as refusal:
        left_out = [str(refusal)]
    return {"retry_of": draft.retry_of, "left_out": left_out, "later_steps": sorted(later.items())}


def _warnings(draft: Run) -> list[str]:
    """Return what validation warned of; a plan of before validation's warnings were kept is looked at again."""
    if "steps" in draft.plan or "warnings" in draft.plan:
        return list(dict.fromkeys(warning for step in draft.steps for warning in step.warnings))
    cmdlet = find(draft.cmdlet)
    return [*cmdlet_warnings(cmdlet), *parameter_warnings(cmdlet, draft.parameters, draft.service)]


def _changes(actor: Actor, draft: Run, launch_draft: LaunchDraft) -> Changes | None:
    """Return how the same choice would differ now from the frozen list; None when it would not."""
    try:
        selection = Where.read(actor, QueryDict(launch_draft.typed)).selection
        chosen = chosen_tenant_ids(actor=actor, selection=selection)
    except Refused:
        chosen = set()
    frozen = set(draft.plan["organizations"])
    return Changes(len(chosen - frozen), len(frozen - chosen)) if chosen != frozen else None
