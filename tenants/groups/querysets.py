"""Questions about organization groups."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from portal.core.actors import Actor
from portal.core.authority import ScopeKind
from portal.core.permissions import Permission
from portal.core.scoping import organizations_in_scope

if TYPE_CHECKING:
    from tenants.groups.models import OrganizationGroup  # noqa: F401 - the queryset's type


class OrganizationGroupQuerySet(models.QuerySet["OrganizationGroup"]):
    """Filters over organization groups."""

    def visible_to(self, actor: Actor) -> Self:
        """Return the groups that `actor` may see.

        Who sees some organizations only sees the groups by which they were granted, and those picked by hand from them.
        """
        there = organizations_in_scope(actor, Permission.ORGANIZATION_READ)
        if there is None:
            return self
        granted = [scope.id for scope in actor.scopes(Permission.ORGANIZATION_READ) if scope.kind is ScopeKind.GROUP]
        members = self.model.organizations.through.objects.filter(organizationgroup_id=OuterRef("pk"))
        elsewhere = members.exclude(organization_id__in=there.values("pk"))
        picked_here = Q(Exists(members), ~Exists(elsewhere), rule__isnull=True)
        return self.filter(Q(pk__in=granted) | picked_here)

    def by_name(self) -> Self:
        """Return them in order of their names, whatever the case."""
        return self.order_by(Lower("name"))
