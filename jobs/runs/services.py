"""What is done to a run that was launched."""

from contextlib import suppress
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.runs.events import run_as_object
from jobs.runs.models import Run, RunTarget
from jobs.runs.queued_targets import end_queued_targets
from jobs.runs.secrets import erase_secrets
from jobs.runs.shares import Share
from jobs.runs.states import OPEN_RUN_STATES, OPEN_TARGET_STATES, RunState, TargetState, final_state
from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.authority import Rule
from portal.core.permissions import Permission, PermissionRefused
from portal.core.refusals import Refused
from portal.core.tasks import enqueue
from portal.core.text import storable


class RunNotCancellable(Refused):
    """The run has ended already, or was never launched."""


class RunNotPausable(Refused):
    """The run cannot be paused, resumed or given another share as it stands; the message says why."""


def cancel_run(*, actor: Actor, run_id: UUID) -> Run:
    """Stop a run: queued organizations end as cancelled now, those in flight end by themselves, no cmdlet starts.

    Returns the run as it is then. Asking twice changes nothing. Raises `RunNotCancellable` when it does not go on.
    """
    _require(actor, Permission.RUN_CANCEL, run_id)
    return _stop(actor, run_id)


@transaction.atomic
def stop_runs_of(actor: Actor, person: User) -> dict[str, int]:
    """Stop every run that a person asked for and that goes on, as part of disabling the account; returns how many."""
    open_runs = Run.objects.open().filter(requested_by_id=str(person.pk), cancel_requested_at=None)
    stopped = 0
    for run_id in open_runs.order_by("pk").values_list("pk", flat=True):
        with suppress(RunNotCancellable):  # it ended by itself at this very moment
            _stop(actor, run_id)
            stopped += 1
    return {"runs_stopped": stopped}


def _require(actor: Actor, permission: Permission, run_id: UUID) -> None:
    """Raise `PermissionRefused` unless the actor holds `permission` wherever the run goes, or asked for it."""
    actor.require(permission)
    if (
        not actor.has_everywhere(permission)
        and not Run.objects.visible_to(actor, permission).filter(pk=run_id).exists()
    ):
        why = (
            f"{actor.label} may not do this: the run goes beyond where the permission “{permission.value}” was granted."
        )
        raise PermissionRefused(actor.label, permission, why, Rule.SCOPE_OUTSIDE)


def _stop(actor: Actor, run_id: UUID) -> Run:
    run = _ask_to_stop(actor, run_id)  # committed by itself: nobody starts while 10,000 organizations are ended
    with transaction.atomic():
        cancel_queued_targets(actor=actor, run=run)
        if finish_if_done(actor=actor, run_id=run.pk):
            run.refresh_from_db(fields=["state", "counts", "finished_at"])
    return run


@transaction.atomic
def pause_run(*, actor: Actor, run_id: UUID, reason: str = "") -> Run:
    """Let no further cmdlet of a run start until it is resumed; what was sent ends by itself, the rest waits.

    Returns the run as it is then; pausing twice changes nothing. Raises `RunNotPausable` when it does not go on.
    """
    _require(actor, Permission.RUN_PAUSE, run_id)
    run = _open_run(run_id)
    if run.state != RunState.PAUSED:
        run.state, run.paused_at, run.paused_by = RunState.PAUSED, timezone.now(), actor.label
        run.pause_reason = storable(reason.strip(), 500)
        run.save(update_fields=["state", "paused_at", "paused_by", "pause_reason"])
        record(AuditAction.RUN_PAUSED, actor=actor, target=run_as_object(run), data={"reason": run.pause_reason})
    return run


