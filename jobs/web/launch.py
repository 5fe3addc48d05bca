"""The launch page: what, where, and why."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jobs.catalogue.cmdlets import Cmdlet, UnknownCmdlet, find
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.launch import draft_run
from jobs.runs.choices import group_choices, organization_choices
from jobs.runs.models import Run
from jobs.runs.selection import chosen_organizations
from jobs.web import remembered
from jobs.web.cmdlet_pages import launch_problems
from jobs.web.cmdlets import unknown_cmdlet
from jobs.web.launch_form import LaunchForm
from jobs.web.words import EFFECTS, RISKS
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from tenants.organizations.models import Reachability

PARTIALS = ("where-count", "organizations", "parameters")


@dataclass(frozen=True, slots=True)
class Chosen:
    """How many organizations are chosen, and how many of them could not be reached when last tried."""

    number: int
    unreachable: int


@require_http_methods(["GET", "HEAD", "POST"])
def launch(request: HttpRequest, name: str) -> HttpResponse:
    """Show the form; a POST drafts the run for review, or shows the form again with everything typed."""
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    try:
        cmdlet = find(name)
    except UnknownCmdlet as unknown:
        return unknown_cmdlet(request, unknown)
    if request.method != "POST":
        return _page(request, actor, _prefilled(request, actor, cmdlet))
    form = LaunchForm.read(cmdlet, request.POST)
    if _only_looks(request):
        return _page(request, actor, form)
    return _draft(request, actor, form)


def _draft(request: HttpRequest, actor: Actor, form: LaunchForm) -> HttpResponse:
    if not form.is_complete():
        return _page(request, actor, form, status=422)
    try:
        run = draft_run(actor=actor, request=form.request())
    except InvalidCall as invalid:
        form.problems = invalid.problems
    except Refused as refusal:
        form.problems = [Problem(None, str(refusal))]
    else:
        _after_draft(request, run, form)
        return HttpResponseRedirect(reverse("jobs:review", args=[run.pk]), status=303)
    return _page(request, actor, form, status=422)


def _after_draft(request: HttpRequest, run: Run, form: LaunchForm) -> None:
    remembered.keep(request, form.cmdlet, run.pk)
    if unused := form.what.unused():
        names = ", ".join(unused)
        messages.warning(request, f"Not part of this run, because another parameter set has them: {names}.")


def _only_looks(request: HttpRequest) -> bool:
    """Whether the person changed the set, searched or counted, and does not want to go on yet."""
    return "look" in request.POST or "choose_set" in request.POST


def _prefilled(request: HttpRequest, actor: Actor, cmdlet: Cmdlet) -> LaunchForm:
    """Return the form as the address fills it: from a run or draft (`from`), or with picked organizations."""
    try:
        run_id = UUID(request.GET.get("from", ""))
    except ValueError:
        return LaunchForm.read(cmdlet, request.GET)
    wanted = remembered.Wanted(
        request.GET.getlist("state"), request.GET.get("cause", ""), request.GET.getlist("organization")
    )
    return remembered.form_of(request, actor, cmdlet, run_id, wanted) or LaunchForm.read(cmdlet, request.GET)


def _page(request: HttpRequest, actor: Actor, form: LaunchForm, *, status: int = 200) -> HttpResponse:
    return render_page(request, "jobs/launch/form.html", _context(actor, form), partials=PARTIALS, status=status)


def _context(actor: Actor, form: LaunchForm) -> dict[str, Any]:
    organizations = chosen_organizations(actor=actor, selection=form.selection)
    unreachable = sum(o.reachability == Reachability.UNREACHABLE for o in organizations)
    return {
        "form": form,
        "cmdlet": form.cmdlet,
        "what": form.what,
        "fields": form.fields,
        "risk": RISKS[form.cmdlet.risk],
        "effect": EFFECTS[form.cmdlet.effect],
        "refusals": launch_problems(form.cmdlet),
        "groups": group_choices(actor=actor),
        "organizations": organization_choices(actor=actor, picked=form.organization_ids, search=form.search),
        "chosen": Chosen(len(organizations), unreachable),
    }
