"""Does everything that should run, run? For people, and for whatever monitors the portal."""

import time
from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jobs.liveness.findings import Level
from jobs.liveness.status import Status, present_status
from portal.accounts.web.access import actor_of
from portal.core.errors import DATABASE_AWAY
from portal.core.htmx import fragment_of
from portal.core.permissions import Permission

LOOKS_EVERY_SECONDS = 5
"""However often the monitoring asks, a process looks no more often than this."""

SENTENCES = {
    Level.WORKS: "Everything that should run, runs.",
    Level.WATCH: "Everything runs, but not all is as it should be.",
    Level.FAILS: "Something that should run does not.",
}


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """Show what runs, what does not, and what to do about it."""
    return render(request, "jobs/status/detail.html", _context(request))


@require_safe
@fragment_of("jobs:status")
def status_now(request: HttpRequest) -> HttpResponse:
    """Show it again."""
    return render(request, "jobs/status/detail.html#status-now", _context(request))


@login_not_required
@require_safe
def health_status(request: HttpRequest) -> JsonResponse:
    """Answer the same for machines, with numbers and without names: 200, or 503 when something fails."""
    try:
        facts = _facts(int(time.monotonic()) // LOOKS_EVERY_SECONDS)
    except DATABASE_AWAY:
        facts = {"level": Level.FAILS, "findings": {"database": {"level": Level.FAILS}}}
    return JsonResponse(facts, status=503 if facts["level"] == Level.FAILS else 200)


@lru_cache(maxsize=1)
def _facts(_moment: int) -> dict[str, Any]:
    present = present_status()
    return {
        "level": present.level,
        "at": present.at,
        "findings": {finding.key: {"level": finding.level, **finding.figures} for finding in present.findings},
    }


def _context(request: HttpRequest) -> dict[str, Any]:
    actor_of(request).require(Permission.RUN_READ)
    present: Status = present_status()
    return {"status": present, "sentence": SENTENCES[present.level]}
