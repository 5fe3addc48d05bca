"""Organizations that we stop serving in mid-run: what waits there ends, what is in flight sends nothing more."""

from django.db import transaction

from jobs.runs.models import Run, RunTarget
from jobs.runs.queued_targets import end_queued_targets
from jobs.runs.states import TargetState
from portal.core.actors import Actor


def skip_vanished_organizations(*, actor: Actor) -> int:
    """End as skipped whatever waits in organizations that are no longer served, also of paused runs; returns how many.

    A worker that has one of them in flight is refused its next intent, and ends it in the same way.
    """
    vanished = RunTarget.objects.filter(state=TargetState.QUEUED, organization__vanished_at__isnull=False)
    runs = Run.objects.open().filter(pk__in=vanished.values("run")).defer("plan")
    return sum(_skip(actor, run) for run in runs.order_by("launched_at"))


@transaction.atomic
def _skip(actor: Actor, run: Run) -> int:
    vanished = RunTarget.objects.filter(run=run, organization__vanished_at__isnull=False)
    return end_queued_targets(
        actor=actor, run=run, targets=vanished, state=TargetState.SKIPPED, error_class="organization_vanished"
    )
