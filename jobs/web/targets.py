"""The page of one target: what exactly happened in this organization?"""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from jobs.reconciliation.services import NotDecidable, decide
from jobs.results.evidence import NothingToDownload, download_target_rows
from jobs.runs.models import RunTarget
from jobs.runs.selectors import target_of
from jobs.runs.states import Verdict
from jobs.web.refused import refused
from jobs.web.run_access import GONE
from jobs.web.target_page import target_context
from jobs.web.target_steps import outcomes_in, shown_step
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.permissions import Permission


@require_safe
def target_detail(request: HttpRequest, target_id: UUID) -> HttpResponse:
    """Show one organization of a run with everything that is known of it."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    return render(request, "jobs/targets/detail.html", target_context(actor, _found(actor, target_id), request.GET))


@require_POST
def target_decide(request: HttpRequest, target_id: UUID) -> HttpResponse:
    """Let a person say whether an unknown change was carried out; without a reason the page says what is missing."""
    actor = actor_of(request)
    actor.require(Permission.RUN_RECONCILE)
    target = _found(actor, target_id)
    words, verdict = request.POST.get("words", ""), request.POST.get("verdict", "")
    try:
        decide(actor=actor, target_id=target_id, verdict=verdict, words=words)
    except NotDecidable as refusal:
        context = target_context(actor, target, request.GET, words=words, problem=str(refusal))
        return render(request, "jobs/targets/detail.html", context, status=422)
    messages.success(request, f"Decided for {target.organization_name}: {Verdict(verdict).label.lower()}.")
    return HttpResponseRedirect(f"{reverse('jobs:target', args=[target_id])}#unknown", status=303)


@require_safe
def target_jsonl(request: HttpRequest, target_id: UUID) -> HttpResponse:
    """Send all objects of one organization as JSON lines."""
    actor = actor_of(request)
    actor.require(Permission.RUN_EXPORT)
    found = _found(actor, target_id)
    step = shown_step(outcomes_in(found), request.GET.get("step", "")) if found.run.step_count > 1 else None
    try:
        target, lines = download_target_rows(actor=actor, target_id=target_id, step=step)
    except NothingToDownload as refusal:
        title, url = "There is nothing to download", reverse("jobs:target", args=[target_id])
        return refused(request, refusal, title=title, url=url, action="Back to the organization", status=409)
    response = HttpResponse(lines, content_type="application/x-ndjson")
    response.headers["Content-Disposition"] = (
        f'attachment; filename="{target.run.steps[(step or 1) - 1].cmdlet}-{target.pk}.jsonl"'
    )
    return response


def _found(actor: Actor, target_id: UUID) -> RunTarget:
    target = target_of(actor=actor, target_id=target_id)
    if target is None:
        raise Http404(GONE.format("target"))
    return target
