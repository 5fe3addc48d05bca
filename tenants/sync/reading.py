"""What Microsoft says about the partner's customers, read into one picture per tenant."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import httpx

from portal.core.secrets.secret import Secret
from tenants.clouds.detection import NoSuchTenant, look_up, look_up_all
from tenants.microsoft import graph, partner_center
from tenants.microsoft.environments import ENVIRONMENTS, Environment
from tenants.microsoft.errors import MicrosoftError
from tenants.microsoft.graph import AccessAssignment, Relationship
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.delegated import partner_tokens
from tenants.profiles.microsoft import environment_named, microsoft_client
from tenants.tokens.delegated import DelegatedTokens
from tenants.tokens.failures import TokenFailure

Progress = Callable[[str, int, int], None]
LOOK_UPS_PER_REPORT = 80
_NOT_FOR_US = frozenset({httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND})


@dataclass(slots=True)
class Customer:
    """Everything that was read about one customer; an empty domain means that no source told it.

    `environment` is the cloud that the login host named, empty when it was not asked now.
    """

    tenant_id: str
    name: str = ""
    initial_domain: str = ""
    default_domain: str = ""
    relationship_to_partner: str = ""
    relationships: list[Relationship] = field(default_factory=list)
    assignments: list[AccessAssignment] = field(default_factory=list)
    environment: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A security group of the partner that holds roles somewhere; `is_member` tells of the service account."""

    id: str
    name: str
    is_member: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """All customers by name, and the partner's security groups; None where Graph did not let us read groups."""

    customers: list[Customer]
    groups: list[Group] | None


