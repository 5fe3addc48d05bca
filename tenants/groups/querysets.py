"""Questions about organization groups."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models.functions import Lower

from portal.core.actors import Actor
from portal.core.permissions import Permission

if TYPE_CHECKING:
    from tenants.groups.models import OrganizationGroup  # noqa: F401 - the queryset's type


class OrganizationGroupQuerySet(models.QuerySet["OrganizationGroup"]):
    """Filters over organization groups."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the groups that `actor` may see."""
        return self if actor.has(Permission.ORGANIZATION_READ) else self.none()

    def by_name(self) -> Self:
        """Return them in order of their names, whatever the case."""
        return self.order_by(Lower("name"))
