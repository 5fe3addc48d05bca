"""Questions to the audit trail."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from portal.core.actors import Actor
from portal.core.permissions import Permission

if TYPE_CHECKING:
    from portal.audit.models import AuditEvent  # noqa: F401 - the queryset's type


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Filters over audit events."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the events that `actor` may read."""
        return self if actor.has(Permission.AUDIT_EVENT_READ) else self.none()

    def done_by_or_for(self, text: str) -> Self:
        """Return what somebody whose label contains `text` did, or had done by a worker."""
        return self.filter(Q(actor_label__icontains=text) | Q(data__on_behalf_of__icontains=text))

    def done_by_or_for_person(self, actor: Actor) -> Self:
        """Return what this very person did, or had done by a worker."""
        return self.filter(Q(actor_kind=actor.kind, actor_id=actor.id) | Q(data__on_behalf_of=actor.label))
