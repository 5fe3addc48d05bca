"""Which changes of relationships are wanted."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from portal.core.actors import Actor
from tenants.organizations.models import Organization
from tenants.relationships.models import RelationshipChange
from tenants.relationships.querysets import RelationshipChangeQuerySet

SORTS = {"found": "found_at", "organization": "organization_name", "kind": "kind"}
NEWEST_FIRST = "-found"


@dataclass(frozen=True, slots=True)
class ChangeFilter:
    """Which changes are wanted; empty texts and None mean all.

    `organization` is an id, or words of a name or domain. `found_from` is included, `found_before` is not (both aware).
    """

    kind: str = ""
    organization: str = ""
    found_from: datetime | None = None
    found_before: datetime | None = None


def filtered_changes(*, actor: Actor, wanted: ChangeFilter) -> RelationshipChangeQuerySet:
    """Return the changes that `wanted` lets through, in no order."""
    changes = RelationshipChange.objects.visible_to(actor)
    if wanted.kind:
        changes = changes.filter(kind=wanted.kind)
    if wanted.organization:
        changes = changes.filter(_in_organization(wanted.organization))
    if wanted.found_from:
        changes = changes.filter(found_at__gte=wanted.found_from)
    return changes.filter(found_at__lt=wanted.found_before) if wanted.found_before else changes


def organization_called(actor: Actor, organization: str) -> str:
    """Return the name of the organization with this id, or the words themselves in quotes."""
    place = Organization.objects.visible_to(actor).filter(pk=organization).first() if _is_id(organization) else None
    return place.name if place else f"“{organization}”"


def _in_organization(organization: str) -> Q:
    if _is_id(organization):
        return Q(organization=organization)
    return Q(organization__in=Organization.objects.matching(organization))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
