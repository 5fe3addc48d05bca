"""Questions to the audit trail."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.db.models.fields.json import KT

from portal.core.actors import Actor, ActorKind
from portal.core.permissions import Permission
from portal.core.scoping import organizations_in_scope

if TYPE_CHECKING:
    from portal.audit.models import AuditEvent  # noqa: F401 - the queryset's type


class AuditEventQuerySet(models.QuerySet["AuditEvent"]):
    """Filters over audit events."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the events that `actor` may read: who reads those of some organizations, only what happened there."""
        there = organizations_in_scope(actor, Permission.AUDIT_EVENT_READ)
        return self if there is None else self.filter(organization_id__in=there.values("pk"))

    def done_by_or_for(self, labels: Sequence[str]) -> Self:
        """Return what the people of these labels did, or had done by a worker."""
        events = self.alias(on_behalf_of=KT("data__on_behalf_of"))
        did = Q(actor_kind=ActorKind.PERSON, actor_label__in=labels)
        return events.filter(did | Q(on_behalf_of__in=labels)) if labels else events.none()
