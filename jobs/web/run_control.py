"""What a person does to a run that goes on: stop, pause, resume, let it go first, try again what it waits for."""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from jobs.runs.models import Run
from jobs.runs.services import RunNotCancellable, RunNotPausable, cancel_run, change_share, pause_run, resume_run
from jobs.runs.shares import Share
from jobs.throttling.services import NotPaused, try_again
from jobs.web.refused import refused
from jobs.web.run_access import run_for
from portal.core.permissions import Permission
from portal.core.text import storable


@require_POST
def run_stop(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Ask the run to stop; asking twice changes nothing."""
    return _do(request, run_id, Permission.RUN_CANCEL, cancel_run, "There is nothing to stop")


@require_POST
def run_pause(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Let no further cmdlet of the run start; pausing twice changes nothing."""
    pause = partial(pause_run, reason=request.POST.get("reason", ""))
    return _do(request, run_id, Permission.RUN_PAUSE, pause, "There is nothing to pause")


@require_POST
def run_resume(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Let a paused run go on; resuming twice changes nothing."""
    return _do(request, run_id, Permission.RUN_PAUSE, resume_run, "This run does not go on")


@require_POST
def run_share(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Let the run go before others, or others before it."""
    try:
        share = Share(int(request.POST.get("share", "")))
    except ValueError as error:
        raise Http404("There is no such share.") from error
    change = partial(change_share, share=share)
    return _do(request, run_id, Permission.RUN_PAUSE, change, "There is nothing left to share")


@require_POST
def run_try_again(request: HttpRequest, run_id: UUID) -> HttpResponse:
    """Let one organization try now whether tokens are issued again as the identity that the run waits for."""
    actor, _ = run_for(request, run_id, Permission.RUN_LAUNCH)
    url = reverse("jobs:run", args=[run_id])
    try:
        try_again(actor=actor, identity=storable(request.POST.get("identity", ""), 320))
    except NotPaused as refusal:
        title = "There is nothing to try again"
        return refused(request, refusal, title=title, url=url, action="Open the run", status=409)
    return HttpResponseRedirect(url, status=303)


def _do(
    request: HttpRequest, run_id: UUID, permission: Permission, act: Callable[..., Run], title: str
) -> HttpResponse:
    actor, _ = run_for(request, run_id, permission)
    url = reverse("jobs:run", args=[run_id])
    try:
        act(actor=actor, run_id=run_id)
    except (RunNotCancellable, RunNotPausable) as refusal:
        return refused(request, refusal, title=title, url=url, action="Open the run", status=409)
    return HttpResponseRedirect(url, status=303)
