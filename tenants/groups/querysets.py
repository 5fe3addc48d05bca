"""Questions about organization groups."""

from typing import TYPE_CHECKING, Self

from django.db import models

from portal.core.actors import Actor
from portal.core.permissions import Permission

if TYPE_CHECKING:
    from tenants.groups.models import OrganizationGroup  # noqa: F401 - the queryset's type


class OrganizationGroupQuerySet(models.QuerySet["OrganizationGroup"]):
    """Filters over organization groups."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the groups that `actor` may see."""
        return self if actor.has(Permission.ORGANIZATION_READ) else self.none()
