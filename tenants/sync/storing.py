"""Storing what was read about customers: organizations come, return, change and vanish, each with its event."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.actors import Actor
from portal.core.text import storable
from tenants.microsoft.graph import Relationship
from tenants.organizations.models import Organization, RelationshipState
from tenants.organizations.services import as_object
from tenants.partner.models import Partner
from tenants.relationships.models import AccessAssignment, DelegatedAdminRelationship, ResellerRelationship
from tenants.sync.reading import Customer

ACTIVE = frozenset({"active", "expiring"})
PENDING = frozenset({"created", "approvalPending", "approved", "activating"})
FIELDS = [
    "name",
    "initial_domain",
    "default_domain",
    "relationship_state",
    "relationship_ends_at",
    "is_reseller_customer",
    "vanished_at",
]


@dataclass(frozen=True, slots=True)
class Counts:
    """What a synchronization changed."""

    added: int
    vanished: int


def store_customers(*, actor: Actor, partner: Partner, customers: list[Customer]) -> Counts:
    """Store the picture in the present transaction; organizations that are no longer in it are marked as vanished."""
    now = timezone.now()
    known = {str(o.tenant_id): o for o in Organization.objects.select_for_update().filter(partner=partner)}
    events: list[AuditEvent] = []
    added, kept = [], []
    for customer in customers:
        organization = known.get(customer.tenant_id)
        if organization is None:
            organization = Organization(partner=partner, tenant_id=UUID(customer.tenant_id))
            added.append(organization)
            _describe(organization, customer)
            events.append(draft(AuditAction.ORGANIZATION_ADDED, actor=actor, target=as_object(organization)))
            continue
        if organization.vanished_at is not None:
            events.append(draft(AuditAction.ORGANIZATION_RETURNED, actor=actor, target=as_object(organization)))
        _describe(organization, customer)
        kept.append(organization)
    present = {customer.tenant_id for customer in customers}
    gone = [o for tenant_id, o in known.items() if tenant_id not in present and o.vanished_at is None]
    for organization in gone:
        organization.vanished_at = now
        events.append(draft(AuditAction.ORGANIZATION_VANISHED, actor=actor, target=as_object(organization)))
    Organization.objects.bulk_create(added, batch_size=500)
    Organization.objects.bulk_update([*kept, *gone], FIELDS, batch_size=500)
    _store_relationships(partner, customers, now)
    write(events)
    return Counts(added=len(added), vanished=len(gone))


def _describe(organization: Organization, customer: Customer) -> None:
    initial_domain, default_domain = storable(customer.initial_domain, 253), storable(customer.default_domain, 253)
    organization.name = storable(customer.name, 300) or default_domain or customer.tenant_id
    organization.initial_domain = initial_domain or organization.initial_domain
    organization.default_domain = default_domain or organization.default_domain or organization.initial_domain
    organization.relationship_state, organization.relationship_ends_at = _best(customer.relationships)
    organization.is_reseller_customer = bool(customer.relationship_to_partner)
    organization.vanished_at = None


def _best(relationships: list[Relationship]) -> tuple[RelationshipState, datetime | None]:
    for state, statuses in ((RelationshipState.ACTIVE, ACTIVE), (RelationshipState.PENDING, PENDING)):
        ends = [r.ends_at for r in relationships if r.status in statuses]
        if ends:
            return state, max((end for end in ends if end), default=None)
    if not relationships:
        return RelationshipState.NONE, None
    return RelationshipState.ENDED, max((r.ends_at for r in relationships if r.ends_at), default=None)


def _store_relationships(partner: Partner, customers: list[Customer], now: datetime) -> None:
    ids = dict(Organization.objects.filter(partner=partner).values_list("tenant_id", "pk"))
    of_partner = {"organization__partner": partner}
    relationships = [
        DelegatedAdminRelationship(
            id=r.id,
            organization_id=ids[UUID(customer.tenant_id)],
            display_name=storable(r.display_name, 300),
            status=r.status,
            role_ids=list(r.role_definition_ids),
            auto_extend_duration=r.auto_extend_duration,
            activated_at=r.activated_at,
            end_at=r.ends_at,
            read_at=now,
        )
        for customer in customers
        for r in customer.relationships
    ]
    assignments = [
        AccessAssignment(
            id=a.id,
            relationship_id=a.relationship_id,
            container_id=a.group_id,
            status=a.status,
            role_ids=list(a.role_definition_ids),
        )
        for customer in customers
        for a in customer.assignments
    ]
    resellers = [
        ResellerRelationship(
            organization_id=ids[UUID(customer.tenant_id)],
            relationship_to_partner=customer.relationship_to_partner,
            read_at=now,
        )
        for customer in customers
        if customer.relationship_to_partner
    ]
    DelegatedAdminRelationship.objects.filter(**of_partner).delete()
    ResellerRelationship.objects.filter(**of_partner).delete()
    DelegatedAdminRelationship.objects.bulk_create(relationships, batch_size=500)
    AccessAssignment.objects.bulk_create(assignments, batch_size=500)
    ResellerRelationship.objects.bulk_create(resellers, batch_size=500)
