"""What pages ask about connection profiles."""

from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Lower

from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.profiles.models import ConnectionProfile


def visible_profiles(actor: Actor) -> QuerySet[ConnectionProfile]:
    """Return the connection profiles that `actor` may see, with their partners."""
    profiles = ConnectionProfile.objects.select_related("partner", "app_registration")
    return profiles if actor.has(Permission.ORGANIZATION_READ) else profiles.none()


def usable_profiles(actor: Actor) -> list[ConnectionProfile]:
    """Return those that are not retired, by name."""
    return list(visible_profiles(actor).filter(retired_at=None).order_by(Lower("name"), "pk"))


def find_profile(*, actor: Actor, profile_id: UUID) -> ConnectionProfile | None:
    """Return one profile, retired or not."""
    return visible_profiles(actor).filter(pk=profile_id).first()
