"""Which organizations have an outcome that must be looked at now, and when the call was made there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, Subquery

from jobs.exchange.refusals import ALREADY_EXISTS
from jobs.reconciliation.evidence import Call
from jobs.reconciliation.models import Reconciliation
from jobs.runs.models import Attempt, RunTarget, StepOutcome
from jobs.runs.querysets import RunTargetQuerySet
from jobs.runs.states import TargetState
from jobs.runs.steps import Step
from jobs.runs.variables import fill_in

_REMEMBERED = timedelta(days=1)
"""How long a create that was refused because the object exists is looked at."""
_MOST_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Due:
    """One organization whose outcome is unknown, with the number of looks so far.

    `unknown` is the same target, or, of one whose create was refused because the object exists, the earlier target
    whose lost call may have made it.
    """

    target: RunTarget
    unknown: RunTarget
    looks: int


def due_now(now: datetime) -> list[Due]:
    """Return what has to be looked at: unknown outcomes, and creates that met an object which may be ours."""
    unknown = _waiting(RunTarget.objects.filter(state=TargetState.UNKNOWN), now)
    return [*(Due(target, target, _looks(target)) for target in unknown), *_met_objects(now)]


def call_of(unknown: RunTarget, attempt: Attempt | None) -> Call | None:
    """Return the call that got no answer, as it was sent to this organization; None where no intent is recorded."""
    run = unknown.run
    step: Step = run.steps[unknown.step - 1]
    intended_at = attempt.intended_at if attempt else None
    if intended_at is None:
        return None
    values = run.plan.get("variables", {}).get(str(unknown.organization.tenant_id))
    last_sent = max(filter(None, (intended_at, unknown.finished_at)))
    return Call(
        cmdlet=step.sent_as,
        parameters=fill_in(step.parameters, values),
        secrets=list(step.secrets),
        intended_at=intended_at,
        ends_by=last_sent + timedelta(seconds=settings.RECONCILE_SETTLE_SECONDS),
    )


def sending_attempts(targets: Sequence[RunTarget]) -> dict[UUID, Attempt]:
    """Return the attempt of each target that sent the call, with the moment of the intent of its step."""
    attempts = {
        attempt.run_target_id: attempt
        for attempt in Attempt.objects.filter(run_target__in=targets, intended_at__isnull=False).order_by("fence")
    }
    steps = {target.pk: target.step for target in targets}
    for outcome in StepOutcome.objects.filter(run_target__in=targets, state=TargetState.UNKNOWN):
        attempt = attempts.get(outcome.run_target_id)
        if attempt and outcome.intended_at and outcome.step == steps[outcome.run_target_id]:
            attempt.intended_at = outcome.intended_at
    return attempts


def unknown_before(target: RunTarget) -> RunTarget | None:
    """Return the earliest target with an unknown outcome that `target` tries again, in the same organization."""
    found: RunTarget | None = None
    run = target.run
    while run.retry_of is not None:
        run = run.retry_of
        earlier = RunTarget.objects.filter(run=run, organization=target.organization_id, step=target.step).first()
        if earlier is not None and earlier.state == TargetState.UNKNOWN:
            found = earlier
    return found


def _waiting(targets: RunTargetQuerySet, now: datetime) -> list[RunTarget]:
    looks = Reconciliation.objects.filter(run_target=OuterRef("pk"), look__isnull=False).order_by("-look")
    first = Q(next_look=None, finished_at__lte=now - timedelta(seconds=settings.RECONCILE_FIRST_SECONDS))
    waiting = (
        targets.filter(verdict="")
        .annotate(next_look=Subquery(looks.values("next_look_at")[:1]), looks=Subquery(looks.values("look")[:1]))
        .filter(~Exists(looks.filter(judged_at=None)), first | Q(next_look__lte=now))
    )
    # Prefetched, so that a plan, which names every organization of its run, is read once and not with each of them.
    return list(waiting.prefetch_related("run", "organization").order_by("finished_at", "pk")[:_MOST_AT_ONCE])


def _looks(target: RunTarget) -> int:
    looks: int | None = getattr(target, "looks", None)
    return looks or 0


def _met_objects(now: datetime) -> list[Due]:
    met = RunTarget.objects.filter(
        state=TargetState.FAILED,
        error_class=ALREADY_EXISTS.error_class,
        finished_at__gte=now - _REMEMBERED,
        run__retry_of__isnull=False,
    )
    pairs = [(target, unknown_before(target)) for target in _waiting(met, now)]
    return [Due(target, unknown, _looks(target)) for target, unknown in pairs if unknown is not None]
