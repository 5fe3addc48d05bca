"""The tables of what is so now: only what differs from the reading before is written anew."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from portal.core.text import storable
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.relationships.models import (
    AccessAssignment,
    DelegatedAdminRelationship,
    ResellerRelationship,
    VersionKind,
)
from tenants.sync.reading import Customer


def store_present(
    partner: Partner,
    places: Mapping[str, Organization],
    customers: Sequence[Customer],
    *,
    differing: Set[tuple[str, str]],
    read_at: datetime,
) -> None:
    """Bring the present relationships up to date; `differing` names by kind and id what is not as it was."""
    _store_relationships(partner, places, customers, differing, read_at)
    _store_resellers(partner, places, customers, differing, read_at)


def _store_relationships(
    partner: Partner,
    places: Mapping[str, Organization],
    customers: Sequence[Customer],
    differing: Set[tuple[str, str]],
    read_at: datetime,
) -> None:
    stored = DelegatedAdminRelationship.objects.filter(organization__partner=partner)
    read = [(places[customer.tenant_id], customer, r) for customer in customers for r in customer.relationships]
    stored.exclude(pk__in=[r.id for _, _, r in read if (VersionKind.GDAP, r.id) not in differing]).delete()
    stored.update(read_at=read_at)
    there = set(stored.values_list("pk", flat=True))
    new = [(place, customer, r) for place, customer, r in read if r.id not in there]
    DelegatedAdminRelationship.objects.bulk_create(
        (
            DelegatedAdminRelationship(
                id=r.id,
                organization=place,
                display_name=storable(r.display_name, 300),
                status=r.status,
                role_ids=list(r.role_definition_ids),
                auto_extend_duration=r.auto_extend_duration,
                activated_at=r.activated_at,
                end_at=r.ends_at,
                read_at=read_at,
            )
            for place, _, r in new
        ),
        batch_size=500,
    )
    AccessAssignment.objects.bulk_create(
        (
            AccessAssignment(
                id=a.id,
                relationship_id=r.id,
                container_id=a.group_id,
                status=a.status,
                role_ids=list(a.role_definition_ids),
            )
            for _, customer, r in new
            for a in customer.assignments
            if a.relationship_id == r.id
        ),
        batch_size=500,
    )


def _store_resellers(
    partner: Partner,
    places: Mapping[str, Organization],
    customers: Sequence[Customer],
    differing: Set[tuple[str, str]],
    read_at: datetime,
) -> None:
    stored = ResellerRelationship.objects.filter(organization__partner=partner)
    read = {places[c.tenant_id].pk: c for c in customers if c.relationship_to_partner}
    unchanged = [pk for pk, c in read.items() if (VersionKind.RESELLER, c.tenant_id) not in differing]
    stored.exclude(organization__in=unchanged).delete()
    stored.update(read_at=read_at)
    there = set(stored.values_list("organization_id", flat=True))
    ResellerRelationship.objects.bulk_create(
        (
            ResellerRelationship(
                organization_id=pk, relationship_to_partner=customer.relationship_to_partner, read_at=read_at
            )
            for pk, customer in read.items()
            if pk not in there
        ),
        batch_size=500,
    )
