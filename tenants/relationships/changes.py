"""Which changes of relationships are wanted."""

from dataclasses import dataclass
from datetime import datetime

from portal.core.actors import Actor
from tenants.organizations.names import organizations_meant
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
        changes = changes.filter(organization__in=organizations_meant(actor, wanted.organization))
    if wanted.found_from:
        changes = changes.filter(found_at__gte=wanted.found_from)
    return changes.filter(found_at__lt=wanted.found_before) if wanted.found_before else changes
