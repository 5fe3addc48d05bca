"""The first page: what needs whoever opens it."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.views.decorators.http import require_safe

from jobs.runs.history import ended_runs, open_runs
from jobs.runs.models import Run
from jobs.runs.states import OPEN_TARGET_STATES
from jobs.runs.worklist import counts_of, last_cmdlets, outcomes_by_day
from jobs.saved.selectors import unfinished_launches
from jobs.web.pictures import bar_markup
from jobs.web.words import counts_in_words
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.htmx import fragment_of, render_page
from portal.core.permissions import Permission
from portal.dashboard.cards import cards_for
from portal.dashboard.first_steps import steps_for
from portal.dashboard.outcomes import DAYS, outcomes_picture, total_of

OPEN_SHOWN = 8
RECENT_SHOWN = 5
_BAR = {"width": 600, "height": 10}


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run in progress: how many of its organizations are done, as a picture and in words."""

    run: Run
    done: int
    bar: SafeString
    words: str


@dataclass(frozen=True, slots=True)
class LastCmdlet:
    """A cmdlet that the person launched lately, and where the same is launched again."""

    run: Run
    again_url: str


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show what needs attention; a new installation gets the steps to its first run instead."""
    actor = actor_of(request)
    if not actor.permissions:
        return render_page(request, "portal/no_role.html", {})
    steps = steps_for(actor)
    context: dict[str, Any] = {
        "steps": steps,
        "next_step": next((step for step in steps if not step.is_done), None),
        "can_launch": actor.has(Permission.RUN_LAUNCH),
        **(_worklist(actor) if not steps else {}),
    }
    return render_page(request, "portal/home.html", context)


@require_safe
@fragment_of("home")
def runs_in_progress(request: HttpRequest) -> HttpResponse:
    """Answer the poll of the first page: only the runs in progress, without the rest of its questions."""
    return render(request, "portal/home.html#runs-in-progress", {"open_runs": _open_runs(actor_of(request))})


def _worklist(actor: Actor) -> dict[str, Any]:
    now = timezone.now()
    first_day = datetime.combine(now.date() - timedelta(days=DAYS - 1), time(), now.tzinfo)
    days = outcomes_by_day(actor=actor, since=first_day)
    return {
        "cards": cards_for(actor, now),
        "open_runs": _open_runs(actor),
        "recent_runs": ended_runs(actor=actor, number=RECENT_SHOWN),
        "unfinished": unfinished_launches(actor=actor, number=RECENT_SHOWN) if actor.has(Permission.RUN_LAUNCH) else [],
        "last_cmdlets": _last_cmdlets(actor),
        "outcomes": outcomes_picture(days, today=now.date()) if days else None,
        "outcome_total": total_of(days),
    }


def _open_runs(actor: Actor) -> list[OpenRun]:
    runs = open_runs(actor=actor, number=OPEN_SHOWN)
    counts = counts_of(actor=actor, runs=runs) if runs else {}
    return [
        OpenRun(
            run,
            sum(number for state, number in counts[run.pk].items() if state not in OPEN_TARGET_STATES),
            bar_markup(counts[run.pk], **_BAR),
            counts_in_words(counts[run.pk]),
        )
        for run in runs
    ]


def _last_cmdlets(actor: Actor) -> list[LastCmdlet]:
    if not actor.has(Permission.RUN_LAUNCH):
        return []
    return [
        LastCmdlet(run, f"{reverse('jobs:launch', args=[run.cmdlet])}?from={run.pk}")
        for run in last_cmdlets(actor=actor, number=RECENT_SHOWN)
    ]
