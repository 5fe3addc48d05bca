"""Microsoft Graph, as far as a partner reads it: GDAP, contracts, an organization and its domains.

Every function takes a light client, a bearer token and the environment's `graph_url`, and raises `MicrosoftError`
(`Throttled` with the time to wait). Nothing here waits or repeats. Times are aware UTC. Source: exchange-protocol.md 4.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

import httpx

from portal.core.secrets.secret import Secret
from tenants.microsoft.errors import MicrosoftError, error_from_parts, error_from_response, parse_json

BATCH_SIZE = 20  # Graph's limit of requests in one $batch
_MOST_PAGES = 1000
_MOST_IDS = 1000  # of one getByIds
_RELATIONSHIPS = "/tenantRelationships/delegatedAdminRelationships"


@dataclass(frozen=True, slots=True)
class Relationship:
    """A delegated admin relationship (GDAP); `status` is Graph's own word, durations are ISO 8601."""

    id: str
    display_name: str
    status: str
    customer_tenant_id: str
    customer_name: str
    role_definition_ids: tuple[str, ...]
    duration: str
    auto_extend_duration: str
    created_at: datetime | None
    activated_at: datetime | None
    ends_at: datetime | None
    etag: str

    @property
    def is_microsoft_led(self) -> bool:
        """True for a relationship of the Microsoft-led transition, which is read-only."""
        return self.display_name.startswith("MLT_")


@dataclass(frozen=True, slots=True)
class AccessAssignment:
    """Which security group of the partner holds which roles of a relationship; `status` is Graph's own word."""

    id: str
    relationship_id: str
    status: str
    group_id: str
    role_definition_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """An entry of the legacy CSP list; it proves no access."""

    customer_tenant_id: str
    display_name: str
    default_domain: str
    contract_type: str


@dataclass(frozen=True, slots=True)
class Domain:
    """A domain of an organization."""

    name: str
    is_initial: bool
    is_default: bool
    is_verified: bool


@dataclass(frozen=True, slots=True)
class OrganizationDetails:
    """An organization as it describes itself."""

    tenant_id: str
    display_name: str
    domains: tuple[Domain, ...]

    @property
    def initial_domain(self) -> str | None:
        """The `….onmicrosoft.com` domain, needed to route calls to Exchange."""
        return next((domain.name for domain in self.domains if domain.is_initial), None)

    @property
    def default_domain(self) -> str | None:
        """The domain that new users get."""
        return next((domain.name for domain in self.domains if domain.is_default), None)


def relationships(client: httpx.Client, bearer: Secret[str], *, graph_url: str) -> Iterator[Relationship]:
    """Yield every delegated admin relationship of the partner, in any status. Needs a partner-tenant token."""
    for row in _rows(client, bearer, graph_url, f"{graph_url}/v1.0{_RELATIONSHIPS}"):
        yield _relationship(row)


def access_assignments(
    client: httpx.Client, bearer: Secret[str], relationship_ids: Iterable[str], *, graph_url: str
) -> Iterator[AccessAssignment]:
    """Yield the access assignments of the given relationships, 20 relationships to a request.

    The first relationship that cannot be read raises; none is ever left out silently.
    """
    remaining = iter(relationship_ids)
    while chunk := list(islice(remaining, BATCH_SIZE)):
        for relationship_id, body in _batch(client, bearer, graph_url, chunk):
            for row in _continued(client, bearer, graph_url, body):
                yield _access_assignment(relationship_id, row)


def contracts(client: httpx.Client, bearer: Secret[str], *, graph_url: str) -> Iterator[Contract]:
    """Yield the legacy list of CSP customers. Needs a partner-tenant token."""
    for row in _rows(client, bearer, graph_url, f"{graph_url}/v1.0/contracts"):
        yield Contract(
            customer_tenant_id=_text(row, "customerId").lower(),
            display_name=_text(row, "displayName"),
            default_domain=_text(row, "defaultDomainName"),
            contract_type=_text(row, "contractType"),
        )


def organization(client: httpx.Client, bearer: Secret[str], *, graph_url: str) -> OrganizationDetails:
    """Return the organization that the bearer belongs to, with its domains."""
    row = next(_rows(client, bearer, graph_url, f"{graph_url}/v1.0/organization"), None)
    if row is None:
        raise MicrosoftError("Graph returned no organization")
    domains = tuple(
        Domain(
            name=_text(domain, "id"),
            is_initial=bool(domain.get("isInitial")),
            is_default=bool(domain.get("isDefault")),
            is_verified=bool(domain.get("isVerified")),
        )
        for domain in _rows(client, bearer, graph_url, f"{graph_url}/v1.0/domains")
    )
    return OrganizationDetails(_text(row, "id").lower(), _text(row, "displayName"), domains)


def group_names(
    client: httpx.Client, bearer: Secret[str], group_ids: Iterable[str], *, graph_url: str
) -> Iterator[tuple[str, str]]:
    """Yield id and display name of the partner's groups among `group_ids`; one that is gone is left out."""
    remaining = iter(group_ids)
    while chunk := list(islice(remaining, _MOST_IDS)):
        wanted = {"ids": chunk, "types": ["group"]}
        body = _request(client, "POST", f"{graph_url}/v1.0/directoryObjects/getByIds", bearer, json=wanted)
        for row in _continued(client, bearer, graph_url, body):
            yield _text(row, "id"), _text(row, "displayName")


