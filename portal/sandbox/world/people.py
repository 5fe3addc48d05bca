"""People of the simulated world: the partner's technicians, guests, and each customer's own administrators."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from portal.sandbox.world import roles
from portal.sandbox.world.organizations import Organization, make_uuid

EVERY_GROUP = frozenset(roles.NAMES)
HELPDESK = frozenset({roles.HELPDESK_ADMINISTRATOR, roles.DIRECTORY_READERS})
SERVICE_ACCOUNT_NAME = "Signalbox service account"
GUEST_EVERY = 6
"""The guest of the partner has an account in every sixth customer organization, in every other one with a role."""


@dataclass(slots=True)
class Person:
    """Someone who can sign in, with what is peculiar about him.

    `state` is how the account is: "" (good), disabled, locked, password_expired or federated. `groups` are the roles
    whose GDAP security groups of the partner he is in; `guest_roles` his roles as a guest, by tenant id.
    """

    user_principal_name: str
    name: str
    home: Organization
    password: str
    peculiarity: str
    object_id: str
    mfa: bool = True
    state: str = ""
    roles: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    guest_roles: dict[str, frozenset[str]] = field(default_factory=dict)
    valid_from: float = 0.0
    revoked_with: int = 50173

    def revoke(self, code: int, moment: float) -> None:
        """End every refresh token and signed-in browser from before `moment` (Unix time) with an AADSTS code."""
        self.valid_from, self.revoked_with = moment, code


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person gets into an organization: as member, gdap or guest; with which object id, name and roles there."""

    kind: str
    object_id: str
    user_principal_name: str
    roles: frozenset[str]


class People:
    """Everybody; those of a customer organization are made when first asked for.

    The first of the partners is the worldwide one, whose technicians reach customers; the others have administrators.
    """

    def __init__(
        self,
        seed: int,
        partners: list[Organization],
        organizations: list[Organization],
        find_organization: Callable[[str], Organization | None],
        service_account_id: str,
    ) -> None:
        self._seed = seed
        self._partner = partners[0]
        self._partners = partners
        self._organizations = organizations
        self._find_organization = find_organization
        self._made = {self._partner.tenant_id: self._of_partner(service_account_id)}

    def find(self, user_principal_name: str) -> Person | None:
        """The person with this name, any case."""
        wanted = user_principal_name.strip().lower()
        organization = self._find_organization(wanted.rpartition("@")[2]) or self._partner
        return next((person for person in self.of(organization) if person.user_principal_name == wanted), None)

    def find_by_id(self, home: str, object_id: str) -> Person | None:
        """The person with this object id in his home tenant."""
        organization = self._find_organization(home)
        members = self.of(organization) if organization else []
        return next((person for person in members if person.object_id == object_id), None)

    def of(self, organization: Organization) -> list[Person]:
        """The members of an organization."""
        made = self._made.get(organization.tenant_id)
        if made is None:
            made = self._made[organization.tenant_id] = self._of_customer(organization)
        return made

    def everybody(self) -> list[Person]:
        """Members of the partner, then of the partners in national clouds, then of each customer."""
        return [person for organization in (*self._partners, *self._organizations) for person in self.of(organization)]

    def _of_partner(self, service_account_id: str) -> list[Person]:
        partner, domain = self._partner, self._partner.default_domain
        technician = {"roles": frozenset({roles.GLOBAL_ADMINISTRATOR}), "groups": EVERY_GROUP}
        make = partial(self._make, partner)
        return [
            make(
                f"signalbox@{domain}",
                SERVICE_ACCOUNT_NAME,
                "service account",
                object_id=service_account_id,
                **technician,
            ),
            make(f"tess@{domain}", "Tess Turner", "technician with multifactor authentication", **technician),
            make(f"max@{domain}", "Max Meyer", "administrator with multifactor authentication", **technician),
            make(
                f"noor@{domain}",
                "Noor Bakker",
                "technician without multifactor authentication",
                mfa=False,
                **technician,
            ),
            make(f"omar@{domain}", "Omar Okafor", "approver with multifactor authentication"),
            make(f"ada@{domain}", "Ada Auer", "auditor with multifactor authentication"),
            make(f"nora@{domain}", "Nora Nilsson", "technician of one organization group", **technician),
            make(f"hugo@{domain}", "Hugo Smit", "only in the security groups of the helpdesk", groups=HELPDESK),
            make(f"nils@{domain}", "Nils Mulder", "in no security group: reaches no customer"),
            make(f"gwen@{domain}", "Gwen Jansen", "guest in some customers", guest_roles=self._guest_roles()),
            make(f"dora@{domain}", "Dora Hoekstra", "account disabled", state="disabled", **technician),
            make(f"piet@{domain}", "Piet de Boer", "password expired", state="password_expired", **technician),
            make(f"lars@{domain}", "Lars Dijkstra", "account locked", state="locked", **technician),
            make(
                f"fred@federated.{domain}",
                "Fred van Dam",
                "signs in at a federation server",
                state="federated",
                **technician,
            ),
        ]

    def _guest_roles(self) -> dict[str, frozenset[str]]:
        invited = [organization for organization in self._organizations if organization.index % GUEST_EVERY == 4]
        administrator = frozenset({roles.EXCHANGE_ADMINISTRATOR})
        return {
            organization.tenant_id: frozenset() if position % 2 else administrator
            for position, organization in enumerate(invited)
        }

    def _of_customer(self, organization: Organization) -> list[Person]:
        domain, make = organization.initial_domain, partial(self._make, organization)
        everything, exchange = frozenset({roles.GLOBAL_ADMINISTRATOR}), frozenset({roles.EXCHANGE_ADMINISTRATOR})
        return [
            make(
                f"admin@{domain}",
                "Global Administrator",
                "administrator with multifactor authentication",
                roles=everything,
            ),
            make(
                f"exchange@{domain}",
                "Exchange Administrator",
                "administrator without multifactor authentication",
                roles=exchange,
                mfa=False,
            ),
            make(f"user@{domain}", "Ordinary User", "without any role", mfa=False),
        ]

    def _make(self, home: Organization, user_principal_name: str, name: str, peculiarity: str, **facts: Any) -> Person:
        facts.setdefault("object_id", make_uuid(f"{self._seed}:person:{user_principal_name}"))
        password = f"Sandbox.{user_principal_name.partition('@')[0]}.{self._seed}"
        return Person(user_principal_name, name, home, password, peculiarity, **facts)


def standing(person: Person, organization: Organization, partner: Organization) -> Standing | None:
    """How a person gets into an organization now (2.4, 7.2); None if in no way: AADSTS50020."""
    if person.home.tenant_id == organization.tenant_id:
        return Standing("member", person.object_id, person.user_principal_name, person.roles)
    if organization.tenant_id in person.guest_roles:
        name = f"{person.user_principal_name.replace('@', '_')}#EXT#@{organization.initial_domain}"
        object_id = make_uuid(f"{organization.tenant_id}:guest:{person.object_id}")
        return Standing("guest", object_id, name, person.guest_roles[organization.tenant_id])
    delegated = organization.effective_roles & person.groups
    if person.home.tenant_id == partner.tenant_id and delegated:
        return Standing("gdap", person.object_id, person.user_principal_name, delegated)
    return None
