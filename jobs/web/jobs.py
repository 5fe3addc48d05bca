"""Pages of jobs: the list with what is unfinished, one job, copying and deleting it."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jobs.catalogue.cmdlets import UnknownCmdlet, find
from jobs.saved.drafts import discard_launch_draft
from jobs.saved.models import Job, LaunchDraft
from jobs.saved.selectors import (
    JOB_SORTS,
    JobFilter,
    Step,
    find_job,
    has_jobs,
    jobs_page,
    runs_of_job,
    steps_of,
    unfinished_launches,
)
from jobs.saved.services import (
    LONGEST_DESCRIPTION,
    LONGEST_NAME,
    JobRefused,
    change_job,
    delete_job,
    duplicate_job,
)
from jobs.web.job_form import job_form
from jobs.web.parameter_texts import PREFIX
from jobs.web.preview import preview
from jobs.web.what import What
from jobs.web.words import RISKS, counts_in_words
from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.actors import Actor
from portal.core.filters import FilterForm, choice_field, text_field
from portal.core.htmx import render_page
from portal.core.permissions import Permission

SORT = "name"


class JobFilterForm(FilterForm):
    """Filters of the list of jobs."""

    q = text_field("Name, description or cmdlet", search=True)
    whose = choice_field("Saved by", [("mine", "Me"), ("shared", "Others")], any_word="Anybody")
    used = choice_field("Launched", [("yes", "At least once"), ("no", "Never")], any_word="Ever or never")

    def wanted(self) -> JobFilter:
        """Return the filter that these values mean."""
        chosen = self.chosen()
        return JobFilter(chosen.get("q", ""), chosen.get("whose", ""), chosen.get("used", ""))


class JobForm(forms.Form):
    """What a job is called, what it is for, and who sees it."""

    name = forms.CharField(max_length=LONGEST_NAME)
    description = forms.CharField(
        label="What it is for", max_length=LONGEST_DESCRIPTION, required=False, widget=forms.Textarea({"rows": 2})
    )
    shared = forms.BooleanField(label="Shared with everybody who may launch", required=False)


@require_safe
def job_list(request: HttpRequest) -> HttpResponse:
    """List jobs, and above them the launches that this person began and did not finish."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    saved = saved_filters(request, actor, page="jobs")
    if saved.opening:
        return saved.opening
    form = JobFilterForm(request.GET)
    asked = request.GET.get("sort", SORT)
    sort = asked if asked in JOB_SORTS else SORT
    no_order = [] if asked == sort else [f"“{asked[:40]}” is no order of this list, so it is sorted by name."]
    context = {
        "form": form,
        "saved": saved,
        "sort": sort,
        "ignored": [*form.ignored(), *no_order],
        "page": jobs_page(actor=actor, wanted=form.wanted(), sort=sort, cursor=request.GET.get("cursor", "")),
        "has_jobs": has_jobs(actor=actor),
        "unfinished": [(draft, _typed_words(draft)) for draft in _unfinished(actor)],
        "may_launch": actor.has(Permission.RUN_LAUNCH),
        "actor_id": actor.id,
    }
    return render_page(request, "jobs/jobs/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def job_detail(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Show one job: what it would do today, and its runs; a POST changes its name, description and sharing."""
    actor = actor_of(request)
    job = _job(actor, job_id)
    facts = {"name": job.name, "description": job.description, "shared": job.shared}
    form = JobForm(request.POST if request.method == "POST" else None, initial=facts)
    if request.method == "POST" and form.is_valid():
        try:
            change_job(actor=actor, job_id=job.pk, **form.cleaned_data)
        except JobRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved.")
            return HttpResponseRedirect(reverse("jobs:job", args=[job.pk]), status=303)
    if request.method == "POST":
        actor.require(Permission.RUN_LAUNCH)
    return render_page(
        request, "jobs/jobs/detail.html", _context(actor, job, form), status=422 if form.is_bound else 200
    )


@require_POST
def job_duplicate(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Copy a job, and lead to the copy."""
    actor = actor_of(request)
    copy = _acted(lambda: duplicate_job(actor=actor, job_id=job_id))
    messages.success(request, f"This is a copy, seen by you alone until you share it: “{copy.name}”.")
    return HttpResponseRedirect(reverse("jobs:job", args=[copy.pk]), status=303)


@require_http_methods(["GET", "HEAD", "POST"])
def job_delete(request: HttpRequest, job_id: UUID) -> HttpResponse:
    """Ask whether to delete a job; a POST deletes it. Deleting twice is no error."""
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    if request.method == "POST":
        delete_job(actor=actor, job_id=job_id)
        messages.success(request, "The job is deleted. Its runs stay.")
        return HttpResponseRedirect(reverse("jobs:jobs"), status=303)
    return render_page(request, "jobs/jobs/confirm.html", {"job": _job(actor, job_id)})


@require_POST
def launch_draft_discard(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """Forget an unfinished launch, and return to the list; forgetting twice is no error."""
    actor = actor_of(request)
    actor.require(Permission.RUN_LAUNCH)
    discard_launch_draft(actor=actor, draft_id=draft_id)
    return HttpResponseRedirect(reverse("jobs:jobs"), status=303)


def _job(actor: Actor, job_id: UUID) -> Job:
    actor.require(Permission.RUN_READ)
    job = find_job(actor=actor, job_id=job_id)
    if job is None:
        raise Http404("This job was deleted, or is not shared with you.")
    return job


def _unfinished(actor: Actor) -> list[LaunchDraft]:
    return unfinished_launches(actor=actor) if actor.has(Permission.RUN_LAUNCH) else []


def _typed_words(draft: LaunchDraft) -> str:
    """Return by what a person knows an unfinished launch again: the values and the reason typed so far."""
    typed = QueryDict(draft.typed)
    values = [typed[name].split("\n")[0] for name in typed if name.startswith(PREFIX)]
    return " · ".join(text[:40] for text in [*values[:3], *typed.getlist("reason")])


def _acted(act: Callable[[], Job]) -> Job:
    try:
        return act()
    except JobRefused as refusal:
        raise Http404(str(refusal)) from refusal


def _step_row(job: Job, step: Step) -> dict[str, Any]:
    """Return one step as the page of its job lists it: constants, inputs, columns, and where it is opened."""
    try:
        cmdlet = find(step.cmdlet)
    except UnknownCmdlet as unknown:
        return {"step": step, "nearest": unknown.nearest, "is_gone": True, "values": []}
    what = What.read(cmdlet, QueryDict(step.typed))
    inputs = {wanted.parameter for wanted in what.inputs}
    return {
        "step": step,
        "values": [(name, text) for name, text in what.texts.items() if name not in inputs],
        "inputs": [(wanted.words, what.texts.get(wanted.parameter, "")) for wanted in what.inputs],
        "columns": what.columns,
        "risk": cmdlet.risk,
        "risk_words": RISKS[cmdlet.risk],
        "url": f"{reverse('jobs:launch', args=[step.cmdlet])}?job={job.pk}&step={step.position}",
    }


def _context(actor: Actor, job: Job, form: JobForm) -> dict[str, Any]:
    steps = steps_of(job)
    rows = [_step_row(job, step) for step in steps]
    launch, url = job_form(actor, job, steps), next((row["url"] for row in rows if "url" in row), "")
    return {
        "job": job,
        "steps": rows if len(rows) > 1 else [],
        "gone": [row for row in rows if "is_gone" in row],
        "form": form,
        "launch": launch,
        "where": launch.where.in_words() if launch else "",
        "preview": preview(actor, launch) if launch else None,
        "on_failure": launch.steps.on_failure.label if launch else "",
        "reason": launch.purpose["reason"].value() if launch else "",
        "runs": [(run, counts_in_words(run.counts)) for run in runs_of_job(actor=actor, job=job)],
        "may_launch": actor.has(Permission.RUN_LAUNCH),
        "launch_url": url,
    }
