"""Which connections of the ledger are wanted."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jobs.runs.models import CloseKind, Connection, Run
from jobs.runs.querysets import ConnectionQuerySet
from portal.core.actors import Actor
from tenants.organizations.names import organizations_meant

OPEN = "open"
STATES = {OPEN: "open now", **{kind.value: f"closed {kind.label.lower()}" for kind in CloseKind}}
"""What a connection can be filtered by: open, or how it was closed, in words."""


@dataclass(frozen=True, slots=True)
class ConnectionFilter:
    """Which connections are wanted; empty texts and None mean all.

    `organization` is an id, or words of a name or domain; `state` a key of `STATES`. `opened_from` is included and
    `opened_before` is not (both aware).
    """

    organization: str = ""
    person: str = ""
    run_id: UUID | None = None
    method: str = ""
    service: str = ""
    environment: str = ""
    state: str = ""
    opened_from: datetime | None = None
    opened_before: datetime | None = None


def filtered_connections(*, actor: Actor, wanted: ConnectionFilter) -> ConnectionQuerySet:
    """Return the connections that `wanted` lets through, in no order."""
    connections = Connection.objects.visible_to(actor)
    exact = {
        "run": wanted.run_id,
        "method": wanted.method,
        "service": wanted.service,
        "environment": wanted.environment,
        "opened_at__gte": wanted.opened_from,
        "opened_at__lt": wanted.opened_before,
    }
    connections = connections.filter(**{field: value for field, value in exact.items() if value})
    if wanted.state == OPEN:
        connections = connections.open()
    elif wanted.state:
        connections = connections.filter(close_kind=wanted.state)
    # Names and organizations are few, and looked up first: then the database knows for how many rows it looks, and
    # reads their own index instead of all connections.
    if wanted.person:
        connections = connections.filter(requested_by__in=_people(actor, wanted.person))
    if wanted.organization:
        meant = organizations_meant(actor, wanted.organization).values_list("pk", flat=True)
        connections = connections.filter(organization__in=list(meant))
    return connections


def _people(actor: Actor, words: str) -> list[str]:
    runs = Run.objects.visible_to(actor)
    for word in words.split():
        runs = runs.filter(requested_by__icontains=word)
    return list(runs.order_by().values_list("requested_by", flat=True).distinct())
