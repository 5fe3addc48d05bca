"""Fetch a launched run for a page: 404 outside one's scope, 403 without the right."""

from uuid import UUID

from django.http import Http404, HttpRequest

from jobs.runs.models import Run
from jobs.runs.selectors import launched_run
from portal.accounts.web.access import actor_of
from portal.core.actors import Actor
from portal.core.permissions import Permission

GONE = "There is no such {}: it was deleted under the retention policy, or is not visible to you."


def run_for(request: HttpRequest, run_id: UUID, permission: Permission = Permission.RUN_READ) -> tuple[Actor, Run]:
    """Return who asks, who holds `permission`, and the launched run asked for."""
    actor = actor_of(request)
    actor.require(permission)
    return actor, found(launched_run(actor=actor, run_id=run_id))


def found(run: Run | None) -> Run:
    """Return `run`, or answer 404."""
    if run is None:
        raise Http404(GONE.format("run"))
    return run
