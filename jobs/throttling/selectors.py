"""What waits at present, and why: for the page of a run and the page of the engine's state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max
from django.db.models.functions import Now

from jobs.runs.models import RunTarget
from jobs.runs.states import TargetState
from jobs.throttling.decisions import Reason
from jobs.throttling.models import IdentityBreaker, OrganizationGate
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class Wait:
    """How many organizations of a run wait for one reason, and for how long at most."""

    reason: Reason
    organizations: int
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Pause:
    """An identity that no token is asked for as, and how many organizations wait for that; times are aware UTC.

    `refused_in` is in how many organizations the same failure opened the breaker within a minute.
    """

    key: str
    name: str
    error_class: str
    code: str
    refused_in: int
    opened_at: datetime
    next_try_at: datetime | None
    waiting: int = 0


def waits_of_run(*, actor: Actor, run_id: UUID) -> list[Wait]:
    """Return why organizations of a run that could start are left alone at present, the most organizations first."""
    waiting = RunTarget.objects.visible_to(actor).filter(run=run_id, state=TargetState.QUEUED)
    closed = waiting.filter(organization__gate__closed_until__gt=Now()).order_by()
    figures = closed.values_list("organization__gate__reason").annotate(
        number=Count("pk"), longest=Max("organization__gate__closed_until") - Now()
    )
    waits = [Wait(Reason(reason), number, longest) for reason, number, longest in figures]
    return sorted(waits, key=lambda wait: -wait.organizations)


def pauses_of_run(*, actor: Actor, run_id: UUID) -> list[Pause]:
    """Return the identities for which organizations of a run wait."""
    queued = RunTarget.objects.visible_to(actor).filter(run=run_id, state=TargetState.QUEUED).order_by()
    waiting = dict(queued.values_list("identity").annotate(number=Count("pk")))
    breakers = IdentityBreaker.objects.filter(opened_at__isnull=False, pk__in=waiting).order_by("opened_at")
    return [_pause(breaker, waiting[breaker.pk]) for breaker in breakers]


def identity_pauses(*, actor: Actor) -> list[Pause]:
    """Return all identities that no token is asked for as at present, the oldest first."""
    if not actor.has(Permission.RUN_READ):
        return []
    breakers = list(IdentityBreaker.objects.filter(opened_at__isnull=False).order_by("opened_at"))
    queued = RunTarget.objects.visible_to(actor).filter(state=TargetState.QUEUED, identity__in=[b.pk for b in breakers])
    waiting = dict(queued.order_by().values_list("identity").annotate(number=Count("pk"))) if breakers else {}
    return [_pause(breaker, waiting.get(breaker.pk, 0)) for breaker in breakers]


def closed_gates(*, actor: Actor, at_most: int = 100) -> Sequence[OrganizationGate]:
    """Return the gates of organizations that are left alone at present, with their organization, last to open first.

    Each tells until when (`closed_until`) and why (`get_reason_display`, `error_class`).
    """
    visible = Organization.objects.visible_to(actor)
    closed = OrganizationGate.objects.filter(closed_until__gt=Now(), organization__in=visible)
    return list(closed.select_related("organization").order_by("-closed_until", "pk")[:at_most])


def count_of_closed_gates(*, actor: Actor) -> int:
    """Return how many organizations are left alone at present."""
    visible = Organization.objects.visible_to(actor)
    return OrganizationGate.objects.filter(closed_until__gt=Now(), organization__in=visible).count()


def _pause(breaker: IdentityBreaker, waiting: int) -> Pause:
    first = breaker.refusals[0]
    return Pause(
        key=breaker.key,
        name=breaker.name,
        error_class=first["error_class"],
        code=first["code"],
        refused_in=len(breaker.refusals),
        opened_at=breaker.opened_at or breaker.changed_at,
        next_try_at=breaker.closed_until,
        waiting=waiting,
    )
