"""From what somebody wants to run, and where, to the plan of a run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from jobs.catalogue.cmdlets import catalogue_version
from jobs.catalogue.encoding import encode, encode_secrets, wire_cmdlet
from jobs.catalogue.powershell import powershell_line
from jobs.catalogue.validation import ValidCall
from jobs.runs.calls import StepRequest, valid_calls, worst_risk
from jobs.runs.models import Run
from jobs.runs.plans import build_plan, hash_of
from jobs.runs.purposes import Purpose
from jobs.runs.secrets import fingerprints_of
from jobs.runs.selection import Selection
from jobs.runs.steps import OnFailure, Step, worst_effect
from jobs.runs.variables import frozen_variables, known_variables
from jobs.runs.ways import frozen_ways
from portal.core.actors import Actor
from portal.core.identifiers import uuid7
from portal.core.refusals import Refused
from tenants.organizations.models import Organization
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import find_profile


class RunRefused(Refused):
    """The run cannot be drafted or launched; the message says what to do."""


@dataclass(frozen=True, slots=True)
class RunRequest:
    """What somebody wants to run, and where; `cmdlet` with `parameters`, typed values by name, is the first step."""

    cmdlet: str
    parameters: Mapping[str, Any]
    selection: Selection
    reason: str = ""
    ticket: str = ""
    thumbprint: str = ""
    profile_id: UUID | None = None
    service: str | None = None
    job_id: UUID | None = None
    purpose: Purpose = Purpose.CMDLET
    later_steps: Sequence[StepRequest] = ()
    on_failure: OnFailure = OnFailure.STOP

    @property
    def steps(self) -> tuple[StepRequest, ...]:
        """All steps in order."""
        return (StepRequest(self.cmdlet, self.parameters), *self.later_steps)


def checked_calls(*, actor: Actor, request: RunRequest) -> tuple[ValidCall, ...]:
    """Return the calls that the steps of `request` mean; raises `InvalidCall` with every problem."""
    return valid_calls(request.steps, service=request.service, variables=known_variables(actor, request.steps))


def planned_run(
    *, actor: Actor, request: RunRequest, calls: Sequence[ValidCall], organizations: Sequence[Organization]
) -> Run:
    """Return the run as `draft_run` would freeze it, not stored.

    Raises `InvalidCall` when a value does not fit an organization, `RunRefused`, `NoWayIn` or `NoValue`.
    """
    if not organizations:
        raise RunRefused("No organization is chosen. Choose all, a group, or single organizations.")
    run_id = uuid7()
    steps = [_step(run_id, number, call) for number, call in enumerate(calls, start=1)]
    plan = _plan(actor, request, calls, steps, organizations)
    return Run(
        id=run_id,
        cmdlet=steps[0].cmdlet,
        risk=worst_risk(call.risk for call in calls),
        effect=worst_effect(tuple(steps)),
        service=plan["service"],
        plan=plan,
        plan_hash=hash_of(plan),
        powershell="\n".join(map(powershell_line, calls)),
        reason=request.reason,
        ticket=request.ticket,
        target_count=len(organizations),
        requested_by_id=actor.id,
        requested_by=actor.label,
        job_id=request.job_id,
        purpose=request.purpose,
        plan_version=plan["version"],
        step_count=len(steps),
    )


def _step(run_id: UUID, number: int, call: ValidCall) -> Step:
    return Step(
        call.cmdlet.name,
        wire_cmdlet(call),
        call.effect,
        encode(call),
        secrets=fingerprints_of(run_id, encode_secrets(call), step=number),
        warnings=list(call.warnings),
    )


def _plan(
    actor: Actor,
    request: RunRequest,
    calls: Sequence[ValidCall],
    steps: Sequence[Step],
    organizations: Sequence[Organization],
) -> dict[str, Any]:
    service = calls[0].service
    return build_plan(
        steps=steps,
        service=service,
        catalogue_version=catalogue_version(),
        connection=frozen_ways(
            organizations,
            service=service,
            profile=_chosen_profile(actor, request),
            thumbprint=request.thumbprint,
        ),
        organizations=organizations,
        requested_by=actor.label,
        reason=request.reason,
        ticket=request.ticket,
        on_failure=request.on_failure,
        variables=frozen_variables(calls, organizations),
        purpose=request.purpose.value,
    )


def _chosen_profile(actor: Actor, request: RunRequest) -> ConnectionProfile | None:
    if request.profile_id is None:
        return None
    profile = find_profile(actor=actor, profile_id=request.profile_id)
    if profile is None or profile.retired_at is not None:
        raise RunRefused("The connection profile that was chosen does not exist any more. Choose another.")
    return profile
