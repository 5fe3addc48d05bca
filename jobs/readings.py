"""Runs that read what a change is about: before it is approved, or after its answer was lost."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobs.catalogue.cmdlets import catalogue_version
from jobs.catalogue.effects import Effect
from jobs.catalogue.encoding import encode, wire_cmdlet
from jobs.catalogue.powershell import powershell_line
from jobs.catalogue.read_backs import Reading
from jobs.catalogue.validation import ValidCall, validate
from jobs.runs.models import Run
from jobs.runs.plans import build_plan, hash_of
from jobs.runs.purposes import Purpose
from jobs.runs.steps import OnFailure, Step
from portal.core.identifiers import uuid7
from tenants.organizations.models import Organization


def calls_of(reading: Reading, run: Run) -> list[ValidCall]:
    """Return the calls of a reading: what is changed, then the other names of each person whom it knows by one.

    Raises `InvalidCall` where it cannot be asked.
    """
    asked: list[tuple[str, Mapping[str, Any]]] = [
        (reading.cmdlet, reading.parameters),
        *(("Get-Recipient", {"Identity": name}) for name in reading.strangers),
    ]
    known = {name for values in run.plan.get("variables", {}).values() for name in values}
    return [validate(cmdlet, values, service=run.service, variables=known) for cmdlet, values in asked]


def planned_reading(
    run: Run, calls: Sequence[ValidCall], organizations: Sequence[Organization], *, reason: str, purpose: Purpose
) -> Run:
    """Return the run that reads for `run`, not stored: by its ways, and on behalf of whoever requested it."""
    tenants = {str(each.tenant_id) for each in organizations}
    plan = build_plan(
        steps=[Step(call.cmdlet.name, wire_cmdlet(call), Effect.READ, encode(call)) for call in calls],
        service=run.service,
        catalogue_version=catalogue_version(),
        connection=run.plan["connection"],
        organizations=organizations,
        requested_by=run.requested_by,
        reason=reason,
        ticket=run.ticket,
        on_failure=OnFailure.CONTINUE,
        variables={key: values for key, values in run.plan.get("variables", {}).items() if key in tenants},
        purpose=purpose.value,
    )
    return Run(
        id=uuid7(),
        cmdlet=calls[0].cmdlet.name,
        risk="read",
        effect=Effect.READ,
        service=run.service,
        plan=plan,
        plan_version=plan["version"],
        step_count=len(calls),
        plan_hash=hash_of(plan),
        powershell="\n".join(powershell_line(call) for call in calls),
        reason=plan["reason"],
        ticket=run.ticket,
        target_count=len(organizations),
        requested_by_id=run.requested_by_id,
        requested_by=run.requested_by,
        purpose=purpose,
    )
