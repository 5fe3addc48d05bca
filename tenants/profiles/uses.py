"""Where connection profiles are assigned, and to how many organizations each applies now."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from portal.core.actors import Actor
from tenants.organizations.models import Organization
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.resolution import applied_profiles

SERVICES = (ProfileService.EXCHANGE, ProfileService.COMPLIANCE)


@dataclass(slots=True)
class Uses:
    """Where one profile is assigned: as its partner's default, to groups, to single organizations."""

    defaults: list[ProfileAssignment] = field(default_factory=list)
    groups: list[ProfileAssignment] = field(default_factory=list)
    organizations: list[ProfileAssignment] = field(default_factory=list)

    @property
    def group_count(self) -> int:
        """How many groups it is assigned to, for either service."""
        return len({each.group_id for each in self.groups})

    @property
    def organization_count(self) -> int:
        """How many organizations have it as their own, for either service."""
        return len({each.organization_id for each in self.organizations})

    @property
    def default_for(self) -> str:
        """For which services it is the default, in words; empty when for none."""
        services = {each.service for each in self.defaults}
        if len(services) == len(SERVICES):
            return ProfileService.BOTH.label
        return ProfileService(services.pop()).label if services else ""


def uses_of(profiles: Sequence[ConnectionProfile]) -> Mapping[UUID, Uses]:
    """Return where each of `profiles` is assigned, by its id, in one query."""
    found: dict[UUID, Uses] = {profile.pk: Uses() for profile in profiles}
    stored = ProfileAssignment.objects.filter(profile__in=list(found)).order_by(
        "rank", "group__name", "organization__name", "service"
    )
    for each in stored.select_related("partner", "group", "organization"):
        uses = found[each.profile_id]
        (uses.defaults if each.partner else uses.groups if each.group else uses.organizations).append(each)
    return found


@dataclass(slots=True)
class Applying:
    """The organizations that a profile applies to now, by service ("exo", "scc")."""

    places: dict[str, set[UUID]] = field(default_factory=lambda: {service.value: set() for service in SERVICES})

    @property
    def all(self) -> set[UUID]:
        """The organizations where it applies, for either service."""
        return set[UUID]().union(*self.places.values())

    @property
    def number(self) -> int:
        """In how many organizations it applies, for either service."""
        return len(self.all)

    @property
    def by_service(self) -> list[tuple[str, int]]:
        """In how many it applies for each service, in words."""
        return [(service.label, len(self.places[service.value])) for service in SERVICES]


def applying(actor: Actor) -> Mapping[UUID, Applying]:
    """Return, by profile, where each applies now of what `actor` may see; a profile that applies nowhere is added."""
    served = list(Organization.objects.visible_to(actor).served())
    found: dict[UUID, Applying] = defaultdict(Applying)
    for service in SERVICES:
        for organization_id, applied in applied_profiles(served, service=service).items():
            found[applied.profile.pk].places[service.value].add(organization_id)
    return found
