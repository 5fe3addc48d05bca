"""Finding organization groups by what people call them."""

from portal.core.actors import Actor
from portal.core.refusals import Refused
from tenants.groups.models import OrganizationGroup


class GroupUnknown(Refused):
    """No organization group has this name."""


def group_named(actor: Actor, name: str) -> OrganizationGroup:
    """Return the group called `name`, in any case; raises `GroupUnknown` and says which ones exist."""
    visible = OrganizationGroup.objects.visible_to(actor)
    group = visible.filter(name__iexact=name.strip()).first()
    if group is None:
        known = ", ".join(visible.values_list("name", flat=True)[:20])
        raise GroupUnknown(f"There is no organization group called “{name}”. There are: {known or 'none yet'}.")
    return group
