"""The launch page: what, where, why, and what would happen."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from jobs.catalogue.cmdlets import Cmdlet, UnknownCmdlet, find
from jobs.catalogue.problems import InvalidCall, Problem
from jobs.launch import draft_run
from jobs.runs.choices import group_choices, organization_choices
from jobs.runs.filter_choices import filter_choices
from jobs.runs.models import Run
from jobs.saved.drafts import attach_run, keep_launch_draft
from jobs.saved.services import Definition, JobRefused, change_job_form, create_job
from jobs.saved.typed import FormTooLarge
from jobs.web.cmdlet_pages import launch_problems
from jobs.web.cmdlets import unknown_cmdlet
from jobs.web.form_steps import opened, rows
from jobs.web.interrupted import sign_in_first
from jobs.web.launch_actions import after_actions, only_looks
from jobs.web.launch_form import LaunchForm
from jobs.web.prefilled import Prefilled, prefilled
from jobs.web.preview import preview
from jobs.web.step_actions import StepRefused, after_step_action
from jobs.web.words import EFFECTS, RISKS
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import render_page
from portal.core.identifiers import uuid7
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.text import readable_id
from tenants.variables.selectors import variable_names

PARTIALS = ("live", "where", "organizations", "parameters")


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def launch(request: HttpRequest, name: str) -> HttpResponse:
    """Show the form; a POST drafts the run for review, or shows the form again with everything typed.

    Whoever is not signed in any more is led to sign in and back, and finds what was posted.
    """
    if not request.user.is_authenticated:
        return sign_in_first(request, name)
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    try:
        cmdlet = find(name)
    except UnknownCmdlet as unknown:
        if job_id := readable_id(request.GET.get("job")):  # its page says which step is gone
            return HttpResponseRedirect(reverse("jobs:job", args=[job_id]))
        return unknown_cmdlet(request, unknown)
    if request.method != "POST":
        return _page(request, actor, prefilled(request, actor, cmdlet))
    return _posted(request, actor, cmdlet)


def _posted(request: HttpRequest, actor: Actor, cmdlet: Cmdlet) -> HttpResponse:
    data, unreadable = after_actions(request, actor, cmdlet)
    try:
        edited = after_step_action(cmdlet, data)
    except (StepRefused, FormTooLarge) as refusal:
        edited, unreadable = None, str(refusal)
    if edited:
        return _steps_edited(actor, *edited)
    form = LaunchForm.read(actor, cmdlet, data)
    shown = Prefilled(form)
    if not _keep(actor, form, data):
        shown.notes.append("What you typed is too much to be kept: it stays in this tab alone.")
    if unreadable:
        form.problems = [Problem(None, unreadable)]
        return _page(request, actor, shown, status=422)
    if data.get("look") in ("save_job", "change_job"):
        return _save_job(request, actor, shown, data)
    if only_looks(data):
        return _page(request, actor, shown)
    return _draft(request, actor, shown)


def _steps_edited(actor: Actor, cmdlet: Cmdlet, data: QueryDict) -> HttpResponse:
    """Keep the form with its other steps, and lead to the step that is open now."""
    form = LaunchForm.read(actor, cmdlet, data)
    _keep(actor, form, data)
    url = f"{reverse('jobs:launch', args=[cmdlet.name])}?draft={form.draft_id}#steps"
    return HttpResponseRedirect(url, status=303)


def _keep(actor: Actor, form: LaunchForm, data: QueryDict) -> bool:
    """Keep what was typed under the tab's id; under a new one when that was launched already, or is somebody else's."""
    try:
        for _ in range(2):
            if keep_launch_draft(actor=actor, draft_id=form.draft_id, cmdlet=form.cmdlet, data=data):
                return True
            form.draft_id = uuid7()
    except FormTooLarge:
        return False
    return False


def _draft(request: HttpRequest, actor: Actor, shown: Prefilled) -> HttpResponse:
    form = shown.form
    if not form.is_complete():
        return _page(request, actor, shown, status=422)
    try:
        run = draft_run(actor=actor, request=form.request())
    except InvalidCall as invalid:
        form.problems = invalid.problems
    except Refused as refusal:
        form.problems = [Problem(None, str(refusal))]
    else:
        return _review(request, actor, form, run)
    return _page(request, actor, shown, status=422)


def _review(request: HttpRequest, actor: Actor, form: LaunchForm, run: Run) -> HttpResponse:
    attach_run(actor=actor, draft_id=form.draft_id, run=run)
    if unused := form.what.unused():
        names = ", ".join(unused)
        messages.warning(request, f"Not part of this run, because another parameter set has them: {names}.")
    return HttpResponseRedirect(reverse("jobs:review", args=[run.pk]), status=303)


def _save_job(request: HttpRequest, actor: Actor, shown: Prefilled, data: QueryDict) -> HttpResponse:
    form = shown.form
    try:
        definition = _definition(form.cmdlet, data)
        if data["look"] == "change_job" and form.job:
            job = change_job_form(actor=actor, job_id=form.job.pk, definition=definition)
        else:
            job = create_job(
                actor=actor,
                name=data.get("job_name", ""),
                description=data.get("job_description", ""),
                shared="job_shared" in data,
                definition=definition,
            )
    except (JobRefused, FormTooLarge) as refusal:
        form.problems = [Problem(None, str(refusal))]
        return _page(request, actor, shown, status=422)
    messages.success(request, f"Saved as the job “{job.name}”.")
    return HttpResponseRedirect(reverse("jobs:job", args=[job.pk]), status=303)


def _definition(cmdlet: Cmdlet, data: QueryDict) -> Definition:
    """Return what a job keeps of the form, its first step with where and why; raises `JobRefused` or `FormTooLarge`."""
    steps = rows(cmdlet, data)
    name, first = opened(data, steps, 1)
    try:
        return Definition.of_forms(find(name), first, [(find(_cmdlet_of(step)), QueryDict(step)) for step in steps[1:]])
    except UnknownCmdlet as unknown:
        raise JobRefused(f"{unknown.name} is not in the catalogue any more. Remove its step.") from None


def _cmdlet_of(step: str) -> str:
    return QueryDict(step).get("cmdlet", "")


def _page(request: HttpRequest, actor: Actor, shown: Prefilled, *, status: int = 200) -> HttpResponse:
    context = _context(request, actor, shown)
    response = render_page(request, "jobs/launch/form.html", context, partials=PARTIALS, status=status)
    if request.method == "POST":
        response.headers["HX-Replace-Url"] = context["url"]
    return response


def _context(request: HttpRequest, actor: Actor, shown: Prefilled) -> dict[str, Any]:
    form = shown.form
    url = f"{reverse('jobs:launch', args=[form.cmdlet.name])}?draft={form.draft_id}"
    groups = group_choices(actor=actor)
    return {
        "form": form,
        "what": form.what,
        "where": form.where,
        "cmdlet": form.cmdlet,
        "fields": form.fields,
        "risk": RISKS[form.cmdlet.risk],
        "effect": EFFECTS[form.cmdlet.effect],
        "refusals": launch_problems(form.cmdlet),
        "groups": groups,
        "organizations": organization_choices(actor=actor, picked=form.where.organization_ids, search=form.search),
        "facets": filter_choices(actor=actor, chosen=form.where.matching),
        "preview": preview(actor, form),
        "job": form.job,
        "notes": shown.notes,
        "launched": shown.launched,
        "url": url,
        "actor_id": actor.id,
        "variables": variable_names(actor),
        "is_fragment": bool(getattr(request, "htmx", False)),
        "typed": request.POST,
    }