@transaction.atomic
def resume_run(*, actor: Actor, run_id: UUID) -> Run:
    """Let a paused run go on; resuming one that goes on changes nothing.

    Returns the run as it is then. Raises `RunNotPausable` when it has ended or is being stopped.
    """
    _require(actor, Permission.RUN_PAUSE, run_id)
    run = _open_run(run_id)
    if run.state == RunState.PAUSED:
        paused_by, run.state = run.paused_by, RunState.RUNNING if run.started_at else RunState.QUEUED
        if run.started_at and run.paused_at:
            run.held_for += timezone.now() - run.paused_at
        run.paused_at, run.paused_by, run.pause_reason = None, "", ""
        run.save(update_fields=["state", "paused_at", "paused_by", "pause_reason", "held_for"])
        record(AuditAction.RUN_RESUMED, actor=actor, target=run_as_object(run), data={"paused_by": paused_by})
        enqueue("jobs.dispatch.start_run", run_id=str(run.pk))
    return run


@transaction.atomic
def change_share(*, actor: Actor, run_id: UUID, share: Share) -> Run:
    """Let a run go before others, or others before it, from the next organization on; raises `RunNotPausable`."""
    _require(actor, Permission.RUN_PAUSE, run_id)
    run = _open_run(run_id)
    before = Share(run.share)
    if before != share:
        run.share = share
        run.save(update_fields=["share"])
        changed = {"before": before.label.lower(), "after": share.label.lower()}
        record(AuditAction.RUN_SHARE_CHANGED, actor=actor, target=run_as_object(run), data=changed)
    return run


@transaction.atomic
def _ask_to_stop(actor: Actor, run_id: UUID) -> Run:
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.state == RunState.DRAFT:
        raise RunNotCancellable("This run was never launched. Discard the draft instead.")
    if run.state == RunState.PENDING_APPROVAL:
        raise RunNotCancellable("This run waits for approval: nothing of it began. Withdraw the request instead.")
    if run.state not in OPEN_RUN_STATES:
        raise RunNotCancellable(f"This run has ended already: {run.get_state_display().lower()}.")
    if run.cancel_requested_at is None:
        run.cancel_requested_at, run.cancel_requested_by = timezone.now(), actor.label
        run.save(update_fields=["cancel_requested_at", "cancel_requested_by"])
        record(AuditAction.RUN_CANCEL_REQUESTED, actor=actor, target=run_as_object(run))
    return run


def _open_run(run_id: UUID) -> Run:
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.state == RunState.DRAFT:
        raise RunNotPausable("This run was never launched. Launch it first, or discard the draft.")
    if run.state == RunState.PENDING_APPROVAL:
        raise RunNotPausable("This run waits for approval: nothing of it began.")
    if run.state not in OPEN_RUN_STATES:
        raise RunNotPausable(f"This run has ended already: {run.get_state_display().lower()}.")
    if run.cancel_requested_at is not None:
        raise RunNotPausable(f"This run is being stopped, by {run.cancel_requested_by}. It will not go on.")
    return run


def cancel_queued_targets(*, actor: Actor, run: Run) -> int:
    """End every organization that is not in flight as cancelled; returns how many.

    The cmdlet of one that a worker claims at this moment is not sent any more.
    """
    targets = RunTarget.objects.filter(run=run)
    return end_queued_targets(actor=actor, run=run, targets=targets, state=TargetState.CANCELLED)


@transaction.atomic
def finish_if_done(*, actor: Actor, run_id: UUID) -> bool:
    """End the run once no organization of it is open; whoever finds that first does it, exactly once."""
    if RunTarget.objects.filter(run=run_id, state__in=OPEN_TARGET_STATES).exists():
        return False
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.state not in OPEN_RUN_STATES:
        return False
    run.counts = RunTarget.objects.filter(run=run).count_by_state()
    run.state = final_state(run.counts)
    run.finished_at = timezone.now()
    run.save(update_fields=["counts", "state", "finished_at"])
    erase_secrets(run_id)
    record(
        AuditAction.RUN_FINISHED,
        actor=actor,
        target=run_as_object(run),
        data={"state": RunState(run.state).label.lower(), "counts": run.counts},
    )
    return True
