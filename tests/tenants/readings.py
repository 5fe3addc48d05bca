"""Readings of a partner as tests make them up: one customer each with a relationship, an assignment and a group."""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from tenants.microsoft.graph import AccessAssignment, Relationship
from tenants.partner.models import Partner
from tenants.relationships.models import RelationshipChange, RelationshipVersion
from tenants.sync.models import Synchronization
from tenants.sync.reading import Customer, Group, Reading
from tenants.sync.selectors import last_read_at
from tenants.sync.storing import Counts, store_reading
from tests.factories import SYSTEM

EXCHANGE = "29232cdf-9323-42fd-ade2-1d097af3e4de"
READER = "f2ef992c-3afb-46b9-b7cf-a126ee74c451"
GLOBAL = "62e90394-69f5-4237-9190-012177145e10"
END = timezone.now().replace(microsecond=0) + timedelta(days=300)


def relationship(number: int, **values: Any) -> Relationship:
    facts: dict[str, Any] = {
        "id": f"r-{number}",
        "display_name": f"Relationship {number}",
        "status": "active",
        "customer_tenant_id": tenant(number),
        "customer_name": f"Customer {number}",
        "role_definition_ids": (EXCHANGE,),
        "duration": "P730D",
        "auto_extend_duration": "P180D",
        "created_at": None,
        "activated_at": END - timedelta(days=730),
        "ends_at": END,
        "etag": "",
    }
    return Relationship(**{**facts, **values})


def tenant(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"


def assignment(number: int, **values: Any) -> AccessAssignment:
    facts: dict[str, Any] = {
        "id": f"a-{number}",
        "relationship_id": f"r-{number}",
        "status": "active",
        "group_id": "g-1",
        "role_definition_ids": (EXCHANGE,),
    }
    return AccessAssignment(**{**facts, **values})


def customer(number: int, *, assigned: dict[str, Any] | None = None, **values: Any) -> Customer:
    return Customer(
        tenant(number),
        f"Customer {number}",
        f"c{number}.onmicrosoft.com",
        f"c{number}.example",
        "reseller",
        [relationship(number, **values)],
        [assignment(number, **(assigned or {}))],
    )


def reading(*customers: Customer, is_member: bool = True, groups: bool = True) -> Reading:
    return Reading(list(customers), [Group("g-1", "Exchange team", is_member)] if groups else None)


def store(partner: Partner, read: Reading, *, on: datetime | None = None) -> Counts:
    """Store a reading as a synchronization does; `on` says that it was then, later readings being after it."""
    with transaction.atomic():
        counts = store_reading(actor=SYSTEM, partner=partner, reading=read, known_at=last_read_at(partner))
        read_at = on or counts.read_at
        Synchronization.objects.create(partner=partner, state="succeeded", requested_by="x", read_at=read_at)
        if on:
            RelationshipVersion.objects.filter(valid_from=counts.read_at).update(valid_from=on)
            RelationshipVersion.objects.filter(valid_until=counts.read_at).update(valid_until=on)
            RelationshipChange.objects.filter(found_at=counts.read_at).update(found_at=on)
        return counts
