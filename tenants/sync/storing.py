"""Storing what was read about customers: organizations come, return, change and vanish, each with its event."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.services import draft, write
from portal.core.actors import Actor
from portal.core.bulk import update_rows
from portal.core.text import storable
from tenants.microsoft.graph import Relationship
from tenants.organizations.models import Organization, RelationshipState
from tenants.organizations.services import as_object
from tenants.partner.models import Partner
from tenants.relationships.facts import IN_FORCE, extension_in_words, of_group, of_relationship, of_reseller
from tenants.relationships.models import VersionKind
from tenants.relationships.recording import Known, record_reading, without_membership
from tenants.sync.present import store_present
from tenants.sync.reading import Customer, Reading

PENDING = frozenset({"created", "approvalPending", "approved", "activating"})
FIELDS = {
    "partner",
    "environment",
    "name",
    "initial_domain",
    "default_domain",
    "relationship_state",
    "relationship_ends_at",
    "relationship_extends",
    "is_reseller_customer",
    "detected_environment",
    "environment_detected_at",
    "vanished_at",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """What a synchronization changed."""

    added: int
    vanished: int
    changed: int
    read_at: datetime


def store_reading(*, actor: Actor, partner: Partner, reading: Reading, known_at: datetime | None) -> Counts:
    """Store the picture in the present transaction; organizations that are no longer in it are marked as vanished.

    `known_at` is when the partner was read before.
    """
    now, elsewhere = timezone.now(), _elsewhere(partner)
    reading = replace(reading, customers=[c for c in reading.customers if c.tenant_id not in elsewhere])
    customers = reading.customers
    listed = [customer.tenant_id for customer in customers]
    stored = Organization.objects.select_for_update(no_key=True).filter(Q(partner=partner) | Q(tenant_id__in=listed))
    known = {str(o.tenant_id): o for o in stored.order_by("pk")}
    before = {organization.pk: _facts(organization) for organization in known.values()}
    events: list[AuditEvent] = []
    added, kept = [], []
    for customer in customers:
        organization = known.get(customer.tenant_id)
        if organization is None:
            organization = Organization(
                partner=partner, tenant_id=UUID(customer.tenant_id), environment=partner.environment
            )
            added.append(organization)
            _describe(organization, customer)
            events.append(draft(AuditAction.ORGANIZATION_ADDED, actor=actor, target=as_object(organization)))
            continue
        if organization.vanished_at is not None:
            events.append(draft(AuditAction.ORGANIZATION_RETURNED, actor=actor, target=as_object(organization)))
        if organization.partner_id != partner.pk:  # whose customer it is no more
            organization.partner, organization.environment = partner, partner.environment
        _describe(organization, customer)
        kept.append(organization)
    present = set(listed)
    own = str(partner.tenant_id)  # on no list of customers, and a target as long as an administrator wants it
    gone = [o for tenant_id, o in known.items() if tenant_id not in {*present, own} and o.vanished_at is None]
    for organization in gone:
        organization.vanished_at = now
        events.append(draft(AuditAction.ORGANIZATION_VANISHED, actor=actor, target=as_object(organization)))
    Organization.objects.bulk_create(added, batch_size=500)
    after = {organization.pk: _facts(organization) for organization in (*kept, *gone)}
    update_rows(Organization, [{"pk": key, **facts} for key, facts in after.items() if facts != before[key]])
    places = {str(o.tenant_id): o for o in (*added, *kept)}
    recorded = record_reading(
        actor=actor, partner=partner, known=list(_known(partner, places, reading)), read_at=now, known_at=known_at
    )
    store_present(partner, places, customers, differing=recorded.differing, read_at=now)
    write([*events, *recorded.events])
    return Counts(added=len(added), vanished=len(gone), changed=len(recorded.changes), read_at=now)


def _facts(organization: Organization) -> dict[str, Any]:
    fields = (field for field in Organization._meta.concrete_fields if field.name in FIELDS)
    return {field.name: getattr(organization, field.attname) for field in fields}


def _elsewhere(partner: Partner) -> set[str]:
    """Return the tenants that other partners serve, or that are their own: nobody takes them over by being listed."""
    others = Partner.objects.exclude(pk=partner.pk).values_list("tenant_id", flat=True)
    served = Organization.objects.served().exclude(partner=partner).values_list("tenant_id", flat=True)
    return {str(tenant_id) for tenant_id in others.union(served)}


def _known(partner: Partner, places: Mapping[str, Organization], reading: Reading) -> Iterator[Known]:
    """Yield everything that gives access, as it was read."""
    for customer in reading.customers:
        place = places[customer.tenant_id]
        for relationship in customer.relationships:
            assignments = [a for a in customer.assignments if a.relationship_id == relationship.id]
            yield Known(VersionKind.GDAP, relationship.id, place, of_relationship(relationship, assignments))
        if customer.relationship_to_partner:
            facts = of_reseller(customer.relationship_to_partner)
            yield Known(VersionKind.RESELLER, customer.tenant_id, place, facts)
    if reading.groups is None:
        assigned = {a.group_id for customer in reading.customers for a in customer.assignments if a.group_id}
        yield from without_membership(partner, sorted(assigned))
        return
    for group in reading.groups:
        yield Known(VersionKind.GROUP, group.id, None, of_group(group.name, is_member=group.is_member))


def _describe(organization: Organization, customer: Customer) -> None:
    initial_domain, default_domain = storable(customer.initial_domain, 253), storable(customer.default_domain, 253)
    organization.name = storable(customer.name, 300) or default_domain or customer.tenant_id
    organization.initial_domain = initial_domain or organization.initial_domain
    organization.default_domain = default_domain or organization.default_domain or organization.initial_domain
    state, organization.relationship_ends_at = _best(customer.relationships)
    organization.relationship_state = state.value
    organization.relationship_extends = any(
        r.status in IN_FORCE and extension_in_words(r.auto_extend_duration) for r in customer.relationships
    )
    organization.is_reseller_customer = bool(customer.relationship_to_partner)
    organization.vanished_at = None
    if customer.environment:
        organization.note_environment(customer.environment)


def _best(relationships: list[Relationship]) -> tuple[RelationshipState, datetime | None]:
    for state, statuses in ((RelationshipState.ACTIVE, IN_FORCE), (RelationshipState.PENDING, PENDING)):
        ends = [r.ends_at for r in relationships if r.status in statuses]
        if ends:
            return state, max((end for end in ends if end), default=None)
    if not relationships:
        return RelationshipState.NONE, None
    return RelationshipState.ENDED, max((r.ends_at for r in relationships if r.ends_at), default=None)
