"""Finding organization groups while somebody types."""

from portal.core.actors import Actor
from tenants.groups.models import OrganizationGroup


def search_groups(*, actor: Actor, text: str, number: int) -> list[OrganizationGroup]:
    """Return up to `number` organization groups whose name has every word of `text`, by name."""
    found = OrganizationGroup.objects.visible_to(actor)
    for word in text.split():
        found = found.filter(name__icontains=word)
    return list(found.order_by("name", "pk")[:number])
