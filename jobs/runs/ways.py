"""By which connection profile a run gets into each of its organizations: frozen with the plan."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from tenants.organizations.models import Organization
from tenants.profiles.accesses import environment_for
from tenants.profiles.facts import ProfileFacts, frozen
from tenants.profiles.methods import ProfileService, reached_through
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.refusals import NoProfile, ProfileChanged
from tenants.profiles.resolution import applied_profiles


def frozen_ways(
    organizations: Sequence[Organization],
    *,
    service: str,
    profile: ConnectionProfile | None = None,
    thumbprint: str = "",
) -> dict[str, Any]:
    """Return the part of a plan that says how to connect: each profile once, the usual one, and who differs.

    `profile` replaces what applies otherwise; `thumbprint` names the certificate of every profile that uses one. Raises
    `NoWayIn`.
    """
    chosen = _chosen(organizations, service, profile)
    used = {each.pk: each for each in chosen.values()}
    facts = {pk: frozen(each, thumbprint) for pk, each in used.items()}
    if profile is not None:
        for organization in organizations:
            environment_for(organization, facts[profile.pk])
    usual = Counter(each.pk for each in chosen.values()).most_common(1)[0][0]
    return {
        **({"chosen": str(profile.pk)} if profile else {}),
        "profiles": {str(pk): each.as_plan() for pk, each in facts.items()},
        "usual": str(usual),
        "otherwise": {
            str(organization.tenant_id): str(chosen[organization.pk].pk)
            for organization in organizations
            if chosen[organization.pk].pk != usual
        },
    }


@dataclass(frozen=True, slots=True)
class FrozenWays:
    """What `frozen_ways` wrote, read again; `chosen` is the id of the one profile that was chosen for all, if so."""

    profiles: Mapping[str, ProfileFacts]
    usual: str
    otherwise: Mapping[str, str]
    chosen: str = ""

    @classmethod
    def of_plan(cls, plan: Mapping[str, Any]) -> "FrozenWays":
        """Read a plan; one of before connection profiles existed has none."""
        kept = plan["connection"]
        profiles = {key: ProfileFacts.of_plan(facts) for key, facts in kept.get("profiles", {}).items()}
        return cls(profiles, kept.get("usual", ""), kept.get("otherwise", {}), kept.get("chosen", ""))

    def facts(self, tenant_id: UUID | str) -> ProfileFacts:
        """Return the profile for one organization; raises `ProfileChanged` where the plan has none."""
        found = self.find(tenant_id)
        if found is None:
            raise ProfileChanged("This run was planned before connection profiles existed. Launch it again.")
        return found

    def find(self, tenant_id: UUID | str) -> ProfileFacts | None:
        """Return the profile for one organization, None where the plan has none."""
        return self.profiles.get(self.otherwise.get(str(tenant_id), self.usual))

    def identity(self, tenant_id: UUID | str) -> str:
        """Return what names who asks for the token of one organization; empty where the plan has no profile."""
        found = self.find(tenant_id)
        return found.identity if found else ""

    @property
    def personal(self) -> list[ProfileFacts]:
        """The profiles that use the Microsoft account of whoever launches the run."""
        return [facts for facts in self.profiles.values() if facts.way.is_personal]


def as_applied(ways: FrozenWays, organizations: Collection[Organization], *, service: str) -> set[UUID]:
    """Return who is entered as everybody enters there now: not by another profile, nor by somebody's own account.

    Only of those does reachability tell. Of a plan of before profiles, all.
    """
    facts = {each.pk: ways.find(each.tenant_id) for each in organizations}
    shared = {pk for pk, profile in facts.items() if profile is None or not profile.way.is_personal}
    if not ways.chosen:
        return shared
    usual = applied_profiles(organizations, service=reached_through(service))
    return {pk for pk in shared if pk in usual and str(usual[pk].profile.pk) == ways.chosen}


@dataclass(frozen=True, slots=True)
class WayCount:
    """One profile of a plan with the number of organizations that it is for.

    `partner` is whose it is, where the plan has another one of the same name.
    """

    facts: ProfileFacts
    number: int
    partner: str = ""


def ways_of(plan: Mapping[str, Any]) -> list[WayCount]:
    """Return the profiles of a plan, the one for most organizations first; none where it was made before profiles."""
    ways = FrozenWays.of_plan(plan)
    numbers = Counter(ways.otherwise.get(tenant_id, ways.usual) for tenant_id in plan["organizations"])
    partners = _partners_of_namesakes(ways)
    return [
        WayCount(ways.profiles[key], number, partners.get(key, ""))
        for key, number in numbers.most_common()
        if key in ways.profiles
    ]


def _partners_of_namesakes(ways: FrozenWays) -> dict[str, str]:
    names = Counter(facts.name for facts in ways.profiles.values())
    alike = [key for key, facts in ways.profiles.items() if names[facts.name] > 1]
    stored = ConnectionProfile.objects.filter(pk__in=alike).values_list("pk", "partner__name") if alike else ()
    return {str(pk): partner for pk, partner in stored}


def _chosen(
    organizations: Sequence[Organization], service: str, profile: ConnectionProfile | None
) -> dict[UUID, ConnectionProfile]:
    service = reached_through(service)
    if profile is not None:
        _refuse_foreign(organizations, profile)
        _refuse_service(profile, service)
        return {organization.pk: profile for organization in organizations}
    applied = applied_profiles(organizations, service=service)
    _refuse_missing([organization for organization in organizations if organization.pk not in applied])
    return {pk: each.profile for pk, each in applied.items()}


def _refuse_foreign(organizations: Iterable[Organization], profile: ConnectionProfile) -> None:
    foreign = [organization for organization in organizations if organization.partner_id != profile.partner_id]
    if foreign:
        raise NoProfile(
            f"The connection profile “{profile}” belongs to {profile.partner}, and {foreign[0]} is a customer of "
            "another partner. Choose organizations of one partner, or let each use its own profile."
        )


def _refuse_service(profile: ConnectionProfile, service: str) -> None:
    if not ProfileService(profile.service).covers(service):
        raise NoProfile(
            f"The connection profile “{profile}” is for {ProfileService(profile.service).label}, and this cmdlet runs "
            f"in {ProfileService(service).label}. Choose another, or let each organization use its own profile."
        )


def _refuse_missing(without: Sequence[Organization]) -> None:
    if without:
        others = f" and {len(without) - 1} more" if len(without) > 1 else ""
        raise NoProfile(
            f"No connection profile applies to {without[0]}{others} for this service. "
            "Choose a default for the partner under Connections."
        )
