"""What pages ask about organization groups."""

from uuid import UUID

from django.db.models import Count, Q
from django.db.models.functions import Lower

from portal.core.actors import Actor
from tenants.groups.models import OrganizationGroup
from tenants.groups.querysets import OrganizationGroupQuerySet


def groups_for_list(actor: Actor) -> OrganizationGroupQuerySet:
    """Return the groups that `actor` may see, by name, each with `size`: how many served organizations it holds."""
    served = Q(organizations__vanished_at=None)
    groups = OrganizationGroup.objects.visible_to(actor).annotate(size=Count("organizations", filter=served))
    return groups.order_by(Lower("name"))


def find_group(actor: Actor, group_id: UUID) -> OrganizationGroup | None:
    """Return one group that `actor` may see, with its `size`."""
    return groups_for_list(actor).filter(pk=group_id).first()
