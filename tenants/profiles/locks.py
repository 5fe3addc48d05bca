"""The locks under which assignments change, taken in this order: a profile, its places by id, the assignments by id.

Those of profiles and places hold up nobody who inserts rows that refer to them, as workers do.
"""

from collections.abc import Iterable

from django.db.models import QuerySet

from tenants.organizations.models import Organization
from tenants.profiles.models import ConnectionProfile, Place, ProfileAssignment
from tenants.profiles.validation import ProfileRefused


def lock_profile(profile: ConnectionProfile) -> ConnectionProfile:
    """Return a profile as it is now, with its partner."""
    stored = ConnectionProfile.objects.select_for_update(of=("self",), no_key=True).select_related("partner")
    return stored.get(pk=profile.pk)


def lock_place(place: Place) -> Place:
    """Return a place as it is now; raises `ProfileRefused` when it was deleted."""
    found: Place | None = type(place).objects.select_for_update(no_key=True).filter(pk=place.pk).first()
    if found is None:
        raise ProfileRefused(f"“{place}” was deleted. Choose where else the connection profile shall apply.")
    return found


def lock_organizations(organizations: Iterable[Organization]) -> list[Organization]:
    """Return organizations as they are now."""
    stored = Organization.objects.select_for_update(no_key=True)
    return list(stored.filter(pk__in=[each.pk for each in organizations]).order_by("pk"))


def lock_assignments(assignments: QuerySet[ProfileAssignment]) -> list[ProfileAssignment]:
    """Return assignments as they are now, with their profiles and places."""
    found = assignments.select_related("profile", "partner", "group", "organization").order_by("pk")
    return list(found.select_for_update(of=("self",)))