def own_group_ids(client: httpx.Client, bearer: Secret[str], *, graph_url: str) -> Iterator[str]:
    """Yield the ids of the groups that the signed-in account belongs to, nested ones included (4.2)."""
    for row in _rows(client, bearer, graph_url, f"{graph_url}/v1.0/me/transitiveMemberOf"):
        if _text(row, "@odata.type") == "#microsoft.graph.group":
            yield _text(row, "id")


def _rows(client: httpx.Client, bearer: Secret[str], graph_url: str, url: str) -> Iterator[Mapping[str, Any]]:
    yield from _continued(client, bearer, graph_url, _request(client, "GET", url, bearer))


def _continued(
    client: httpx.Client, bearer: Secret[str], graph_url: str, body: Mapping[str, Any]
) -> Iterator[Mapping[str, Any]]:
    """Yield the rows of a first page and of all that follow it."""
    seen: set[str] = set()
    while True:
        yield from (row for row in body.get("value") or () if isinstance(row, dict))
        link = body.get("@odata.nextLink")
        if not link:
            return
        _check_link(str(link), graph_url, seen)
        body = _request(client, "GET", str(link), bearer)


def _check_link(link: str, graph_url: str, seen: set[str]) -> None:
    if urlsplit(link)[:2] != urlsplit(graph_url)[:2]:
        raise MicrosoftError(f"Graph pointed to another host for the next page: {urlsplit(link).netloc}")
    if link in seen or len(seen) >= _MOST_PAGES:
        raise MicrosoftError("Graph returned a list without an end")
    seen.add(link)


def _batch(
    client: httpx.Client, bearer: Secret[str], graph_url: str, relationship_ids: list[str]
) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Read the assignments of up to 20 relationships; answers are told apart by id only."""
    requests = [
        {"id": str(number), "method": "GET", "url": f"{_RELATIONSHIPS}/{relationship_id}/accessAssignments"}
        for number, relationship_id in enumerate(relationship_ids)
    ]
    body = _request(client, "POST", f"{graph_url}/v1.0/$batch", bearer, json={"requests": requests})
    answers = [answer for answer in body.get("responses") or () if isinstance(answer, dict)]
    if sorted(str(answer.get("id")) for answer in answers) != sorted(request["id"] for request in requests):
        raise MicrosoftError("Graph's batch answer lacks an item, or repeats one")
    for answer in answers:
        status, content = int(answer.get("status", 0)), answer.get("body")
        if status != httpx.codes.OK or not isinstance(content, dict):
            raise error_from_parts(status, answer.get("headers") or {}, content)
        yield relationship_ids[int(answer["id"])], content


def _request(
    client: httpx.Client, method: str, url: str, bearer: Secret[str], *, json: object = None
) -> Mapping[str, Any]:
    headers = {"Authorization": f"Bearer {bearer.reveal()}", "Accept": "application/json", "Accept-Language": "en-US"}
    try:
        response = client.request(method, url, headers=headers, json=json)
    except httpx.TransportError as error:
        raise MicrosoftError(f"Graph cannot be reached: {error}") from error
    if not response.is_success:
        raise error_from_response(response)
    body = parse_json(response.content)
    if not isinstance(body, dict):
        raise MicrosoftError("Graph's answer is not JSON", status=response.status_code)
    return body


def _relationship(row: Mapping[str, Any]) -> Relationship:
    customer = row.get("customer") or {}
    return Relationship(
        id=_text(row, "id"),
        display_name=_text(row, "displayName"),
        status=_text(row, "status"),
        customer_tenant_id=_text(customer, "tenantId").lower(),
        customer_name=_text(customer, "displayName"),
        role_definition_ids=_roles(row),
        duration=_text(row, "duration"),
        auto_extend_duration=_text(row, "autoExtendDuration"),
        created_at=_moment(row, "createdDateTime"),
        activated_at=_moment(row, "activatedDateTime"),
        ends_at=_moment(row, "endDateTime"),
        etag=_text(row, "@odata.etag"),
    )


def _access_assignment(relationship_id: str, row: Mapping[str, Any]) -> AccessAssignment:
    return AccessAssignment(
        id=_text(row, "id"),
        relationship_id=relationship_id,
        status=_text(row, "status"),
        group_id=_text(row.get("accessContainer") or {}, "accessContainerId"),
        role_definition_ids=_roles(row),
    )


def _roles(row: Mapping[str, Any]) -> tuple[str, ...]:
    roles = (row.get("accessDetails") or {}).get("unifiedRoles") or ()
    return tuple(_text(role, "roleDefinitionId") for role in roles)


def _text(row: Mapping[str, Any], name: str) -> str:
    return str(row.get(name) or "")


def _moment(row: Mapping[str, Any], name: str) -> datetime | None:
    text = _text(row, name)
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None
