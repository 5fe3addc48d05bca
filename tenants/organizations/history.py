"""What was done in one organization: its run targets, its connections, and what they show that we may do there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q

from portal.core.actors import Actor
from portal.core.pagination import Page, page_by_key
from portal.core.permissions import Permission
from tenants.organizations.models import Organization


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which run targets are wanted; empty texts mean all."""

    state: str = ""
    cmdlet: str = ""


@dataclass(frozen=True, slots=True)
class Capability:
    """What the runs of one cmdlet showed about our being allowed to run it here."""

    cmdlet: str
    succeeded: int
    refused: int
    last_at: datetime


def history_page(actor: Actor, organization: Organization, *, wanted: HistoryFilter, cursor: str = "") -> Page[Any]:
    """Return the organization's run targets with their runs, the newest first.

    They are reached through the relation, so that tenants need not know jobs.
    """
    targets = organization.run_targets.visible_to(actor).select_related("run")
    if wanted.state:
        targets = targets.filter(state=wanted.state)
    for word in wanted.cmdlet.split():
        targets = targets.filter(run__cmdlet__icontains=word)
    return page_by_key(targets, order="-queued_at", cursor=cursor)


def connections_page(actor: Actor, organization: Organization, *, cursor: str = "") -> Page[Any]:
    """Return the organization's connections, the newest first, for those who may read runs."""
    connections = organization.connections.select_related("attempt")
    visible = connections if actor.has(Permission.RUN_READ) else connections.none()
    return page_by_key(visible, order="-opened_at", cursor=cursor)


def capabilities(actor: Actor, organization: Organization, *, refusals: Sequence[str]) -> list[Capability]:
    """Return the cmdlets that were carried out here, or refused with one of the error classes `refusals`, by name."""
    targets = organization.run_targets.visible_to(actor).filter(finished_at__isnull=False)
    rows = (
        targets.filter(Q(state="succeeded") | Q(error_class__in=refusals))
        .values("run__cmdlet")
        .annotate(
            succeeded=Count("pk", filter=Q(state="succeeded")),
            refused=Count("pk", filter=Q(error_class__in=refusals)),
            last_at=Max("finished_at"),
        )
        .order_by("run__cmdlet")
    )
    return [Capability(row["run__cmdlet"], row["succeeded"], row["refused"], row["last_at"]) for row in rows]


@dataclass(frozen=True, slots=True)
class Doing:
    """What one person had done here in some time: how many runs, of which cmdlets."""

    person: str
    runs: int
    cmdlets: Sequence[str]


def doings(actor: Actor, organization: Organization, *, begin: datetime, end: datetime) -> list[Doing]:
    """Return who had something run here from `begin` to `end` (both included), by name."""
    targets = organization.run_targets.visible_to(actor).filter(started_at__gte=begin, started_at__lte=end)
    rows = targets.values_list("run__requested_by", "run__cmdlet").annotate(number=Count("run", distinct=True))
    people: dict[str, list[tuple[str, int]]] = {}
    for person, cmdlet, number in rows.order_by("run__requested_by", "run__cmdlet"):
        people.setdefault(person, []).append((cmdlet, number))
    return [
        Doing(person, sum(number for _, number in done), [cmdlet for cmdlet, _ in done])
        for person, done in people.items()
    ]
