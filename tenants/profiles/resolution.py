"""Which connection profile applies to an organization, and why."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from tenants.groups.membership import membership
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.refusals import NoProfile


class Because(StrEnum):
    """Why a profile applies."""

    ORGANIZATION = "organization"
    GROUP = "group"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Applied:
    """The profile that applies to an organization for one service; `group` only where one decides."""

    profile: ConnectionProfile
    because: Because
    group: OrganizationGroup | None = None


def applied_profiles(organizations: Iterable[Organization], *, service: str) -> dict[UUID, Applied]:
    """Return the profile of each organization that has one, by id; the number of queries grows with groups only.

    The organization's own comes first, then that of the group with the lowest rank (of those of the organization's own
    partner), then the partner's default.
    """
    places = {organization.pk: organization for organization in organizations}
    assignments = list(
        ProfileAssignment.objects.filter(service=service, profile__retired_at=None).select_related(
            "profile__partner", "profile__app_registration", "group"
        )
    )
    of_partner = {a.partner_id: a for a in assignments if a.partner_id}
    own = {a.organization_id: a for a in assignments if a.organization_id}
    of_group = _of_groups([a for a in assignments if a.group], places)
    found: dict[UUID, Applied] = {}
    for pk, organization in places.items():
        if pk in own:
            found[pk] = Applied(own[pk].profile, Because.ORGANIZATION)
        elif pk in of_group:
            found[pk] = Applied(of_group[pk].profile, Because.GROUP, of_group[pk].group)
        elif organization.partner_id in of_partner:
            found[pk] = Applied(of_partner[organization.partner_id].profile, Because.PARTNER)
    return found


def applied_profile(organization: Organization, *, service: str) -> Applied:
    """Return the profile of one organization; raises `NoProfile`."""
    applied = applied_profiles([organization], service=service).get(organization.pk)
    if applied is None:
        raise NoProfile(
            f"No connection profile applies to {organization.name} for {ProfileService(service).label}. "
            "Choose a default for its partner under Connections."
        )
    return applied


def _of_groups(assignments: list[ProfileAssignment], places: dict[UUID, Organization]) -> dict[UUID, ProfileAssignment]:
    found: dict[UUID, ProfileAssignment] = {}
    for assignment in sorted(assignments, key=lambda each: (each.rank, each.assigned_at)):
        if assignment.group is None:
            continue
        members = Organization.objects.filter(membership(assignment.group), partner_id=assignment.profile.partner_id)
        for pk in members.values_list("pk", flat=True):
            if pk in places:
                found.setdefault(pk, assignment)
    return found
