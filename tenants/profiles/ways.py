"""By which connection profiles one gets into organizations, and why by those, in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tenants.organizations.models import Organization
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.resolution import Applied, Because, applied_profiles, assignments_for, resolved
from tenants.profiles.uses import SERVICES


@dataclass(frozen=True, slots=True)
class Way:
    """The profile that applies to one organization for `services`; None where none does."""

    services: str
    profile: ConnectionProfile | None
    because: str


def ways_into(organizations: Sequence[Organization]) -> Mapping[UUID, Sequence[Way]]:
    """Return the ways into each organization, by id: one where both services have the same, else one a service."""
    by_service = {service: applied_profiles(organizations, service=service) for service in SERVICES}
    return {
        organization.pk: _ways({service: found.get(organization.pk) for service, found in by_service.items()})
        for organization in organizations
    }


@dataclass(frozen=True, slots=True)
class Reasons:
    """Which profile applies to one organization for one service, and which would in its place, the next one first."""

    service: ProfileService
    applied: Applied | None
    instead: Sequence[Applied]

    @property
    def words(self) -> str:
        """Why it applies and what would otherwise, in a sentence."""
        if self.applied is None:
            return "No connection profile applies: nothing can be run here for this service."
        others = "; ".join(f"{_otherwise(each)} would be “{each.profile}”" for each in self.instead)
        return f"Because {because_of(self.applied)}{f'; {others}' if others else ''}."


def reasons_for(organization: Organization) -> list[Reasons]:
    """Return for each service which profile applies to `organization`, and why."""
    return [_reasons(organization, service) for service in SERVICES]


def because_of(applied: Applied) -> str:
    """Return why a profile applies, in words that can follow “because”."""
    if applied.because is Because.ORGANIZATION:
        return "it is the organization's own"
    if applied.because is Because.GROUP:
        return f"of the group “{applied.group}” (rank {applied.assignment.rank})"
    return f"it is the default of {applied.profile.partner}"


def _reasons(organization: Organization, service: ProfileService) -> Reasons:
    found, left = list[Applied](), assignments_for(service)
    while applied := resolved([organization], left).get(organization.pk):
        found.append(applied)
        left = [each for each in left if each.pk != applied.assignment.pk]
    return Reasons(service, found[0] if found else None, found[1:])


def _otherwise(applied: Applied) -> str:
    if applied.because is Because.GROUP:
        return f"that of the group “{applied.group}” (rank {applied.assignment.rank})"
    return "the partner's default"


def _ways(applied: Mapping[ProfileService, Applied | None]) -> list[Way]:
    first, second = applied.values()
    if (first and first.profile) == (second and second.profile):
        return [_way("", first)]
    return [_way(service.label, each) for service, each in applied.items()]


def _way(services: str, applied: Applied | None) -> Way:
    return Way(services, applied.profile, because_of(applied)) if applied else Way(services, None, "none is assigned")
