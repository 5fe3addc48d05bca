"""Assigning connection profiles: to a partner as its default, to a group, or to one organization."""

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from portal.core.actors import Actor
from portal.core.permissions import Permission
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.services import as_object
from tenants.profiles.validation import ProfileRefused

Place = Partner | OrganizationGroup | Organization


@transaction.atomic
def assign_profile(
    *, actor: Actor, profile: ConnectionProfile, place: Place, service: ProfileService, rank: int = 0
) -> None:
    """Let a profile apply to a place, for one service or for both; what applied there before is replaced.

    `rank` orders the groups that an organization belongs to: the lowest decides. Raises `ProfileRefused`.
    """
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    profile = ConnectionProfile.objects.select_for_update(of=("self",)).select_related("partner").get(pk=profile.pk)
    check_place(profile, place)
    require_service(profile, service)
    for each in services_of(service):
        _replaced(profile, place, each).delete()
        ProfileAssignment.objects.create(
            profile=profile, service=each, rank=rank, assigned_by=actor.label, **_column(place)
        )
    record(
        AuditAction.CONNECTION_PROFILE_ASSIGNED,
        actor=actor,
        target=object_at(profile, place),
        data={"place": str(place), "service": service.label},
    )


@transaction.atomic
def unassign_profile(*, actor: Actor, assignment_id: UUID) -> None:
    """Withdraw a profile from a group or an organization; raises `ProfileRefused` for a partner's default."""
    actor.require(Permission.CONNECTION_PROFILE_MANAGE)
    found = ProfileAssignment.objects.select_related("profile", "partner", "group", "organization")
    assignment = found.filter(pk=assignment_id).first()
    if assignment is None:
        return
    place = assignment.partner or assignment.group or assignment.organization
    assert place is not None  # noqa: S101 - a constraint of the table
    if assignment.partner is not None:
        raise ProfileRefused("A partner always has a default. Choose another one instead.")
    assignment.delete()
    record(
        AuditAction.CONNECTION_PROFILE_UNASSIGNED,
        actor=actor,
        target=object_at(assignment.profile, place),
        data={"place": str(place), "service": ProfileService(assignment.service).label},
    )


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


def _replaced(profile: ConnectionProfile, place: Place, service: ProfileService) -> QuerySet[ProfileAssignment]:
    there = ProfileAssignment.objects.filter(service=service, **_column(place))
    return there.filter(profile__partner=profile.partner) if isinstance(place, OrganizationGroup) else there


def _column(place: Place) -> dict[str, Place]:
    names = {Partner: "partner", OrganizationGroup: "group", Organization: "organization"}
    return {names[type(place)]: place}


def object_at(profile: ConnectionProfile, place: Place) -> Object:
    """Return how events name a profile; with the organization that it was assigned to, if it is one."""
    if not isinstance(place, Organization):
        return as_object(profile)
    return replace(as_object(profile), organization_id=place.pk, organization_name=place.name)
