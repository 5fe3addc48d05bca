"""Which Microsoft accounts of his own a person needs for a run, and is not signed in with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.runs.ways import FrozenWays
from portal.core.actors import Actor
from tenants.organizations.models import Organization
from tenants.profiles.accesses import fits
from tenants.profiles.facts import ProfileFacts
from tenants.sign_ins.selectors import sign_ins_of


@dataclass(frozen=True, slots=True)
class MissingSignIn:
    """One sign-in that is missing: for a profile, at the partner's tenant or, if not delegated, in one organization.

    `place` names the tenant; `organizations` are those that it opens.
    """

    facts: ProfileFacts
    place: str
    organizations: list[Organization]

    @property
    def organization(self) -> Organization | None:
        """Where to sign in, None where the profile says it."""
        return None if self.facts.delegation else self.organizations[0]


def missing_sign_ins(*, actor: Actor, plan: Mapping[str, Any]) -> list[MissingSignIn]:
    """Return the sign-ins that the actor lacks for a plan; nothing is asked where no profile is personal."""
    ways = FrozenWays.of_plan(plan)
    if not ways.personal:
        return []
    own, signed_in = {facts.id for facts in ways.personal}, sign_ins_of(actor=actor)
    planned = Organization.objects.filter(tenant_id__in=plan["organizations"]).select_related("partner")
    found: dict[tuple[str, str], MissingSignIn] = {}
    for organization in planned.order_by("name", "pk"):
        facts = ways.facts(organization.tenant_id)
        if facts.id not in own or any(fits(sign_in, organization, facts) for sign_in in signed_in):
            continue
        home = organization.partner if facts.delegation else organization
        missing = found.setdefault((facts.id, str(home.tenant_id)), MissingSignIn(facts, home.name, []))
        missing.organizations.append(organization)
    return list(found.values())
