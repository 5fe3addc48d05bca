"""What runs leave to be done, and how they went lately."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, DateTimeField, Exists, Func, OuterRef, Value

from jobs.runs.models import Run, RunTarget
from jobs.runs.states import RunState, TargetState, Verdict
from portal.core.actors import Actor

_LOOKED_THROUGH = 50
"""How many of a person's latest runs are looked through for cmdlets of one kind each."""
_A_MIDNIGHT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Unknown:
    """The lost answers of one run that a person has to look into: in how many organizations."""

    run: Run
    number: int


def unknown_for_person(*, actor: Actor) -> list[Unknown]:
    """Return every run with organizations whose unknown outcome a person has to decide, the latest launched first."""
    unknown = RunTarget.objects.visible_to(actor).filter(state=TargetState.UNKNOWN, verdict=Verdict.NEEDS_PERSON)
    numbers = dict(unknown.order_by().values_list("run").annotate(number=Count("pk")))
    runs = Run.objects.visible_to(actor).filter(pk__in=numbers).defer("plan", "powershell")
    return [Unknown(run, numbers[run.pk]) for run in runs.order_by("-launched_at", "-pk")]


def paused_runs(*, actor: Actor) -> list[Run]:
    """Return the runs that wait for somebody to resume them, the one that waits longest first."""
    paused = Run.objects.visible_to(actor).filter(state=RunState.PAUSED, cancel_requested_at=None)
    return list(paused.defer("plan", "powershell").order_by("paused_at", "pk"))


def failed_and_left(*, actor: Actor, since: datetime, number: int) -> list[Run]:
    """Return the latest failed runs that this person launched after `since` and has not followed up.

    Followed up means: the same person launched the same cmdlet again afterwards.
    """
    own = Run.objects.visible_to(actor).of_people().filter(requested_by_id=actor.id)
    later = own.filter(cmdlet=OuterRef("cmdlet"), launched_at__gt=OuterRef("launched_at"))
    failed = own.filter(state__in=[RunState.FAILED, RunState.PARTLY_FAILED], launched_at__gte=since)
    left = failed.filter(~Exists(later)).defer("plan", "powershell")
    return list(left.order_by("-launched_at", "-pk")[:number])


def last_cmdlets(*, actor: Actor, number: int) -> list[Run]:
    """Return the latest run of each cmdlet that this person launched lately."""
    own = (
        Run.objects.visible_to(actor)
        .launched()
        .of_people()
        .filter(requested_by_id=actor.id)
        .defer("plan", "powershell")
    )
    latest: dict[str, Run] = {}
    for run in own.order_by("-launched_at", "-pk")[:_LOOKED_THROUGH]:
        latest.setdefault(run.cmdlet, run)
    return list(latest.values())[:number]


def outcomes_by_day(*, actor: Actor, since: datetime) -> dict[date, dict[str, int]]:
    """Return how many organizations of runs ended in which state on each day (UTC) from `since`."""
    ended = RunTarget.objects.visible_to(actor).filter(finished_at__gte=since)
    days: dict[date, dict[str, int]] = {}
    rows: Sequence[tuple[datetime, str, int]] = list(
        ended.order_by().annotate(day=_day_of("finished_at")).values_list("day", "state").annotate(number=Count("*"))
    )
    for day, state, number in rows:
        days.setdefault(day.date(), {})[state] = number
    return days


def _day_of(field: str) -> Func:
    """Return the day (UTC) of `field` as a moment; on 100,000 rows this takes half as long as a cast to a date."""
    return Func(Value(timedelta(days=1)), field, Value(_A_MIDNIGHT), function="date_bin", output_field=DateTimeField())


def counts_of(*, actor: Actor, runs: Sequence[Run]) -> dict[UUID, dict[str, int]]:
    """Return how many organizations of each run are in which state now."""
    counts: dict[UUID, dict[str, int]] = {run.pk: {} for run in runs}
    targets = RunTarget.objects.visible_to(actor).filter(run__in=list(counts)).order_by()
    for run_id, state, number in targets.values_list("run", "state").annotate(number=Count("pk")):
        counts[run_id][state] = number
    return counts


def has_launched(*, actor: Actor) -> bool:
    """Whether any run was ever launched that `actor` may see."""
    return Run.objects.visible_to(actor).filter(launched_at__isnull=False).exists()
