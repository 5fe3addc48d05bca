"""People and runs for tests of approvals."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Run
from jobs.runs.selection import Selection
from portal.accounts.models import User
from portal.core.actors import Actor, Source
from tenants.organizations.models import Organization


def fresh(person: User) -> Actor:
    """Return a person as they act now in a browser, having just proved to be there."""
    return replace(User.objects.get(pk=person.pk).as_actor(Source.WEB), stepped_up_at=datetime.now(UTC))


def destructive_run(person: User, places: Sequence[Organization]) -> Run:
    """Return a run that a person launched and that must be approved."""
    selection = Selection(organization_ids=[place.pk for place in places])
    request = RunRequest("Remove-TransportRule", {"Identity": "Old", "Confirm": False}, selection, reason="Clean up")
    run = draft_run(actor=fresh(person), request=request)
    return launch_run(actor=fresh(person), run_id=run.pk)
