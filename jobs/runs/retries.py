"""Runs that try organizations of another run again: whom they may hold, and how the runs hang together."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from jobs.runs.models import Run, RunTarget
from jobs.runs.states import TargetState, Verdict
from portal.core.actors import Actor

RETRIED_STATES = (TargetState.FAILED, TargetState.ERRORED, TargetState.CANCELLED, TargetState.SKIPPED)
"""The outcomes that another run may try again; an unknown one only after it was found not carried out."""

_LONGEST_CHAIN = 20


def retriable_targets(run_id: UUID) -> QuerySet[RunTarget]:
    """Return the targets of a run that may be tried again now: each by one retry, the next by a retry of that."""
    not_applied = Q(state=TargetState.UNKNOWN, verdict=Verdict.NOT_APPLIED)
    not_done = Q(state__in=RETRIED_STATES) & ~Q(verdict=Verdict.APPLIED)
    return RunTarget.objects.filter(~is_retried(), not_done | not_applied, run=run_id)


def is_retried() -> Exists:
    """Whether a retry of a target's run that was launched holds its organization."""
    later = RunTarget.objects.filter(run__retry_of=OuterRef("run"), organization=OuterRef("organization"))
    return Exists(later)


def retried_runs(*, actor: Actor, run: Run) -> list[Run]:
    """Return what `run` is a retry of: that run, the one which that is a retry of, and so on."""
    found: list[Run] = []
    earlier = run.retry_of_id
    while earlier and len(found) < _LONGEST_CHAIN:
        before = Run.objects.visible_to(actor).defer("plan", "powershell").filter(pk=earlier).first()
        if before is None:
            break
        found.append(before)
        earlier = before.retry_of_id
    return found


def retries_of(*, actor: Actor, run: Run) -> Sequence[Run]:
    """Return the retries of a run that were launched, oldest first."""
    retries = Run.objects.visible_to(actor).launched().filter(retry_of=run)
    return list(retries.defer("plan", "powershell").order_by("launched_at", "pk"))
