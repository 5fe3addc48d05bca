"""Microsoft Graph: the partner's relationships and each tenant's organization and domains (exchange-protocol.md 4)."""

import re
import time
from collections.abc import Callable
from urllib.parse import quote, unquote, urlsplit

import orjson

from portal.sandbox.batch import inner_body
from portal.sandbox.cloud import Cloud
from portal.sandbox.errors import graph_error
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.tokens import GRAPH, decode, encode, resource_of
from portal.sandbox.world import relationships
from portal.sandbox.world.organizations import Organization

DEFAULT_PAGE = 100
LARGEST_PAGE = 999
LARGEST_BATCH = 20
MOST_IDS = 1000
_CONDITION = re.compile(r"^\s*([\w/]+)\s+eq\s+(?:'((?:[^']|'')*)'|(true|false|null))\s*$", re.IGNORECASE)
_FIND_TENANT = re.compile(r"^tenantRelationships/findTenantInformationByTenantId\(tenantId='([^']+)'\)$", re.IGNORECASE)
_RELATIONSHIP = re.compile(
    r"^tenantRelationships/delegatedAdminRelationships/([^/]+)(/accessAssignments)?$", re.IGNORECASE
)


class Graph:
    """Answers everything under `/v1.0/` and `/beta/`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._partner_lists: dict[str, Callable[[], list[Json]]] = {
            "tenantrelationships/delegatedadminrelationships": lambda: relationships.relationships(cloud),
            "tenantrelationships/delegatedadmincustomers": lambda: relationships.customers(cloud),
            "contracts": lambda: relationships.contracts(cloud),
            "groups": lambda: relationships.groups(cloud),
        }

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        claims = self._cloud.tokens.read(request.bearer) if request.bearer else None
        if claims is None or claims["exp"] < time.time() or resource_of(claims["aud"]) != GRAPH:
            return graph_error(
                401, "InvalidAuthenticationToken", "Access token is empty, expired or for another audience."
            )
        organization = self._cloud.find(claims["tid"])
        if organization is None:
            return graph_error(
                403, "Authorization_IdentityNotFound", "The identity of the calling application is unknown."
            )
        version, _, path = request.path.lstrip("/").partition("/")
        path = path.rstrip("/")
        if path == "$batch" and request.method == "POST":
            return self._batch(request, version)
        if path.lower() == "directoryobjects/getbyids" and request.method == "POST":
            return self._by_ids(request, organization)
        if request.method != "GET":
            return graph_error(
                405, "Request_BadRequest", "Specified HTTP method is not allowed for the request target."
            )
        return self._read(request, path, organization, claims)

    def _read(self, request: Request, path: str, organization: Organization, claims: Json) -> Response:
        lowered = path.lower()
        if lowered == "organization":
            return self._list(request, [relationships.organization_resource(organization)])
        if lowered == "domains":
            return self._list(request, relationships.domains(organization))
        if lowered == "me" and claims.get("idtyp") == "user":
            return json_response(200, relationships.me(self._cloud, claims))
        if lowered == "me/transitivememberof" and claims.get("idtyp") == "user":
            own = relationships.own_groups(self._cloud, claims) if organization is self._cloud.partner else []
            return self._list(request, own)
        if lowered.startswith("tenantrelationships/") or lowered in self._partner_lists:
            return self._partner(request, path, organization, claims)
        return graph_error(404, "Request_ResourceNotFound", f"Resource '{path}' does not exist.")

    def _by_ids(self, request: Request, organization: Organization) -> Response:
        body = request.json()
        wanted = body.get("ids") if isinstance(body, dict) else None
        if not isinstance(wanted, list) or not 0 < len(wanted) <= MOST_IDS:
            return graph_error(400, "Request_BadRequest", f"Between 1 and {MOST_IDS} ids can be asked for.")
        found = relationships.groups_by_id(self._cloud, wanted) if organization is self._cloud.partner else []
        return json_response(200, {"value": found})

    def _partner(self, request: Request, path: str, organization: Organization, claims: Json) -> Response:
        if claims.get("idtyp") != "user" or organization is not self._cloud.partner:
            return graph_error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
        reader = self._partner_lists.get(path.lower())
        if reader is not None:
            return self._list(request, reader())
        found = _FIND_TENANT.match(path)
        if found:
            known = self._cloud.find(found.group(1))
            missing = graph_error(404, "NotFound", f"Tenant {found.group(1)} was not found.")
            return json_response(200, relationships.tenant_information(known)) if known else missing
        return self._relationship(request, path)

    def _relationship(self, request: Request, path: str) -> Response:
        named = _RELATIONSHIP.match(path)
        relationship = relationships.find(self._cloud, named.group(1)) if named else None
        if named is None or relationship is None:
            return graph_error(404, "NotFound", "The requested resource does not exist.")
        if named.group(2):
            return self._list(request, relationships.access_assignments(self._cloud, relationship))
        return json_response(200, relationship)

    def _list(self, request: Request, items: list[Json]) -> Response:
        query = request.query
        try:
            items = [item for item in items if _matches(item, query.get("$filter", ""))]
            start = int(decode(query["$skiptoken"])) if "$skiptoken" in query else 0
            size = min(LARGEST_PAGE, max(1, int(query.get("$top", DEFAULT_PAGE))))
        except ValueError:
            return graph_error(400, "BadRequest", "Invalid filter clause or paging token.")
        select = [name.strip() for name in query.get("$select", "").split(",") if name.strip()]
        page = items[start : start + size]
        body: Json = {
            "@odata.context": f"{request.base_url}{request.path.split('/', 2)[1]}/$metadata",
            "value": [{k: v for k, v in item.items() if k in select or k.startswith("@")} for item in page]
            if select
            else page,
        }
        if start + size < len(items):
            kept = "".join(f"{name}={quote(value)}&" for name, value in query.items() if name != "$skiptoken")
            token = encode(str(start + size).encode())
            body["@odata.nextLink"] = f"{request.base_url}{request.path}?{kept}$skiptoken={token}"
        return json_response(200, body)

    def _batch(self, request: Request, version: str) -> Response:
        body = request.json()
        items = body.get("requests") if isinstance(body, dict) else None
        if not isinstance(items, list) or not 0 < len(items) <= LARGEST_BATCH:
            return graph_error(400, "BadRequest", f"A batch holds 1 to {LARGEST_BATCH} requests.")
        return json_response(200, {"responses": [self._batched(request, version, item) for item in items]})

    def _batched(self, request: Request, version: str, item: Json) -> Json:
        url = urlsplit(str(item.get("url", "")))
        headers = {**request.headers, **{str(k).lower(): str(v) for k, v in item.get("headers", {}).items()}}
        content = orjson.dumps(item["body"]) if "body" in item else b""
        path = f"/{version}/{unquote(url.path).lstrip('/')}"
        inner = Request(str(item.get("method", "GET")).upper(), path, url.query, headers, content, request.door)
        response = self.handle(inner)
        return {
            "id": item.get("id"),
            "status": response.status,
            "headers": dict(response.headers),
            "body": inner_body(response),
        }


def _matches(item: Json, expression: str) -> bool:
    """Whether an item fits a `$filter` of `eq` conditions joined by `and`. Raises ValueError for anything else."""
    for part in re.split(r"\s+and\s+", expression, flags=re.IGNORECASE) if expression.strip() else ():
        condition = _CONDITION.match(part)
        if condition is None:
            raise ValueError(part)
        value: object = item
        for name in condition.group(1).split("/"):
            value = value.get(name) if isinstance(value, dict) else None
        literal = condition.group(3)
        wanted = {"true": True, "false": False, "null": None}[literal.lower()] if literal else condition.group(2)
        if value != wanted:
            return False
    return True
