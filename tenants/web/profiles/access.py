"""Finding what a page about connection profiles is about."""

from uuid import UUID

from django.http import Http404

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.selectors import find_profile


def profile_or_404(actor: Actor, profile_id: UUID) -> ConnectionProfile:
    """Return a profile that `actor` may see, retired or not; raises 404 when there is none."""
    actor.require(Permission.ORGANIZATION_READ)
    found = find_profile(actor=actor, profile_id=profile_id)
    if found is None:
        raise Http404("There is no such connection profile.")
    return found
