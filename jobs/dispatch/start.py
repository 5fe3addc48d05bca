"""Starting a queued run."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.dispatch.rings import ring_for
from jobs.global_stop.selectors import stop_in_force
from jobs.runs.events import run_as_object
from jobs.runs.models import Run, RunTarget
from jobs.runs.services import finish_if_done
from jobs.runs.states import RunState, TargetState
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor

DISPATCHER = Actor.system("dispatcher")


def start_run(*, run_id: UUID) -> None:
    """Set a queued run running and ring for workers; a run that runs already is only rung for again.

    While everything is stopped it stays as it is: the sweeper starts it once the stop is lifted.
    """
    if stop_in_force():
        return
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
        if run.state == RunState.QUEUED:
            run.state, run.started_at = RunState.RUNNING, timezone.now()
            run.save(update_fields=["state", "started_at"])
            record(AuditAction.RUN_STARTED, actor=DISPATCHER, target=run_as_object(run))
    finish_if_done(actor=DISPATCHER, run_id=run_id)
    ring_for(RunTarget.objects.filter(run=run_id, state=TargetState.QUEUED).count())