class CustomerReader:
    """Reads relationships, assignments, groups, contracts, Partner Center's customers and missing domains.

    Where the partner's cloud has no delegated administration, only what was added by hand is looked up.
    `progress(step, done, total)` is called before each step asks Microsoft and as it goes on: it gives the database
    connection back. Every step raises `TokenFailure`, `MicrosoftError` or `Refused`.
    """

    def __init__(self, partner: Partner, progress: Progress) -> None:
        self._partner = partner
        self._progress = progress
        self._environment: Environment = environment_named(partner.environment)
        self._published = ENVIRONMENTS[partner.environment]
        self._customers: dict[str, Customer] = {}

    def read(self) -> Reading:
        """Return the whole picture."""
        groups = self._read_lists() if self._environment.has_gdap else []
        self._look_up_added_by_hand()
        self._find_clouds()
        by_name = sorted(self._customers.values(), key=lambda customer: (customer.name.casefold(), customer.tenant_id))
        return Reading(by_name, groups)

    def _read_lists(self) -> list[Group] | None:
        self._tokens: DelegatedTokens = partner_tokens(self._partner)
        self._progress("Signing in at Microsoft", 0, 0)
        with microsoft_client() as client:
            bearer = self._bearer(str(self._partner.tenant_id), f"{self._published.graph_url}/.default")
            self._read_relationships(client, bearer)
            self._read_assignments(client, bearer)
            groups = self._read_groups(client, bearer)
            self._read_contracts(client, bearer)
            if self._environment.partner_center_url:
                self._read_partner_center(client, self._environment.partner_center_url)
        self._read_missing_domains()
        return groups

    def _look_up_added_by_hand(self) -> None:
        """Keep every organization that was added by hand and on no list, unless its login host knows it no longer."""
        by_hand = Organization.objects.filter(partner=self._partner, is_added_by_hand=True).select_related("partner")
        unlisted = [o for o in by_hand if str(o.tenant_id) not in self._customers and not o.is_partners_own]
        for done, organization in enumerate(unlisted, start=1):
            self._progress("Looking up what was added by hand", done, len(unlisted))
            with suppress(NoSuchTenant):
                self._keep(organization, look_up(str(organization.tenant_id)).environment)

    def _keep(self, organization: Organization, environment: str) -> None:
        customer = self._customer(str(organization.tenant_id), organization.name)
        customer.initial_domain, customer.default_domain = organization.initial_domain, organization.default_domain
        customer.environment = environment

    def _find_clouds(self) -> None:
        """Ask for the cloud of every organization for which nobody has asked yet."""
        asked = Organization.objects.filter(partner=self._partner, environment_detected_at__isnull=False)
        known = {str(tenant_id) for tenant_id in asked.values_list("tenant_id", flat=True)}
        unknown = [key for key, customer in self._customers.items() if key not in known and not customer.environment]
        for start in range(0, len(unknown), LOOK_UPS_PER_REPORT):  # a report amid them would hold a connection
            self._progress("Asking which cloud organizations are in", start, len(unknown))
            for key, found in look_up_all(unknown[start : start + LOOK_UPS_PER_REPORT]):
                self._customers[key].environment = found.environment

    def _bearer(self, tenant_id: str, scope: str) -> Secret[str]:
        return self._tokens.acquire(tenant_id, scope).value

    def _customer(self, tenant_id: str, name: str) -> Customer:
        customer = self._customers.setdefault(tenant_id.lower(), Customer(tenant_id.lower()))
        customer.name = customer.name or name
        return customer

    def _read_relationships(self, client: httpx.Client, bearer: Secret[str]) -> None:
        self._progress("Reading GDAP relationships", 0, 0)
        for relationship in graph.relationships(client, bearer, graph_url=self._environment.graph_url):
            if not relationship.is_microsoft_led:
                customer = self._customer(relationship.customer_tenant_id, relationship.customer_name)
                customer.relationships.append(relationship)

    def _read_assignments(self, client: httpx.Client, bearer: Secret[str]) -> None:
        owners = {r.id: customer for customer in self._customers.values() for r in customer.relationships}
        ids, done = list(owners), 0
        for start in range(0, len(ids), graph.BATCH_SIZE):
            chunk = ids[start : start + graph.BATCH_SIZE]
            for assignment in graph.access_assignments(client, bearer, chunk, graph_url=self._environment.graph_url):
                owners[assignment.relationship_id].assignments.append(assignment)
            done += len(chunk)
            self._progress("Reading access assignments", done, len(ids))

    def _read_groups(self, client: httpx.Client, bearer: Secret[str]) -> list[Group] | None:
        self._progress("Reading security groups", 0, 0)
        assigned = {a.group_id for customer in self._customers.values() for a in customer.assignments if a.group_id}
        url = self._environment.graph_url
        try:
            names = dict(graph.group_names(client, bearer, sorted(assigned), graph_url=url))
            own = set(graph.own_group_ids(client, bearer, graph_url=url))
        except MicrosoftError as error:
            if error.status in _NOT_FOR_US:
                return None  # relationships can be read without the right to read groups
            raise
        return [Group(each, names.get(each, ""), each in own) for each in sorted(assigned)]

    def _read_contracts(self, client: httpx.Client, bearer: Secret[str]) -> None:
        self._progress("Reading CSP contracts", 0, 0)
        for contract in graph.contracts(client, bearer, graph_url=self._environment.graph_url):
            customer = self._customer(contract.customer_tenant_id, contract.display_name)
            customer.default_domain = contract.default_domain

    def _read_partner_center(self, client: httpx.Client, url: str) -> None:
        self._progress("Reading Partner Center customers", 0, 0)
        bearer = self._bearer(str(self._partner.tenant_id), f"{self._published.partner_center_url}/.default")
        for listed in partner_center.customers(client, bearer, partner_center_url=url):
            customer = self._customer(listed.tenant_id, listed.company_name)
            customer.initial_domain = listed.domain
            customer.relationship_to_partner = listed.relationship

    def _read_missing_domains(self) -> None:
        missing = [customer for customer in self._customers.values() if not customer.initial_domain]
        for done, customer in enumerate(missing, start=1):
            self._progress("Asking organizations for their domains", done, len(missing))
            self._read_domains(customer)

    def _read_domains(self, customer: Customer) -> None:
        try:
            bearer = self._bearer(customer.tenant_id, f"{self._published.graph_url}/.default")
            with microsoft_client() as client:
                details = graph.organization(client, bearer, graph_url=self._environment.graph_url)
        except (TokenFailure, MicrosoftError):
            return  # an organization that we cannot enter keeps what the partner's own lists say of it
        customer.initial_domain = details.initial_domain or ""
        customer.default_domain = customer.default_domain or details.default_domain or ""
