"""What pages ask about organizations."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Min, Q
from django.utils import timezone

from portal.core.actors import Actor
from tenants.organizations.models import Organization, Reachability
from tenants.organizations.querysets import OrganizationQuerySet


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
    """Return the served organizations that `actor` may see, with their partners."""
    return Organization.objects.visible_to(actor).served().select_related("partner")


def find_organization(actor: Actor, organization_id: UUID) -> Organization | None:
    """Return an organization that `actor` may see, also one that is no longer served, with groups and partner."""
    visible = Organization.objects.visible_to(actor).select_related("partner", "reseller_relationship")
    return visible.filter(pk=organization_id).first()


def organization_of_tenant(actor: Actor, tenant_id: UUID) -> Organization | None:
    """Return the organization with this tenant id, if `actor` may see it."""
    return Organization.objects.visible_to(actor).filter(tenant_id=tenant_id).first()


def first_by_ids(actor: Actor, organization_ids: Collection[UUID]) -> Organization | None:
    """Return the first by name of these organizations that `actor` may see."""
    return Organization.objects.visible_to(actor).filter(pk__in=organization_ids).order_by("name", "pk").first()


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
