"""What is done to a run that was launched."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.runs.events import run_as_object, target_as_object
from jobs.runs.models import Run, RunTarget
from jobs.runs.secrets import erase_secrets
from jobs.runs.states import OPEN_RUN_STATES, OPEN_TARGET_STATES, RunState, TargetState, final_state
from portal.audit.actions import AuditAction
from portal.audit.services import draft, record, write
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.refusals import Refused


class RunNotCancellable(Refused):
    """The run has ended already, or was never launched."""


@transaction.atomic
def cancel_run(*, actor: Actor, run_id: UUID) -> Run:
    """Stop a run: queued organizations end as cancelled now, those in flight end by themselves, no cmdlet starts.

    Returns the run as it is then. Asking twice changes nothing. Raises `RunNotCancellable` when it does not go on.
    """
    actor.require(Permission.RUN_CANCEL)
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.state == RunState.DRAFT:
        raise RunNotCancellable("This run was never launched. Discard the draft instead.")
    if run.state not in OPEN_RUN_STATES:
        raise RunNotCancellable(f"This run has ended already: {run.get_state_display().lower()}.")
    if run.cancel_requested_at is None:
        run.cancel_requested_at, run.cancel_requested_by = timezone.now(), actor.label
        run.save(update_fields=["cancel_requested_at", "cancel_requested_by"])
        record(AuditAction.RUN_CANCEL_REQUESTED, actor=actor, target=run_as_object(run))
    cancel_queued_targets(actor=actor, run=run)
    if finish_if_done(actor=actor, run_id=run.pk):
        run.refresh_from_db(fields=["state", "counts", "finished_at"])
    return run


def cancel_queued_targets(*, actor: Actor, run: Run) -> int:
    """End every organization that is not in flight as cancelled; returns how many.

    One that a worker claims at this moment is left to it: its cmdlet is not sent any more. Waiting for it while others
    are locked could end in a circle.
    """
    now = timezone.now()
    queued = RunTarget.objects.select_for_update(skip_locked=True).filter(run=run, state=TargetState.QUEUED)
    waiting = list(queued.order_by("position"))
    for target in waiting:
        target.state, target.finished_at, target.changed_at = TargetState.CANCELLED, now, now
    RunTarget.objects.bulk_update(waiting, ["state", "finished_at", "changed_at"], batch_size=500)
    write(
        [
            draft(
                AuditAction.RUN_TARGET_ENDED,
                actor=actor,
                target=target_as_object(target),
                data={
                    "cmdlet": run.cmdlet,
                    "on_behalf_of": run.requested_by,
                    "state": TargetState.CANCELLED.value,
                },
            )
            for target in waiting
        ]
    )
    return len(waiting)


@transaction.atomic
def finish_if_done(*, actor: Actor, run_id: UUID) -> bool:
    """End the run once no organization of it is open; whoever finds that first does it, exactly once."""
    if RunTarget.objects.filter(run=run_id, state__in=OPEN_TARGET_STATES).exists():
        return False
    run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
    if run.state not in OPEN_RUN_STATES:
        return False
    run.counts = RunTarget.objects.filter(run=run).count_by_state()
    run.state = final_state(run.counts, cancelled=run.cancel_requested_at is not None)
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
