"""Answering a request for approval: approve, reject, withdraw what one said, and the emergency of two people."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.approvals.models import Approval, ApprovalKind, ApprovalRequest, RequestState
from jobs.approvals.rechecks import PERMISSIONS, count_that_hold, is_approved
from jobs.approvals.requests import (
    ApprovalRefused,
    close,
    end_request,
    take_back,
    waiting_request,
)
from jobs.approvals.signing import sign
from jobs.authority.decisions import Question, decisions_about, decisions_in
from jobs.runs.events import run_as_object
from jobs.runs.integrity import check_plan, record_altered_plan
from jobs.runs.models import Run, RunTarget
from jobs.runs.plans import PlanChanged
from jobs.runs.states import OPEN_RUN_STATES, RunState, TargetState
from portal.accounts.selectors import human_of
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor, ActorKind
from portal.core.authority_words import in_words
from portal.core.clock import database_now
from portal.core.permissions import Permission, PermissionRefused
from portal.core.tasks import enqueue
from portal.core.text import storable
from tenants.organizations.models import Organization


def approve_run(*, actor: Actor, run_id: UUID, plan_hash: str, comment: str) -> ApprovalRequest:
    """Let a run begin, or come closer to it where two must approve; `plan_hash` names the plan that was shown.

    Raises `StepUpRequired` without a fresh proof of being there, `PermissionRefused` outside one's scope, and
    `ApprovalRefused` for one's own run, another plan, a request that does not wait any more, or no comment.
    """
    return _voiding(actor, run_id, plan_hash, comment, ApprovalKind.APPROVAL)


def confirm_emergency(*, actor: Actor, run_id: UUID, plan_hash: str, comment: str) -> ApprovalRequest:
    """Let a run whose requester declared an emergency begin at once, as the second person; raises as `approve_run`."""
    return _voiding(actor, run_id, plan_hash, comment, ApprovalKind.EMERGENCY)


@transaction.atomic
def declare_emergency(*, actor: Actor, run_id: UUID, reason: str) -> ApprovalRequest:
    """Let a second person who may break the glass stand in for the approvers of one's own run.

    Raises `StepUpRequired`, `PermissionRefused`, or `ApprovalRefused` without a reason or for the run of another.
    """
    actor.require(Permission.RUN_BREAK_GLASS)
    actor.require_step_up()
    request = waiting_request(run_id)
    if request.run.requested_by_id != actor.id:
        raise ApprovalRefused("Only who asked for approval can declare an emergency; a second person confirms it.")
    if not reason.strip():
        raise ApprovalRefused("Say what the emergency is: everybody who audits it will ask.")
    _require_in_scope(actor, request.run, Permission.RUN_BREAK_GLASS)
    if not request.is_emergency:
        request.emergency_at, request.emergency_reason = database_now(), storable(reason.strip(), 500)
        request.save(update_fields=["emergency_at", "emergency_reason"])
        data = {"reason": request.emergency_reason, "plan_hash": request.plan_hash}
        record(AuditAction.EMERGENCY_DECLARED, actor=actor, target=run_as_object(request.run), data=data)
    return request


@transaction.atomic
def reject_run(*, actor: Actor, run_id: UUID, reason: str) -> ApprovalRequest:
    """Let a run never begin; raises `ApprovalRefused` without a reason, or when it does not wait any more."""
    actor.require(Permission.RUN_APPROVE)
    request = waiting_request(run_id)
    _require_in_scope(actor, request.run, Permission.RUN_APPROVE)
    if not reason.strip():
        raise ApprovalRefused("Say why: whoever asked needs to know what to change.")
    end_request(actor=actor, request=request, state=RequestState.REJECTED, reason=reason)
    return request


@transaction.atomic
def withdraw_approval(*, actor: Actor, run_id: UUID, reason: str) -> None:
    """Take back one's own approval: where the run needs it, nothing more of it begins, also when it goes on already.

    Raises `ApprovalRefused` when there is none, or the run has ended.
    """
    run = Run.objects.select_for_update(no_key=True).filter(pk=run_id).first()
    given = Approval.objects.select_for_update(of=("self",)).select_related("request__run")
    approval = given.filter(request__run=run, person_id=actor.id, withdrawn_at=None).first()
    if run is None or approval is None:
        raise ApprovalRefused("You have not approved this run, or have withdrawn it already.")
    if run.state not in (RunState.PENDING_APPROVAL, *OPEN_RUN_STATES):
        raise ApprovalRefused(f"This run has ended already: {run.get_state_display().lower()}.")
    take_back(actor=actor, approval=approval, reason=reason.strip() or "Withdrawn by who gave it")


def _voiding(actor: Actor, run_id: UUID, plan_hash: str, comment: str, kind: ApprovalKind) -> ApprovalRequest:
    """Answer; a plan that was altered, or whose requester lost the right, makes the request void, which is kept."""
    try:
        return _answer(actor, run_id, plan_hash, comment, kind)
    except PlanChanged as refusal:
        record_altered_plan(actor=actor, run=Run.objects.get(pk=run_id), refusal=refusal)
        return _void(actor, run_id, str(refusal))
    except _RequesterRefused as refusal:
        return _void(actor, run_id, str(refusal))


@transaction.atomic
def _answer(actor: Actor, run_id: UUID, plan_hash: str, comment: str, kind: ApprovalKind) -> ApprovalRequest:
    permission = PERMISSIONS[kind]
    actor.require(permission)
    actor.require_step_up()
    request = waiting_request(run_id)
    _require_another_human(actor, request)
    _require_in_scope(actor, request.run, permission)
    _require_answer(request, plan_hash, comment, kind)
    check_plan(request.run)
    _require_requester(request.run)
    approval = _given(actor, request, comment, kind)
    _record(actor, approval)
    if is_approved(request):
        _begin(actor, request)
    return request


def _require_another_human(actor: Actor, request: ApprovalRequest) -> None:
    if actor.kind is not ActorKind.PERSON or not actor.human:
        raise ApprovalRefused("Only a person can approve, signed in with their own account.")
    if actor.human in {request.requester_human, human_of(request.run.requested_by_id)}:
        raise ApprovalRefused("Nobody approves their own run, with whichever account. Ask another approver.")
    if actor.human in request.barred:
        raise ApprovalRefused("You last changed the job that this run comes from. Ask another approver.")
    if request.approvals.filter(human=actor.human, withdrawn_at=None).exists():
        raise ApprovalRefused("You have approved this run already. A second person must approve it too.")


def _require_answer(request: ApprovalRequest, plan_hash: str, comment: str, kind: ApprovalKind) -> None:
    if plan_hash != request.plan_hash:
        raise ApprovalRefused("What you saw is not the plan that waits. Read the page again before you approve.")
    if not comment.strip():
        raise ApprovalRefused("Write a comment: why may this happen?")
    if kind is ApprovalKind.EMERGENCY and not request.is_emergency:
        raise ApprovalRefused("Nobody declared an emergency. An approver must approve this run.")


def _require_in_scope(actor: Actor, run: Run, permission: Permission) -> None:
    """Raise `PermissionRefused` unless the actor holds `permission` for these cmdlets in every organization."""
    places = dict(RunTarget.objects.filter(run=run).values_list("organization_id", "organization_name"))
    decided = decisions_in(places, grants=actor.grants, steps=run.steps, permission=permission)
    refused = [pk for pk, decision in decided.items() if not decision.is_allowed]
    if refused:
        decision = decided[refused[0]]
        why = f"{actor.label} may not answer for {places[refused[0]]}. {in_words(decision)}"
        raise PermissionRefused(actor.label, permission, why, decision.rule)


class _RequesterRefused(Exception):
    """Who asked for approval may not launch this any more."""


def _require_requester(run: Run) -> None:
    served = Organization.objects.filter(run_targets__run=run, run_targets__state=TargetState.QUEUED)
    asked = {pk: Question(run.requested_by_id, pk, run.steps) for pk in served.values_list("pk", flat=True)}
    for decision in decisions_about(asked).values():
        if not decision.is_allowed:
            raise _RequesterRefused(f"{run.requested_by} may not launch it any more. {in_words(decision)}")


def _given(actor: Actor, request: ApprovalRequest, comment: str, kind: ApprovalKind) -> Approval:
    approval = Approval(
        request=request,
        kind=kind,
        person_id=actor.id,
        person=actor.label[:300],
        human=actor.human,
        requester_human=request.requester_human,
        plan_hash=request.plan_hash,
        comment=storable(comment.strip(), 500),
        stepped_up_at=actor.stepped_up_at,
        given_at=database_now(),
    )
    sign(approval)
    approval.save(force_insert=True)
    return approval


def _record(actor: Actor, approval: Approval) -> None:
    emergency = approval.kind == ApprovalKind.EMERGENCY
    action = AuditAction.EMERGENCY_CONFIRMED if emergency else AuditAction.APPROVAL_GIVEN
    proved = approval.stepped_up_at
    data = {
        "plan_hash": approval.plan_hash,
        "comment": approval.comment,
        "holding": count_that_hold(approval.request),
        "needed": approval.request.approvers,
        **({"stepped_up_at": proved.isoformat()} if proved else {}),
    }
    record(action, actor=actor, target=run_as_object(approval.request.run), data=data)


def _begin(actor: Actor, request: ApprovalRequest) -> None:
    run, now = request.run, timezone.now()
    close(request, state=RequestState.APPROVED, actor=actor)
    run.state = RunState.QUEUED
    run.save(update_fields=["state"])
    RunTarget.objects.filter(run=run, state=TargetState.QUEUED).update(queued_at=now, changed_at=now)
    data = {"plan_hash": request.plan_hash, "approvers": [each.person for each in request.approvals.all()]}
    record(AuditAction.APPROVAL_REQUEST_APPROVED, actor=actor, target=run_as_object(run), data=data)
    enqueue("jobs.dispatch.start_run", run_id=str(run.pk))


@transaction.atomic
def _void(actor: Actor, run_id: UUID, reason: str) -> ApprovalRequest:
    request = waiting_request(run_id)
    end_request(actor=actor, request=request, state=RequestState.VOIDED, reason=reason)
    return request
