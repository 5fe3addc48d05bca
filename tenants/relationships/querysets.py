"""Questions about the history of relationships."""

from typing import TYPE_CHECKING, Self

from django.db import models

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.organizations.models import Organization

if TYPE_CHECKING:
    from tenants.relationships.models import RelationshipChange  # noqa: F401 - the queryset's type


class RelationshipChangeQuerySet(models.QuerySet["RelationshipChange"]):
    """Filters over changes."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the changes in organizations that `actor` may see, and those of the partner's security groups."""
        if actor.has_everywhere(Permission.ORGANIZATION_READ):
            return self
        return self.filter(organization__in=Organization.objects.visible_to(actor))
