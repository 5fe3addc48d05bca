"""What pages ask about the audit trail."""

from collections.abc import Sequence
from uuid import UUID

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.audit.querysets import AuditEventQuerySet
from portal.core.actors import Actor
from portal.core.pagination import Page, page_by_key
from portal.core.permissions import Permission


def events_for_list(actor: Actor) -> AuditEventQuerySet:
    """Return every event; raises `PermissionRefused`."""
    actor.require(Permission.AUDIT_EVENT_READ)
    return AuditEvent.objects.visible_to(actor)


def find_event(actor: Actor, event_id: UUID) -> AuditEvent | None:
    """Return one event; raises `PermissionRefused`."""
    return events_for_list(actor).filter(pk=event_id).first()


def events_of(actor: Actor, organization_id: UUID, *, cursor: str = "") -> Page[AuditEvent]:
    """Return the events about an organization, the newest first; none for those who may not read the trail."""
    visible = AuditEvent.objects.visible_to(actor).filter(organization_id=organization_id)
    return page_by_key(visible, order="-occurred_at", cursor=cursor)


def events_about(actor: Actor, target_id: str, *, actions: Sequence[AuditAction], number: int = 20) -> list[AuditEvent]:
    """Return the latest events of `actions` about one thing, the newest first; none for those who may not read them."""
    visible = AuditEvent.objects.visible_to(actor).filter(action__in=actions, target_id=target_id)
    return list(visible.order_by("-occurred_at", "-pk")[:number])
