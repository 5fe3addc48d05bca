"""Why organizations of a run wait at present."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Max
from django.db.models.functions import Now

from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from jobs.throttling.decisions import Reason
from jobs.throttling.models import IdentityBreaker
from portal.core.actors import Actor


@dataclass(frozen=True, slots=True)
class Wait:
    """How many organizations of a run are left alone for one reason, and until when at most (aware UTC)."""

    reason: Reason
    organizations: int
    until: datetime


@dataclass(frozen=True, slots=True)
class Pause:
    """An identity that no token is asked for as, and how many organizations of a run wait for that.

    `refused_in` is in how many organizations the same failure opened the breaker within a minute; `next_try_at` is when
    one organization tries again (aware UTC).
    """

    key: str
    name: str
    error_class: str
    code: str
    refused_in: int
    next_try_at: datetime | None
    organizations: int


def waits_of_run(*, actor: Actor, run_id: UUID) -> list[Wait]:
    """Return why organizations of a run are left alone that wait for an attempt, the most organizations first."""
    waiting = RunTarget.objects.visible_to(actor).filter(run=run_id, state=TargetState.QUEUED)
    left_alone = waiting.filter(organization__gate__closed_until__gt=Now()).order_by()
    figures = left_alone.values_list("organization__gate__reason").annotate(
        number=Count("pk"), until=Max("organization__gate__closed_until")
    )
    waits = [Wait(Reason(reason), number, until) for reason, number, until in figures]
    return sorted(waits, key=lambda wait: -wait.organizations)


def pauses_of_run(*, actor: Actor, run_id: UUID) -> list[Pause]:
    """Return the identities for which organizations of a run wait, the oldest pause first."""
    breakers = list(IdentityBreaker.objects.filter(opened_at__isnull=False).order_by("opened_at"))
    if not breakers:
        return []
    waiting = RunTarget.objects.visible_to(actor).filter(run=run_id, state=TargetState.QUEUED)
    numbers = dict(waiting.order_by().values_list("identity").annotate(number=Count("pk")))
    return [_pause(breaker, numbers[breaker.key]) for breaker in breakers if breaker.key in numbers]


def _pause(breaker: IdentityBreaker, organizations: int) -> Pause:
    first = breaker.refusals[0]
    return Pause(
        key=breaker.key,
        name=breaker.name,
        error_class=first["error_class"],
        code=first["code"],
        refused_in=len(breaker.refusals),
        next_try_at=breaker.closed_until,
        organizations=organizations,
    )
