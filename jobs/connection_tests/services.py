"""Testing connections: a run like any other that reads whether, and as what, one gets in."""

from uuid import UUID

from django.db import transaction

from jobs.connection_tests.cmdlets import services_of
from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Run
from jobs.runs.purposes import Purpose
from jobs.runs.selection import Selection
from portal.core.actors import Actor
from tenants.profiles.powershell import TEST_CMDLETS

REASON = "Connection test"


@transaction.atomic
def launch_connection_test(
    *, actor: Actor, selection: Selection, service: str, profile_id: UUID | None = None
) -> list[Run]:
    """Launch a test of each chosen organization, for `service` ("exo", "scc") or "both": a run for each service.

    Every organization is tested with the connection profile that applies to it, or with the named one: so a profile or
    certificate can be tried before it is assigned. Raises `Refused` with what to do; then nothing is launched.
    """
    return [_launched(actor, selection, each, profile_id) for each in services_of(service)]


def _launched(actor: Actor, selection: Selection, service: str, profile_id: UUID | None) -> Run:
    request = RunRequest(
        cmdlet=TEST_CMDLETS[service],
        parameters={},
        selection=selection,
        reason=REASON,
        service=service,
        profile_id=profile_id,
        purpose=Purpose.CONNECTION_TEST,
    )
    draft = draft_run(actor=actor, request=request)
    return launch_run(actor=actor, run_id=draft.pk)
