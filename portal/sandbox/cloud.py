"""The state of the simulated cloud: partner, organizations, applications, tokens, ledger, faults and settings."""

import random
import time
from dataclasses import dataclass
from pathlib import Path

from portal.sandbox.applications import EXCHANGE_MODULE_CLIENT, Application, Registrations
from portal.sandbox.certificates import ensure_key
from portal.sandbox.doors import DIRECTORY_OF, Door, Doors
from portal.sandbox.engine.catalogue import Catalogue
from portal.sandbox.engine.store import TenantStore
from portal.sandbox.faults import Faults
from portal.sandbox.http import Json
from portal.sandbox.ledger import Ledger
from portal.sandbox.tokens import RefreshGrant, TokenIssuer
from portal.sandbox.waits import Waits
from portal.sandbox.world import roles
from portal.sandbox.world.clouds import CLOUDS, NATIONAL, WORLDWIDE
from portal.sandbox.world.objects import seed_records
from portal.sandbox.world.organizations import Organization, make_organizations, make_partner, make_uuid
from portal.sandbox.world.people import People

APPLICATION_NAME = "Signalbox"


@dataclass(frozen=True, slots=True)
class Settings:
    """What the command line sets."""

    folder: Path
    organizations: int
    seed: int
    trouble: float
    latency_ms: float
    catalogue: Path


@dataclass(frozen=True, slots=True)
class Throttle:
    """Token bucket per tenant: calls per second and burst."""

    rate: float
    burst: float


class Cloud:
    """Everything that the services share. One process, one event loop, hence no locks."""

    def __init__(self, settings: Settings, doors: Doors) -> None:
        self.settings = settings
        self.doors = doors
        seed = settings.seed
        self.started_at = time.time()
        self.catalogue = Catalogue.load(settings.catalogue)
        self.tokens = TokenIssuer(ensure_key(settings.folder / "token-signing.key.pem"))
        self.ledger = Ledger(settings.folder / "ledger.jsonl")
        self.logins = Ledger(settings.folder / "logins.jsonl")
        self.application_id = make_uuid(f"{seed}:application")
        self.client_secret = f"sandbox~{make_uuid(f'{seed}:secret')}"
        self.service_account_id = make_uuid(f"{seed}:service-account")
        self.module_key = ensure_key(settings.folder / "module.key.pem")
        self.registrations = Registrations(
            settings.folder / "applications.json",
            [
                Application(
                    self.application_id,
                    APPLICATION_NAME,
                    make_uuid(f"{seed}:application-object"),
                    confidential=True,
                    secret=self.client_secret,
                    cloud=WORLDWIDE,
                ),
                *(_national_application(seed, national.name) for national in NATIONAL),
                Application(
                    EXCHANGE_MODULE_CLIENT,
                    "Microsoft Exchange REST API Based Powershell",
                    make_uuid("exchange-module"),
                    confidential=False,
                ),
            ],
        )
        self.reset()

    def reset(self) -> None:
        """Return to the state of the first start; registered certificates stay."""
        settings = self.settings
        self.random = random.Random(settings.seed)
        self.latency = settings.latency_ms / 1000
        self.throttle: Throttle | None = None
        self.partners = {cloud.name: make_partner(settings.seed, cloud) for cloud in CLOUDS.values()}
        self.partner = self.partners[WORLDWIDE]
        self.organizations = make_organizations(settings.seed, settings.organizations, settings.trouble)
        self.withheld: set[str] = set()
        for organization in self.organizations:
            organization.withheld = self.withheld
        self._by_tenant: dict[str, Organization] = {}
        for organization in (*self.partners.values(), *self.organizations):
            self._by_tenant[organization.tenant_id] = organization
            for domain in organization.domains:
                self._by_tenant[domain] = organization
        self.people = People(
            settings.seed, [*self.partners.values()], self.organizations, self.find, self.service_account_id
        )
        self._stores: dict[str, TenantStore] = {}
        self.relationships: dict[tuple[str, str, int], Json] = {}
        self.faults = Faults(settings.seed)
        self.violations: dict[str, int] = {}
        self.waits = Waits()
        self.discoveries: dict[str, int] = {}
        self.ledger.forget()
        self.logins.forget()

    @property
    def service_account(self) -> str:
        """User principal name of the account whose refresh token the partner holds."""
        return f"signalbox@{self.partner.default_domain}"

    def refresh_token(self) -> str:
        """The partner's refresh token of the service account."""
        home = self.partner.tenant_id
        return self.tokens.refresh_token(
            RefreshGrant(self.service_account_id, self.application_id, self.started_at, home, home, ("pwd", "mfa"))
        )

    def find(self, tenant: str) -> Organization | None:
        """The organization with this tenant id or verified domain, any case."""
        return self._by_tenant.get(tenant.lower())

    def find_authority(self, tenant: str, door: Door = Door.WORLDWIDE) -> Organization | None:
        """The organization that a tenant segment of a login URL names; this directory's partner for `organizations`."""
        if tenant not in {"organizations", "common"}:
            return self.find(tenant)
        return next(o for name, o in self.partners.items() if CLOUDS[name].directory == DIRECTORY_OF[door])

    def cloud_of_tenant(self, tenant_id: str) -> str:
        """The cloud in which a tenant lives, empty for an unknown one."""
        organization = self.find(tenant_id)
        return organization.cloud if organization else ""

    def remove(self, organization: Organization) -> None:
        """Let a customer vanish from the directory and from the partner's lists."""
        self.organizations.remove(organization)
        for key in (organization.tenant_id, *organization.domains):
            self._by_tenant.pop(key, None)
        self._stores.pop(organization.tenant_id, None)

    def store(self, organization: Organization) -> TenantStore:
        """The objects of an organization, made when first asked for."""
        store = self._stores.get(organization.tenant_id)
        if store is None:
            store = self._stores[organization.tenant_id] = TenantStore(organization, self.catalogue, seed_records)
        return store

    def violation(self, name: str) -> None:
        """Count a breach of an invariant by the client (exchange-protocol.md 7.5)."""
        self.violations[name] = self.violations.get(name, 0) + 1

    def security_group(self, role: str) -> str:
        """Object id of the partner's security group that is mapped to a role."""
        return make_uuid(f"{self.settings.seed}:group:{role}")

    def security_groups(self) -> list[tuple[str, str]]:
        """Object id and display name of the partner's security groups, one a role (4.2)."""
        return [(self.security_group(role), f"M365 GDAP {name}") for role, name in roles.NAMES.items()]


def _national_application(seed: int, cloud: str) -> Application:
    return Application(
        make_uuid(f"{seed}:application:{cloud}"),
        APPLICATION_NAME,
        make_uuid(f"{seed}:application-object:{cloud}"),
        confidential=True,
        secret=f"sandbox~{make_uuid(f'{seed}:secret:{cloud}')}",
        cloud=cloud,
    )
