"""The reaper: takes back what workers held that are lost, and closes their connections."""

from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from jobs.catalogue.effects import Effect
from jobs.runs import machine
from jobs.runs.events import target_as_object
from jobs.runs.integrity import alteration_of
from jobs.runs.machine import Facts
from jobs.runs.models import Attempt, CloseKind, Connection, RunTarget, StepOutcome
from jobs.runs.states import TargetState
from jobs.runs.steps import Step
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.clock import database_now

log = structlog.get_logger(__name__)
SWEEPER = Actor.system("sweeper")
_ERROR_CLASSES = {
    TargetState.UNKNOWN: "worker_lost_after_sending",
    TargetState.ERRORED: "workers_lost",
    TargetState.QUEUED: "worker_lost",
}


def reap_lost_targets() -> int:
    """Take back every target whose lease ran out; returns how many. One where that fails holds up no other.

    Nothing was sent, or what was sent only reads: the target is queued again. A change was sent: it ends as unknown.
    """
    lost = RunTarget.objects.filter(state=TargetState.RUNNING, lease_until__lt=Now()).values_list("pk", flat=True)
    return sum(_reap_apart(pk) for pk in list(lost))


def _reap_apart(run_target_id: UUID) -> bool:
    try:
        return _reap(run_target_id)
    except Exception:
        log.exception("run_target.not_reaped", run_target=str(run_target_id))
        return False


@transaction.atomic
def _reap(run_target_id: UUID) -> bool:
    target = (
        RunTarget.objects.select_for_update(of=("self",), skip_locked=True)
        .select_related("run")
        .filter(pk=run_target_id, state=TargetState.RUNNING, lease_until__lt=Now())
        .first()
    )
    if target is None:
        return False
    step, before = _step_in_flight(target), target.standing
    after = machine.reap(before, Facts(lease_is_live=False), effect=step.effect, most_strikes=settings.MAX_ATTEMPTS)
    if after is None:
        return False
    owner, was_sent, now = target.lease_owner, before.may_have_been_sent, database_now()
    target.state, target.strike_count = after.state, after.strikes
    target.lease_until, target.changed_at = None, now
    target.error_class = _ERROR_CLASSES[after.state]
    target.finished_at = None if after.state is TargetState.QUEUED else now
    action = AuditAction.RUN_TARGET_RELEASED if target.finished_at is None else AuditAction.RUN_TARGET_ENDED
    target.save(update_fields=["state", "finished_at", "error_class", "lease_until", "changed_at", "strike_count"])
    _end_attempt(target)
    record(
        action,
        actor=SWEEPER,
        target=target_as_object(target),
        data={
            "cmdlet": step.cmdlet,
            **({"step": target.step} if target.run.step_count > 1 else {}),
            "on_behalf_of": target.run.requested_by,
            "state": target.state,
            "worker": owner,
            "fence": target.fence,
            "was_sent": was_sent,
        },
    )
    log.warning(
        "run_target.reaped",
        run_target=str(target.pk),
        worker=owner,
        was_sent=was_sent,
        state=target.state,
    )
    return True


def _step_in_flight(target: RunTarget) -> Step:
    """Return the step that the worker was at; a plan that was altered since says nothing of what was sent."""
    run = target.run
    if alteration_of(run):
        return Step(run.cmdlet, run.cmdlet, Effect(run.effect), {})
    return run.steps[target.step - 1]


def _end_attempt(target: RunTarget) -> None:
    """End the attempt that was lost, and the step it was at where there are several."""
    attempt = Attempt.objects.filter(run_target=target, fence=target.fence, ended_at=None).first()
    if attempt is None:
        return
    attempt.ended_at, attempt.outcome, attempt.error_class = target.changed_at, "lost", target.error_class
    attempt.save(update_fields=["ended_at", "outcome", "error_class"])
    if target.finished_at is not None and target.run.step_count > 1:
        StepOutcome.objects.create(
            run_target=target,
            step=target.step,
            attempt=attempt,
            state=target.state,
            error_class=target.error_class,
            intended_at=attempt.intended_at if target.intent_fence == target.fence else None,
            ended_at=target.finished_at,
        )


def close_lost_connections() -> int:
    """Write off every open connection whose attempt has ended: its worker is dead, Exchange keeps no session."""
    return Connection.objects.filter(closed_at=None, attempt__ended_at__isnull=False).update(
        closed_at=Now(), closed_by="sweeper", close_kind=CloseKind.REAPER, close_reason="worker lost"
    )
