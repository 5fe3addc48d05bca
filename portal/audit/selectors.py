"""What pages ask about the audit trail."""

from uuid import UUID

from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet
from portal.core.actors import Actor
from portal.core.permissions import Permission


def events_for_list(actor: Actor) -> AuditEventQuerySet:
    """Return every event; raises `PermissionRefused`."""
    actor.require(Permission.AUDIT_EVENT_READ)
    return AuditEvent.objects.visible_to(actor)


def find_event(actor: Actor, event_id: UUID) -> AuditEvent | None:
    """Return one event; raises `PermissionRefused`."""
    return events_for_list(actor).filter(pk=event_id).first()


def recent_events_of(actor: Actor, organization_id: UUID, *, number: int = 10) -> list[AuditEvent]:
    """Return the newest events about an organization; none for those who may not read the trail."""
    visible = AuditEvent.objects.visible_to(actor).filter(organization_id=organization_id)
    return list(visible.order_by("-occurred_at", "-pk")[:number])
