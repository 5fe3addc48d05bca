"""Whether a stored plan is still the one that was reviewed: its hash, the one beside it, and the one in the trail."""

from django.db import transaction

from jobs.runs.events import run_as_object
from jobs.runs.models import Run
from jobs.runs.plans import PlanChanged, hash_of
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import record
from portal.core.actors import Actor

REVIEWED = (AuditAction.RUN_DRAFTED, AuditAction.RUN_LAUNCHED)


def check_plan(run: Run) -> None:
    """Raise `PlanChanged` unless the plan of `run` has the hash under which it was drafted.

    Whoever can edit the plan in the database can edit the hash beside it too, but not the trail.
    """
    expected = reviewed_hash(run)
    for found in (hash_of(run.plan), run.plan_hash):
        if found != expected:
            raise PlanChanged(expected, found)


def alteration_of(run: Run) -> PlanChanged | None:
    """Return how the plan of `run` differs from the one that was reviewed; None when it does not."""
    try:
        check_plan(run)
    except PlanChanged as change:
        return change
    return None


def cmdlet_at(run: Run, step: int) -> str:
    """Return the cmdlet at a step, for words about it; that of the run where the plan was altered since."""
    return run.cmdlet if alteration_of(run) else run.steps[step - 1].cmdlet


def reviewed_hash(run: Run) -> str:
    """Return the plan hash of the first event of `run`; where none is left, the one stored beside the plan."""
    first = AuditEvent.objects.filter(run_id=run.pk, action__in=REVIEWED).order_by("occurred_at", "pk")
    recorded: str | None = first.values_list("data__plan_hash", flat=True).first()
    return recorded or run.plan_hash


@transaction.atomic
def record_altered_plan(*, actor: Actor, run: Run, refusal: PlanChanged) -> None:
    """Record that an altered plan was refused, once for each plan that is found in place of the reviewed one.

    Who altered it cannot be known: it was not done through Signalbox.
    """
    Run.objects.select_for_update(no_key=True).only("pk").get(pk=run.pk)
    told = AuditEvent.objects.filter(run_id=run.pk, action=AuditAction.RUN_PLAN_REFUSED)
    if not told.filter(data__found=refusal.found).exists():
        facts = {"expected": refusal.expected, "found": refusal.found}
        record(AuditAction.RUN_PLAN_REFUSED, actor=actor, target=run_as_object(run), data=facts)
