"""Questions about the global stop: whether one is in force, and what is still on its way."""

from dataclasses import dataclass

from django.db.models import Count, F, Q

from jobs.global_stop.models import GlobalStop
from jobs.runs.models import RunTarget
from jobs.runs.states import OPEN_RUN_STATES, TargetState
from portal.core.actors import Actor
from portal.core.permissions import Permission
from portal.core.templatetags.presentation import counted

LATEST_SHOWN = 20


@dataclass(frozen=True, slots=True)
class UnderWay:
    """What all runs together have under way, in organizations; `may_complete` are those in flight that were sent."""

    runs: int
    waiting: int
    in_flight: int
    may_complete: int

    @property
    def in_words(self) -> str:
        """What a stop means for it."""
        if not self.runs:
            return "No run is in progress: nothing is in flight."
        waiting = f"{counted(self.waiting, 'organization')} in {counted(self.runs, 'run')}: nothing more starts"
        return f"{waiting}; {in_flight_words(self.in_flight, self.may_complete)}."


def in_flight_words(in_flight: int, may_complete: int) -> str:
    """Return "14 in flight, 3 may still complete", or "none in flight"."""
    if not in_flight:
        return "none in flight"
    completing = f", {may_complete:,} may still complete" if may_complete else ""
    return f"{in_flight:,} in flight{completing}"


def stop_in_force() -> GlobalStop | None:
    """Return the stop that is in force now."""
    return GlobalStop.objects.filter(lifted_at=None).first()


def under_way(*, actor: Actor) -> UnderWay:
    """Return what all runs together have under way now, as far as `actor` may see them."""
    in_flight = Q(state=TargetState.RUNNING)
    figures = RunTarget.objects.visible_to(actor).open().filter(run__state__in=OPEN_RUN_STATES)
    return UnderWay(
        **figures.aggregate(
            runs=Count("run", distinct=True),
            waiting=Count("pk", filter=Q(state=TargetState.QUEUED)),
            in_flight=Count("pk", filter=in_flight),
            may_complete=Count("pk", filter=in_flight & Q(intent_fence=F("fence"))),
        )
    )


def latest_stops(*, actor: Actor) -> list[GlobalStop]:
    """Return the latest stops, the newest first."""
    if not actor.has(Permission.RUN_READ):
        return []
    return list(GlobalStop.objects.order_by("-stopped_at")[:LATEST_SHOWN])
