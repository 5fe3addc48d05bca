"""Runs that ended as a test wants it, without anybody carrying them out."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.calls import StepRequest
from jobs.runs.models import Attempt, Run, RunTarget, StepOutcome
from jobs.runs.selection import Selection
from jobs.runs.services import finish_if_done
from jobs.runs.states import TargetState
from portal.core.actors import Actor
from tenants.organizations.models import Organization
from tests.factories import SYSTEM

S = TargetState
CREATE = StepRequest("New-DistributionGroup", {"Name": "Signal crew"})
READ = StepRequest("Get-AcceptedDomain", {})
SET = StepRequest("Set-DistributionGroup", {"Identity": "Signal crew", "MailTip": "Ask first"})
WITH_SECRET = StepRequest(
    "New-Mailbox", {"Name": "Ada", "MicrosoftOnlineServicesID": "a@b.example", "Password": "S3cret!x"}
)


def launched(places: Sequence[Organization], *steps: StepRequest, actor: Actor = SYSTEM, **values: Any) -> Run:
    first, *later = steps or (READ,)
    selection = Selection(organization_ids=[place.pk for place in places])
    request = RunRequest(first.cmdlet, first.parameters, selection, later_steps=later, **values)
    return launch_run(actor=actor, run_id=draft_run(actor=actor, request=request).pk)


def ended(run: Run, *states: TargetState, error_class: str = "throttled") -> Run:
    """End the targets of a run in these states, in order, and the run."""
    now = timezone.now()
    for target, state in zip(run.targets.order_by("position"), states, strict=True):
        failed = state in (S.FAILED, S.ERRORED, S.UNKNOWN)
        facts = {"state": state, "finished_at": now, "error_class": error_class if failed else ""}
        RunTarget.objects.filter(pk=target.pk).update(**facts)
    assert finish_if_done(actor=SYSTEM, run_id=run.pk)
    run.refresh_from_db()
    return run


def step_ended(target: RunTarget, step: int, state: TargetState, error_class: str = "") -> None:
    attempt, _ = Attempt.objects.get_or_create(
        run_target=target, fence=1, defaults={"number": 1, "worker": "w", "claimed_at": timezone.now()}
    )
    StepOutcome.objects.create(
        run_target=target, step=step, attempt=attempt, state=state, error_class=error_class, ended_at=timezone.now()
    )


def tenants(places: Sequence[Organization]) -> list[str]:
    return sorted(str(place.tenant_id) for place in places)
