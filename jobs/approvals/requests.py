"""Asking for approval of a run, and the ends of a request by which the run never begins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.approvals.demands import Demand
from jobs.approvals.models import LIFETIME, Approval, ApprovalRequest, RequestState
from jobs.runs.events import run_as_object
from jobs.runs.models import Run, RunTarget
from jobs.runs.queued_targets import end_queued_targets
from jobs.runs.secrets import erase_secrets
from jobs.runs.states import OPEN_RUN_STATES, RunState, TargetState
from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import record
from portal.core.actors import Actor, ActorKind
from portal.core.clock import database_now
from portal.core.permissions import Permission
from portal.core.refusals import Refused
from portal.core.text import storable

SWEEPER = Actor.system("sweeper")
_ENDS = {
    RequestState.REJECTED: (RunState.REJECTED, AuditAction.APPROVAL_REQUEST_REJECTED),
    RequestState.EXPIRED: (RunState.EXPIRED, AuditAction.APPROVAL_REQUEST_EXPIRED),
    RequestState.WITHDRAWN: (RunState.CANCELLED, AuditAction.APPROVAL_REQUEST_WITHDRAWN),
    RequestState.VOIDED: (RunState.CANCELLED, AuditAction.APPROVAL_REQUEST_VOIDED),
}


class ApprovalRefused(Refused):
    """The request cannot be made or answered so; the message says why, and what to do."""


def request_approval(*, actor: Actor, run: Run, demand: Demand) -> ApprovalRequest:
    """Let a run that the caller has locked wait for approval of exactly its plan, for 60 minutes."""
    now = database_now()
    human = actor.human or actor.id
    request = ApprovalRequest.objects.create(
        run=run,
        plan_hash=run.plan_hash,
        approvers=demand.approvers,
        policies=list(demand.policies),
        requester_human=human,
        barred=sorted({human, *_last_editors(run)}),
        requested_at=now,
        expires_at=now + LIFETIME,
    )
    data = {
        "plan_hash": run.plan_hash,
        "approvals_needed": demand.approvers,
        "policies": list(demand.policies),
        "expires_at": request.expires_at.isoformat(),
    }
    record(AuditAction.APPROVAL_REQUEST_MADE, actor=actor, target=run_as_object(run), data=data)
    return request


@transaction.atomic
def withdraw_request(*, actor: Actor, run_id: UUID, reason: str = "") -> ApprovalRequest:
    """Take back a request: its run ends without having begun. For whoever asked, or may stop the run.

    Raises `ApprovalRefused` when it does not wait any more.
    """
    request = waiting_request(run_id)
    if request.run.requested_by_id != actor.id:
        actor.require(Permission.RUN_CANCEL)
        if not Run.objects.visible_to(actor, Permission.RUN_CANCEL).filter(pk=run_id).exists():
            raise ApprovalRefused("Only who asked for approval, or may stop runs everywhere it goes, can withdraw it.")
    end_request(actor=actor, request=request, state=RequestState.WITHDRAWN, reason=reason)
    return request


def expire_requests() -> int:
    """End every request whose time is over; returns how many."""
    ended = 0
    overdue = ApprovalRequest.objects.waiting().filter(expires_at__lte=database_now())
    for run_id in overdue.order_by("expires_at").values_list("run_id", flat=True):
        with transaction.atomic():
            request = locked_request(run_id)
            if request and request.is_waiting:
                end_request(
                    actor=SWEEPER, request=request, state=RequestState.EXPIRED, reason="Nobody answered in time"
                )
                ended += 1
    return ended


@transaction.atomic
def end_authority_of(actor: Actor, person: User) -> dict[str, int]:
    """Withdraw, as part of disabling an account, what waits in its name and what it approved; returns how much."""
    why = f"The account of {person.display_name} was disabled"
    waiting = ApprovalRequest.objects.waiting().filter(run__requested_by_id=str(person.pk))
    withdrawn = 0
    for run_id in waiting.order_by("run_id").values_list("run_id", flat=True):
        request = locked_request(run_id)
        if request and request.is_waiting:
            end_request(actor=actor, request=request, state=RequestState.WITHDRAWN, reason=why)
            withdrawn += 1
    given = Approval.objects.select_for_update(of=("self",)).select_related("request__run")
    held = given.filter(
        person_id=str(person.pk),
        withdrawn_at=None,
        request__run__state__in=(RunState.PENDING_APPROVAL, *OPEN_RUN_STATES),
    )
    approvals = list(held.order_by("pk"))
    for approval in approvals:
        take_back(actor=actor, approval=approval, reason=why)
    return {"approval_requests_withdrawn": withdrawn, "approvals_withdrawn": len(approvals)}


def take_back(*, actor: Actor, approval: Approval, reason: str) -> None:
    """Withdraw an approval that the caller has locked: nothing more begins because of it."""
    approval.withdrawn_at, approval.withdrawn_by = timezone.now(), actor.label[:300]
    approval.withdraw_reason = storable(reason, 500)
    approval.save(update_fields=["withdrawn_at", "withdrawn_by", "withdraw_reason"])
    data = {"approver": approval.person, "reason": approval.withdraw_reason}
    record(AuditAction.APPROVAL_WITHDRAWN, actor=actor, target=run_as_object(approval.request.run), data=data)


def locked_request(run_id: UUID) -> ApprovalRequest | None:
    """Return the request of a run, both locked in this order, or None."""
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    request = ApprovalRequest.objects.select_for_update().filter(run=run).first() if run else None
    if run and request:
        request.run = run
    return request


def waiting_request(run_id: UUID) -> ApprovalRequest:
    """Return the request of a run, both locked; raises `ApprovalRefused` unless it still waits."""
    request = locked_request(run_id)
    if request is None:
        raise ApprovalRefused("This run does not wait for approval.")
    if not request.is_waiting:
        raise ApprovalRefused(f"This was answered already: {request.get_state_display().lower()}. {_ended(request)}")
    if is_over(request, database_now()):
        raise ApprovalRefused("The 60 minutes for approval are over. Whoever needs the run launches it again.")
    return request


def is_over(request: ApprovalRequest, now: datetime) -> bool:
    """Whether the time for approval is over at `now`."""
    return request.expires_at <= now


def end_request(*, actor: Actor, request: ApprovalRequest, state: RequestState, reason: str) -> None:
    """End a request that the caller has locked without letting its run begin; nothing of it was sent."""
    run, (run_state, action) = request.run, _ENDS[state]
    close(request, state=state, actor=actor, reason=reason)
    end_queued_targets(actor=actor, run=run, targets=RunTarget.objects.filter(run=run), state=TargetState.CANCELLED)
    run.counts = RunTarget.objects.filter(run=run).count_by_state()
    run.state, run.finished_at = run_state, timezone.now()
    run.save(update_fields=["counts", "state", "finished_at"])
    erase_secrets(run.pk)
    data: dict[str, Any] = {"plan_hash": request.plan_hash, "reason": request.end_reason}
    record(action, actor=actor, target=run_as_object(run), data=data)


def close(request: ApprovalRequest, *, state: RequestState, actor: Actor, reason: str = "") -> None:
    """Give a locked request its end, once."""
    request.state, request.ended_at, request.ended_by = state, database_now(), actor.label[:300]
    request.end_reason = storable(reason.strip(), 500)
    request.save(update_fields=["state", "ended_at", "ended_by", "end_reason"])


def _ended(request: ApprovalRequest) -> str:
    return f"By {request.ended_by}." + (f" {request.end_reason}" if request.end_reason else "")


def _last_editors(run: Run) -> Sequence[str]:
    """Return the human who last changed the saved job from which a run comes, as the trail says."""
    if run.job_id is None:
        return ()
    edited = (AuditAction.JOB_CREATED, AuditAction.JOB_CHANGED)
    events = AuditEvent.objects.filter(target_kind="job", target_id=str(run.job_id), action__in=edited)
    last = events.filter(actor_kind=ActorKind.PERSON).order_by("-occurred_at", "-pk").first()
    editor = User.objects.filter(pk=last.actor_id).first() if last and last.actor_id.isdecimal() else None
    return (editor.human,) if editor else ()
