"""The sweeper: gives back what dead workers held, and rings for everything that is due."""

from datetime import timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from jobs.catalogue.effects import Effect
from jobs.dispatch.start import start_run
from jobs.results.rows.unfolding import sweep_rows
from jobs.runs.events import target_as_object
from jobs.runs.models import Attempt, CloseKind, Connection, Run, RunTarget
from jobs.runs.secrets import sweep_secrets
from jobs.runs.services import cancel_queued_targets, finish_if_done
from jobs.runs.states import RunState, TargetState
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.tasks import queue_length, ring_many
from portal.exports.sweeping import sweep_exports
from tenants.sign_ins.services import sweep_sign_ins
from tenants.sync.services import sweep_synchronizations

log = structlog.get_logger(__name__)
SWEEPER = Actor.system("sweeper")
RING_AT_MOST = 2000
GRACE = timedelta(seconds=5)


def sweep() -> None:
    """Do one round: reap, close, cancel, start, finish, ring."""
    reap_lost_targets()
    close_lost_connections()
    for run in Run.objects.open().order_by("launched_at"):
        if run.cancel_requested_at is not None:
            with transaction.atomic():
                cancel_queued_targets(actor=SWEEPER, run=run)
        elif run.state == RunState.QUEUED:
            start_run(run_id=run.pk)
        finish_if_done(actor=SWEEPER, run_id=run.pk)
    ring_for_due_targets()
    sweep_secrets()
    sweep_sign_ins()
    sweep_synchronizations()
    sweep_rows()
    sweep_exports()  # last, because a full or broken disk ends it


def reap_lost_targets() -> int:
    """Take back every target whose lease ran out; returns how many.

    Nothing was sent, or what was sent only reads: the target is queued again. A change was sent: it ends as unknown.
    """
    lost = RunTarget.objects.filter(state=TargetState.RUNNING, lease_until__lt=Now()).values_list("pk", flat=True)
    return sum(_reap(pk) for pk in list(lost))


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
    was_sent = target.intent_fence == target.fence
    owner, now = target.lease_owner, timezone.now()
    target.lease_until, target.changed_at = None, now
    if was_sent and target.run.effect != Effect.READ:
        target.state, target.finished_at = TargetState.UNKNOWN, now
        target.error_class = "worker_lost_after_sending"
        action = AuditAction.RUN_TARGET_ENDED
    elif target.attempt_count >= settings.MAX_ATTEMPTS:
        target.state, target.finished_at, target.error_class = TargetState.ERRORED, now, "workers_lost"
        action = AuditAction.RUN_TARGET_ENDED
    else:
        target.state, target.error_class = TargetState.QUEUED, "worker_lost"
        action = AuditAction.RUN_TARGET_RELEASED
    target.save(update_fields=["state", "finished_at", "error_class", "lease_until", "changed_at"])
    Attempt.objects.filter(run_target=target, fence=target.fence, ended_at=None).update(
        ended_at=now, outcome="lost", error_class=target.error_class
    )
    record(
        action,
        actor=SWEEPER,
        target=target_as_object(target),
        data={
            "cmdlet": target.run.cmdlet,
            "on_behalf_of": target.run.requested_by,
            "state": target.state,
            "worker": owner,
            "fence": target.fence,
            "was_sent": was_sent,
        },
    )
    log.warning("run_target.reaped", run_target=str(target.pk), worker=owner, was_sent=was_sent, state=target.state)
    return True


def close_lost_connections() -> int:
    """Write off every open connection whose attempt has ended: its worker is dead, Exchange keeps no session."""
    return Connection.objects.filter(closed_at=None, attempt__ended_at__isnull=False).update(
        closed_at=Now(), closed_by="sweeper", close_kind=CloseKind.REAPER, close_reason="worker lost"
    )


def ring_for_due_targets() -> None:
    """Ring again for targets that are due, when the queue holds fewer messages than there are such targets.

    Then messages were lost; while the queue is only long, ringing again would make it longer.
    """
    due = (
        RunTarget.objects.filter(state=TargetState.QUEUED, run__state=RunState.RUNNING, changed_at__lt=Now() - GRACE)
        .filter(Q(not_before=None) | Q(not_before__lte=Now()))
        .order_by("not_before", "queued_at", "position")
        .values_list("pk", flat=True)[:RING_AT_MOST]
    )
    waiting = list(due)
    if len(waiting) > queue_length("bulk"):
        ring_many("jobs.dispatch.run_target", "run_target_id", waiting)
