"""What pages ask about organizations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, Min, Model, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization, Reachability
from tenants.organizations.querysets import OrganizationQuerySet

# Rows without a moment come last when the soonest comes first, and last when the newest comes first.
_NEVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
_LONG_AGO = datetime.fromisoformat("0001-01-01T00:00:00+00:00")
SORTS = {"name": "name", "-name": "-name", "ends": "ends_key", "checked": "-checked_key"}


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason why organizations cannot be reached, with how many it keeps us out of."""

    error_class: str
    title: str
    fix: str
    count: int


@dataclass(frozen=True, slots=True)
class Ending:
    """How much ends within how many days; `first` is when the first of it ends, None when nothing does."""

    first: datetime | None
    within: Mapping[int, int]


def organizations_for_list(actor: Actor) -> OrganizationQuerySet:
    """Return the served organizations that `actor` may see, with groups and the keys that a list is sorted by."""
    return (
        Organization.objects.visible_to(actor)
        .served()
        .prefetch_related("groups")
        .annotate(
            ends_key=Coalesce("relationship_ends_at", Value(_NEVER), output_field=DateTimeField()),
            checked_key=Coalesce("reachability_checked_at", Value(_LONG_AGO), output_field=DateTimeField()),
        )
    )


def find_organization(actor: Actor, organization_id: UUID) -> Organization | None:
    """Return an organization that `actor` may see, also one that is no longer served, with groups and partner."""
    visible = Organization.objects.visible_to(actor).select_related("partner", "reseller_relationship")
    return visible.prefetch_related("groups").filter(pk=organization_id).first()


def counted_by(organizations: OrganizationQuerySet, *fields: str) -> list[dict[str, Any]]:
    """Return how many of `organizations` share each value of `fields`, as rows with these fields and `number`."""
    ordered = organizations.order_by(*fields).values(*fields)
    return list(ordered.annotate(number=Count("pk", distinct=True)))


def causes_of_unreachability(actor: Actor) -> list[Cause]:
    """Return why organizations cannot be reached, the most frequent cause first."""
    unreachable = Organization.objects.visible_to(actor).served().filter(reachability=Reachability.UNREACHABLE)
    rows = (
        unreachable.order_by()
        .values("reachability_class", "reachability_reason", "reachability_fix")
        .annotate(number=Count("pk"))
        .order_by("-number", "reachability_class")
    )
    causes: dict[str, Cause] = {}
    for row in rows:
        known = causes.get(row["reachability_class"])
        causes[row["reachability_class"]] = Cause(
            row["reachability_class"],
            known.title if known else row["reachability_reason"],
            known.fix if known else row["reachability_fix"],
            row["number"] + (known.count if known else 0),
        )
    return sorted(causes.values(), key=lambda cause: -cause.count)


def relationships_ending(actor: Actor, *, spans: Sequence[int]) -> Ending:
    """Return how many served organizations have an active relationship that ends within each of `spans` (days)."""
    now = timezone.now()
    active = Organization.objects.visible_to(actor).served()
    within = active.ending_within(timedelta(days=max(spans)), now)
    counts = {
        f"within_{days}": Count("pk", filter=Q(relationship_ends_at__lte=now + timedelta(days=days))) for days in spans
    }
    figures = within.aggregate(first=Min("relationship_ends_at"), **counts)
    return Ending(figures["first"], {days: figures[f"within_{days}"] for days in spans})


def recent_run_targets(actor: Actor, organization: Organization, *, number: int = 10) -> Sequence[Model]:
    """Return the organization's newest run targets with their runs: open ones first, then by their end.

    They are reached through the relation, so that tenants need not know jobs.
    """
    visible = organization.run_targets.visible_to(actor)
    return list(visible.select_related("run").order_by("-finished_at", "-pk")[:number])


def recent_connections(actor: Actor, organization: Organization, *, number: int = 10) -> Sequence[Model]:
    """Return the organization's newest connections, for those who may read runs."""
    if not actor.has(Permission.RUN_READ):
        return []
    newest = organization.connections.select_related("attempt").order_by("-opened_at")
    return list(newest[:number])
