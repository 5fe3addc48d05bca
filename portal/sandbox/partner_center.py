"""Partner Center: the customers that the partner resells to (exchange-protocol.md 4.5 for the audience)."""

import time

from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.tokens import PARTNER_CENTER, decode, encode, resource_of
from portal.sandbox.world.organizations import Organization

DEFAULT_SIZE = 100
LARGEST_SIZE = 500


class PartnerCenter:
    """Answers everything under `/v1/`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def handle(self, request: Request) -> Response:
        """Answer one request; only delegated tokens of the partner for this audience are accepted."""
        claims = self._cloud.tokens.read(request.bearer) if request.bearer else None
        if claims is None or claims["exp"] < time.time() or resource_of(claims["aud"]) != PARTNER_CENTER:
            return _error(401, "The request is not authenticated.")
        if claims.get("idtyp") != "user" or claims["tid"] != self._cloud.partner.tenant_id:
            return _error(403, "The caller is not allowed to read customers.")
        if "mfa" not in claims["amr"]:
            return _error(403, "Authentication failed. MFA required")
        if request.method != "GET":
            return _error(405, "The method is not allowed.")
        path = request.path.rstrip("/")
        if path == "/v1/customers":
            return self._list(request)
        return self._one(path.removeprefix("/v1/customers/"))

    def _resold(self) -> list[Organization]:
        return [organization for organization in self._cloud.organizations if organization.reseller]

    def _list(self, request: Request) -> Response:
        query = request.query
        token = query.get("continuationToken") or request.headers.get("ms-continuationtoken", "")
        try:
            start = int(decode(token)) if token else 0
            size = min(LARGEST_SIZE, max(1, int(query.get("size", DEFAULT_SIZE))))
        except ValueError:
            return _error(400, "The continuation token or the size is invalid.")
        everyone = self._resold()
        page = everyone[start : start + size]
        body: Json = {
            "totalCount": len(page),
            "items": [_customer(organization) for organization in page],
            "attributes": {"objectType": "SeekBasedResourceCollection"},
        }
        links: Json = {"self": {"uri": f"/customers?size={size}", "method": "GET", "headers": []}}
        if start + size < len(everyone):
            following = encode(str(start + size).encode())
            body["continuationToken"] = following
            links["next"] = {
                "uri": f"/customers?size={size}&seekOperation=Next",
                "method": "GET",
                "headers": [{"key": "MS-ContinuationToken", "value": following}],
            }
        return json_response(200, {**body, "links": links})

    def _one(self, tenant_id: str) -> Response:
        found = next((o for o in self._resold() if o.tenant_id == tenant_id.lower()), None)
        return json_response(200, _customer(found)) if found else _error(404, "The customer was not found.")


def _customer(organization: Organization) -> Json:
    return {
        "id": organization.tenant_id,
        "companyProfile": {
            "tenantId": organization.tenant_id,
            "domain": organization.initial_domain,
            "companyName": organization.name,
            "attributes": {"objectType": "CustomerCompanyProfile"},
        },
        "relationshipToPartner": "reseller",
        "attributes": {"objectType": "Customer"},
    }


def _error(status: int, text: str) -> Response:
    return json_response(status, {"code": status * 10, "description": text, "data": [], "source": "PartnerFD"})
