"""The history of runs: what has been done?"""

from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from jobs.runs.calendar import days_with_runs
from jobs.runs.history import drafts, runs_now, runs_page
from jobs.runs.models import Run
from jobs.runs.states import is_open
from jobs.web.calendar import calendar_picture, summary
from jobs.web.run_filters import RunFilterForm
from jobs.web.run_rows import run_rows, short_parameters
from jobs.web.unknown_words import found_out_of
from portal.accounts.web.access import actor_of
from portal.accounts.web.saved_filters import saved_filters
from portal.core.actors import Actor
from portal.core.htmx import fragment_of
from portal.core.pagination import PAGE_SIZE, lost_place
from portal.core.permissions import Permission


@require_safe
def run_list(request: HttpRequest) -> HttpResponse:
    """Show the history with its calendar, and the person's own drafts."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    saved = saved_filters(request, actor, page="runs")
    if saved.opening:
        return saved.opening
    form, today, cursor = RunFilterForm(actor, request.GET), timezone.now().date(), request.GET.get("cursor", "")
    page = runs_page(actor=actor, wanted=form.wanted(today), sort=form.sort, cursor=cursor)
    context = {
        "form": form,
        "ignored": [*form.ignored(), *lost_place(page, cursor)],
        "choices": form.choices(),
        "saved": saved,
        "page": page,
        "rows": run_rows(page.rows, found_out_of(actor, page.rows)),
        "live_url": _live_url(page.rows),
        "drafts": [(draft, short_parameters(draft)) for draft in drafts(actor=actor)],
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        **_calendar(actor, form, today),
    }
    return render(request, "jobs/runs/list.html", context)


@require_safe
@fragment_of("jobs:runs")
def runs_live(request: HttpRequest) -> HttpResponse:
    """Show again what changes in the rows of runs that go on; their places in the list stay."""
    actor = actor_of(request)
    actor.require(Permission.RUN_READ)
    runs = runs_now(actor=actor, run_ids=_run_ids(request))
    context = {
        "rows": run_rows(runs, found_out_of(actor, runs)),
        "live_url": _live_url(runs),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        "is_update": True,
    }
    return render(request, "jobs/runs/list.html#live-rows", context)


def _calendar(actor: Actor, form: RunFilterForm, today: date) -> dict[str, Any]:
    """Return the calendar of the runs that the other filters let through; its days narrow the list."""
    days = days_with_runs(actor=actor, wanted=form.wanted(today, at_any_time=True), today=today)
    picture = calendar_picture(days, today=today, url_of=form.day_url(), shown=form.shown_days(today))
    return {"calendar": picture, "calendar_summary": summary(days), "has_history": bool(days)}


def _live_url(runs: Iterable[Run]) -> str:
    """Return where to ask for news of the runs that go on; empty when none does."""
    query = urlencode([("run", str(run.pk)) for run in runs if is_open(run.state)])
    return f"{reverse('jobs:runs-live')}?{query}" if query else ""


def _run_ids(request: HttpRequest) -> list[UUID]:
    try:
        return [UUID(text) for text in request.GET.getlist("run")[:PAGE_SIZE]]
    except ValueError as error:
        raise Http404("There is no such run.") from error
