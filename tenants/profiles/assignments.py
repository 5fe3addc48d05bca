"""Assigning connection profiles: to a partner as its default, to a group, or to one organization."""

from collections.abc import Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from portal.audit.services import write
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.locks import lock_assignments, lock_place, lock_profile
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile, Place, ProfileAssignment
from tenants.profiles.recording import assigned, unassigned
from tenants.profiles.validation import ProfileRefused


@transaction.atomic
def assign_profile(
    *, actor: Actor, profile: ConnectionProfile, place: Place, service: ProfileService, rank: int = 0
) -> None:
    """Let a profile apply to a place, for one service or for both; what applied there before is replaced.

    `rank` orders the groups that an organization belongs to: the lowest decides. Raises `ProfileRefused`.
    """
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    profile, place = lock_profile(profile), lock_place(place)
    check_place(profile, place)
    require_service(profile, service)
    services = services_of(service)
    there = _there(profile, place, services)
    replaced = lock_assignments(there)
    there.delete()
    ProfileAssignment.objects.bulk_create(
        ProfileAssignment(profile=profile, service=each, rank=rank, assigned_by=actor.label, **_column(place))
        for each in services
    )
    write([assigned(actor, profile, place, service, replaced)])


@transaction.atomic
def unassign_profile(*, actor: Actor, assignment_id: UUID) -> None:
    """Withdraw a profile from a group or an organization; raises `ProfileRefused` for a partner's default."""
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    ended = lock_assignments(ProfileAssignment.objects.filter(pk=assignment_id))
    if any(each.partner for each in ended):
        raise ProfileRefused("A partner always has a default. Choose another one instead.")
    end_assignments(actor, ended)


def end_assignments(actor: Actor, assignments: Sequence[ProfileAssignment]) -> None:
    """Delete locked assignments with an event each, in as many queries for one as for a thousand."""
    ProfileAssignment.objects.filter(pk__in=[each.pk for each in assignments]).delete()
    write(unassigned(actor, assignments))


def services_of(service: ProfileService) -> list[ProfileService]:
    """Return the single services that `service` means."""
    return [each for each in (ProfileService.EXCHANGE, ProfileService.COMPLIANCE) if service.covers(each)]


def require_service(profile: ConnectionProfile, service: ProfileService) -> None:
    """Raise `ProfileRefused` unless the profile opens `service`, or both where both are meant."""
    if not all(ProfileService(profile.service).covers(each) for each in services_of(service)):
        raise ProfileRefused(f"“{profile}” does not open {service.label}.", "service")


def check_place(profile: ConnectionProfile, place: Place) -> None:
    """Raise `ProfileRefused` unless the profile can apply to `place`."""
    if profile.retired_at is not None:
        raise ProfileRefused(f"“{profile}” was retired. Choose another connection profile.")
    partner_id = place.partner_id if isinstance(place, Organization) else profile.partner_id
    if isinstance(place, Partner):
        partner_id = place.pk
    if partner_id != profile.partner_id:
        raise ProfileRefused(f"“{profile}” belongs to {profile.partner}, and {place} does not.")
    if isinstance(place, Organization) and profile.environment not in ("", place.environment):
        raise ProfileRefused(f"“{profile}” is for {profile.environment}, and {place} is in {place.environment}.")


def _there(profile: ConnectionProfile, place: Place, services: Sequence[ProfileService]) -> QuerySet[ProfileAssignment]:
    there = ProfileAssignment.objects.filter(service__in=services, **_column(place))
    return there.filter(profile__partner=profile.partner) if isinstance(place, OrganizationGroup) else there


def _column(place: Place) -> dict[str, Place]:
    names = {Partner: "partner", OrganizationGroup: "group", Organization: "organization"}
    return {names[type(place)]: place}
