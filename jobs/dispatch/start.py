"""Starting a queued run: one ring per organization."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.runs.events import run_as_object
from jobs.runs.models import Run, RunTarget
from jobs.runs.services import finish_if_done
from jobs.runs.states import RunState, TargetState
from portal.audit.actions import AuditAction
from portal.audit.services import record
from portal.core.actors import Actor
from portal.core.tasks import ring_many

DISPATCHER = Actor.system("dispatcher")


def start_run(*, run_id: UUID) -> None:
    """Set a queued run running and ring for each organization; a run that runs already is only rung for again."""
    with transaction.atomic():
        run = Run.objects.select_for_update(no_key=True).get(pk=run_id)
        if run.state == RunState.QUEUED:
            run.state, run.started_at = RunState.RUNNING, timezone.now()
            run.save(update_fields=["state", "started_at"])
            record(AuditAction.RUN_STARTED, actor=DISPATCHER, target=run_as_object(run))
    finish_if_done(actor=DISPATCHER, run_id=run_id)
    waiting = RunTarget.objects.filter(run=run_id, state=TargetState.QUEUED).order_by("position")
    ring_many("jobs.dispatch.run_target", "run_target_id", waiting.values_list("pk", flat=True))
