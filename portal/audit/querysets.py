"""Questions to the audit trail."""

from typing import TYPE_CHECKING, Self

from django.db import models

from portal.core.actors import Actor
from portal.core.permissions import Permission

if TYPE_CHECKING:
    from portal.audit.models import AuditEvent  # noqa: F401 - the queryset's type


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Filters over audit events."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the events that `actor` may read."""
        return self if actor.has(Permission.AUDIT_EVENT_READ) else self.none()
