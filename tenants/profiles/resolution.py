"""Which connection profile applies to an organization, and why."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper

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
    """The profile that applies to an organization for one service."""

    assignment: ProfileAssignment
    because: Because

    @property
    def profile(self) -> ConnectionProfile:
        """The profile."""
        return self.assignment.profile

    @property
    def group(self) -> OrganizationGroup | None:
        """The group that decides, where one does."""
        return self.assignment.group


def applied_profiles(organizations: Iterable[Organization], *, service: str) -> dict[UUID, Applied]:
    """Return the profile of each organization that has one, by id; in two queries."""
    return resolved(organizations, assignments_for(service))


def assignments_for(service: str) -> list[ProfileAssignment]:
    """Return every assignment for one service, with its profile, the profile's partner, and its group."""
    stored = ProfileAssignment.objects.filter(service=service, profile__retired_at=None)
    return list(stored.select_related("profile__partner", "profile__app_registration", "group"))


def resolved(organizations: Iterable[Organization], assignments: Sequence[ProfileAssignment]) -> dict[UUID, Applied]:
    """Return what `assignments`, stored or only thought of, all for one service, mean for each organization.

    The organization's own comes first, then that of the group with the lowest rank, then the partner's default. A
    profile of another partner never applies: an organization may have moved since it was assigned.
    """
    places = {organization.pk: organization for organization in organizations}
    of_partner = {a.partner_id: a for a in assignments if a.partner_id}
    own = {a.organization_id: a for a in assignments if a.organization_id}
    of_group = _of_groups([a for a in assignments if a.group], places)
    found: dict[UUID, Applied] = {}
    for pk, organization in places.items():
        if pk in own and own[pk].profile.partner_id == organization.partner_id:
            found[pk] = Applied(own[pk], Because.ORGANIZATION)
        elif pk in of_group:
            found[pk] = Applied(of_group[pk], Because.GROUP)
        elif organization.partner_id in of_partner:
            found[pk] = Applied(of_partner[organization.partner_id], Because.PARTNER)
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


def _of_groups(
    assignments: Sequence[ProfileAssignment], places: Mapping[UUID, Organization]
) -> dict[UUID, ProfileAssignment]:
    found: dict[UUID, ProfileAssignment] = {}
    members = _members({each.group for each in assignments if each.group}, places)
    for assignment in sorted(assignments, key=_order):
        for pk in members.get(assignment.group_id, ()):
            if places[pk].partner_id == assignment.profile.partner_id:
                found.setdefault(pk, assignment)
    return found


def _members(
    groups: Collection[OrganizationGroup], places: Mapping[UUID, Organization]
) -> dict[UUID | None, list[UUID]]:
    """Return which of `places` belong to each group now, in one query."""
    if not groups:
        return {}
    listed = list(groups)
    flags: dict[str, Any] = {
        f"group_{group.pk.hex}": ExpressionWrapper(membership(group), output_field=BooleanField()) for group in listed
    }
    rows = list(Organization.objects.filter(pk__in=list(places)).values_list("pk").annotate(**flags))
    return {group.pk: [row[0] for row in rows if row[number]] for number, group in enumerate(listed, start=1)}


def _order(assignment: ProfileAssignment) -> tuple[int, bool, datetime]:
    """Return the place of an assignment to a group among others; one that is not stored yet comes after its equals."""
    moment = assignment.assigned_at or datetime.max.replace(tzinfo=UTC)
    return assignment.rank, assignment.assigned_at is None, moment
