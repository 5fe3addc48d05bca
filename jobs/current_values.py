"""What is there now, before somebody approves a change: read in every organization of its frozen list."""

from uuid import UUID

from django.db import transaction

from jobs.approvals.models import ApprovalRequest
from jobs.approvals.requests import ApprovalRefused, waiting_request
from jobs.catalogue.cmdlets import UnknownCmdlet
from jobs.catalogue.effects import Effect
from jobs.catalogue.problems import InvalidCall
from jobs.catalogue.read_backs import Reading, reading_of
from jobs.global_stop.selectors import stop_in_force
from jobs.launch import launch_planned
from jobs.readings import calls_of, planned_reading
from jobs.runs.events import run_as_object
from jobs.runs.integrity import check_plan
from jobs.runs.models import Run
from jobs.runs.purposes import Purpose
from jobs.runs.ways import FrozenWays
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization

READER = Actor.system("approvals")


@transaction.atomic
def read_current_values(*, actor: Actor, run_id: UUID) -> Run:
    """Launch a run that reads what the first change of a waiting run is about, and return it; it changes nothing.

    Raises `ApprovalRefused` when the run does not wait, nothing reads that back, or everything is stopped; and
    `PlanChanged` for a plan that was altered.
    """
    actor.require(Permission.RUN_READ)
    if stop := stop_in_force():
        raise ApprovalRefused(stop.refusal)
    request = waiting_request(run_id)
    check_plan(request.run)
    reading = reading_for(request.run)
    if reading is None or not FrozenWays.of_plan(request.run.plan).profiles:
        raise ApprovalRefused(f"Nothing reads back what {request.run.what} changes.")
    try:
        calls = calls_of(reading, request.run)
    except InvalidCall as refusal:
        raise ApprovalRefused(f"{reading.cmdlet} cannot be asked about it: {refusal}") from refusal
    places = list(Organization.objects.filter(tenant_id__in=request.run.plan["organizations"]))
    why = f"Reads what is there before {request.run.what} is approved"
    planned = planned_reading(request.run, calls, places, reason=why, purpose=Purpose.CMDLET)
    launched = launch_planned(actor=READER, run=planned)
    ApprovalRequest.objects.filter(pk=request.pk).update(reading=launched)
    data = {"reading": str(launched.pk), "cmdlet": launched.cmdlet}
    record(AuditAction.APPROVAL_REQUEST_READ, actor=actor, target=run_as_object(request.run), data=data)
    return launched


def reading_for(run: Run) -> Reading | None:
    """Return what reads back the first step of `run` that changes something; None where nothing does."""
    step = next((each for each in run.steps if each.effect != Effect.READ), None)
    try:
        return reading_of(step.sent_as, step.parameters) if step else None
    except UnknownCmdlet:
        return None
