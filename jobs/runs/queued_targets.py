"""Ending what nobody has begun."""

from django.utils import timezone

from jobs.runs.events import target_as_object
from jobs.runs.models import Run, RunTarget
from jobs.runs.querysets import RunTargetQuerySet
from jobs.runs.states import TargetState
from portal.audit.actions import AuditAction
from portal.audit.services import draft, write
from portal.core.actors import Actor


def end_queued_targets(
    *, actor: Actor, run: Run, targets: RunTargetQuerySet, state: TargetState, error_class: str = ""
) -> int:
    """End in `state`, in the present transaction, those `targets` of `run` that are not in flight; returns how many.

    One that a worker claims at this moment is left to it: waiting for it while others are locked could end in a circle.
    """
    now = timezone.now()
    queued = targets.select_for_update(of=("self",), skip_locked=True).filter(state=TargetState.QUEUED)
    waiting = list(queued.order_by("position"))
    RunTarget.objects.filter(pk__in=[target.pk for target in waiting]).update(
        state=state, error_class=error_class, finished_at=now, changed_at=now
    )
    data = {"cmdlet": run.cmdlet, "on_behalf_of": run.requested_by, "state": state.value}
    if error_class:
        data["error_class"] = error_class
    write(
        [
            draft(AuditAction.RUN_TARGET_ENDED, actor=actor, target=target_as_object(target), data=data)
            for target in waiting
        ]
    )
    return len(waiting)
