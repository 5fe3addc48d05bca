"""Organizations of the simulated cloud, generated from one seed; a tenant's content is generated when first touched."""

import random
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from portal.sandbox.world import roles
from portal.sandbox.world.clouds import CLOUDS, WORLDWIDE, NationalCloud, cloud_of_index
from portal.sandbox.world.names import COUNTRIES, Country, company, slug
from portal.sandbox.world.troubles import spread

REDIRECTED_EVERY = 10
LARGE_EVERY = 50
ROLE_SETS = (
    (roles.EXCHANGE_ADMINISTRATOR, roles.USER_ADMINISTRATOR, roles.LICENSE_ADMINISTRATOR),
    (roles.GLOBAL_ADMINISTRATOR,),
    (roles.RECIPIENT_ADMINISTRATOR, roles.HELPDESK_ADMINISTRATOR, roles.DIRECTORY_READERS),
    (roles.GLOBAL_READER, roles.SECURITY_READER),
    (roles.USER_ADMINISTRATOR, roles.TEAMS_ADMINISTRATOR),
)


@dataclass(slots=True)
class Organization:
    """One Microsoft 365 organization (the partner's own is one too, index -1)."""

    index: int
    tenant_id: str
    name: str
    country: Country
    initial_domain: str
    domains: tuple[str, ...]
    default_domain: str
    cloud: str
    mailboxes: int
    trouble: str | None
    relationship: str
    reseller: bool
    roles: frozenset[str]
    redirects: bool
    seed: str
    compliance_region: str
    redirected: bool = False
    throttled_calls: int = 0
    customized: bool = False
    tokens: float = field(default=0.0)
    refilled_at: float = field(default=0.0)
    retry_at: float = field(default=0.0)
    changed: dict[str, Any] = field(default_factory=dict)
    withheld: set[str] = field(default_factory=set)
    troubled_at: float = field(default=0.0)

    @property
    def effective_roles(self) -> frozenset[str]:
        """Directory roles that partner users really have here now (exchange-protocol.md 7.2)."""
        if self.index < 0:
            return frozenset({roles.GLOBAL_ADMINISTRATOR})
        assigned = frozenset(self.changed.get("assigned", self.roles)) - self.withheld
        return self.roles & assigned if self.relationship in {"active", "expiring"} else frozenset()

    @property
    def application_roles(self) -> frozenset[str]:
        """Directory roles of the partner's application here now."""
        if self.has_trouble("role_missing"):
            return frozenset()
        unsupported = self.has_trouble("role_unsupported")
        return frozenset({roles.TEAMS_ADMINISTRATOR if unsupported else roles.EXCHANGE_ADMINISTRATOR})

    @property
    def dehydrated(self) -> bool:
        """Whether Enable-OrganizationCustomization still has to be run."""
        return self.trouble == "dehydrated" and not self.customized

    def rng(self, purpose: str) -> random.Random:
        """A random generator for one purpose in this organization, the same in every process with this seed."""
        return random.Random(f"{self.seed}:{purpose}")

    def change_trouble(self, trouble: str | None) -> None:
        """Give the organization another trouble, or none; a relationship comes back when its trouble is gone."""
        if self.trouble == "relationship_ended":
            self.relationship = "active"
        if trouble == "relationship_ended":
            self.relationship = "terminated"
        self.trouble, self.troubled_at = trouble, time.time()
        self.throttled_calls, self.customized = 0, False

    def change_relationship(self, changes: Mapping[str, Any]) -> None:
        """Give the relationship other facts: state, roles, end, auto_extend, name, assigned (role ids)."""
        self.relationship = changes.get("state", self.relationship)
        self.roles = frozenset(changes.get("roles", self.roles))
        self.changed |= {name: changes[name] for name in ("end", "auto_extend", "name", "assigned") if name in changes}

    def has_trouble(self, *names: str) -> bool:
        """Tell whether the organization's trouble is one of the names."""
        return self.trouble in names


def make_uuid(text: str) -> str:
    """A GUID that depends only on the text."""
    return str(uuid.UUID(int=random.Random(text).getrandbits(128), version=4))


def make_organizations(seed: int, count: int, share: float) -> list[Organization]:
    """Make `count` organizations; the same seed gives the same ones."""
    trouble = spread(seed, count, share)
    taken: set[str] = set()
    return [_make(seed, index, trouble.get(index), taken) for index in range(count)]


def make_partner(seed: int, cloud: NationalCloud) -> Organization:
    """The partner's own organization in a cloud."""
    worldwide = cloud.name == WORLDWIDE
    label = "halyardmsp" if worldwide else slug(cloud.partner_name)
    default = "halyard.example" if worldwide else f"{label}.example"
    return Organization(
        index=-1,
        tenant_id=make_uuid(f"{seed}:partner" if worldwide else f"{seed}:partner:{cloud.name}"),
        name=cloud.partner_name,
        country=COUNTRIES[0],
        initial_domain=f"{label}.{cloud.domain}",
        domains=(f"{label}.{cloud.domain}", default),
        default_domain=default,
        cloud=cloud.name,
        mailboxes=24,
        trouble=None,
        relationship="none",
        reseller=False,
        roles=frozenset(),
        redirects=False,
        seed=f"{seed}:partner",
        compliance_region=COUNTRIES[0].region,
    )


def _make(seed: int, index: int, trouble: str | None, taken: set[str]) -> Organization:
    rng = random.Random(f"{seed}:{index}")
    name, country = company(rng)
    label = slug(name)[:24]
    if label in taken:
        town = rng.choice(country.towns)
        name, label = f"{name} {town}", slug(f"{label}{town}")
    if label in taken:
        name, label = f"{name} {index}", f"{label}{index}"
    taken.add(label)
    cloud = cloud_of_index(index)
    initial = f"{label}.{CLOUDS[cloud].domain}"
    custom = [f"{label}.example"]
    if rng.random() < 0.4:
        custom.append(f"mail.{label}.{country.top_level}.example")
    if rng.random() < 0.15:
        custom.append(f"{label}-group.example")
    only_initial = rng.random() < 0.04
    domains = (initial,) if only_initial else (initial, *custom)
    # Delegated administration and reselling through Partner Center exist in the worldwide cloud only.
    relationship = _relationship(rng, trouble) if cloud == WORLDWIDE else "none"
    return Organization(
        index=index,
        tenant_id=make_uuid(f"{seed}:{index}:tenant"),
        name=name,
        country=country,
        initial_domain=initial,
        domains=domains,
        default_domain=domains[-1] if only_initial else custom[0],
        cloud=cloud,
        mailboxes=_size(rng, index),
        trouble=trouble,
        relationship=relationship,
        reseller=cloud == WORLDWIDE and (relationship == "none" or rng.random() > 0.06),
        roles=frozenset(rng.choices(ROLE_SETS, weights=(70, 10, 8, 7, 5))[0]),
        redirects=index % REDIRECTED_EVERY == 3,
        seed=f"{seed}:{index}",
        compliance_region=country.region,
    )


def _relationship(rng: random.Random, trouble: str | None) -> str:
    drawn = rng.choices(("active", "expiring", "expired", "terminated", "none"), weights=(86, 6, 3, 2, 3))[0]
    return "terminated" if trouble == "relationship_ended" else drawn


def _size(rng: random.Random, index: int) -> int:
    drawn = max(3, min(600, round(rng.lognormvariate(3.1, 0.9))))
    return 1_000 + rng.randrange(200, 1_600) if index % LARGE_EVERY == 7 else drawn
