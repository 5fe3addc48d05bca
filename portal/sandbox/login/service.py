"""The login service: dispatch, discovery and signing keys (exchange-protocol.md 1.2, 7.1)."""

from portal.sandbox.cloud import Cloud
from portal.sandbox.directories import discovery_refusal, token_refusal
from portal.sandbox.discovery import configuration
from portal.sandbox.doors import DIRECTORY_OF
from portal.sandbox.errors import aadsts
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.token_endpoint import TokenEndpoint
from portal.sandbox.world.clouds import CLOUDS
from portal.sandbox.world.organizations import Organization


class Login:
    """Answers everything under `/{tenant}/` and `/common/`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._tokens = TokenEndpoint(cloud)
        self._discovery: dict[tuple[str, str], Response] = {}

    def handle(self, request: Request, *, revoked: bool = False) -> Response:
        """Dispatch by path; an unknown path is a 404. `revoked` refuses refresh tokens."""
        tenant, _, rest = request.path.lstrip("/").partition("/")
        if rest == "discovery/instance" and tenant == "common":
            return self._instance(request)
        if rest == "v2.0/.well-known/openid-configuration":
            return self._configuration(request, tenant)
        if rest == "discovery/v2.0/keys":
            return json_response(200, self._cloud.tokens.keys())
        stranger = self._stranger(request, tenant)
        if stranger is not None:
            return aadsts(stranger, tenant=tenant)
        if rest == "oauth2/v2.0/token" and request.method == "POST":
            try:
                return self._tokens.answer(request, tenant, revoked=revoked)
            except Refused as refused:
                return refused.response
        return Response(404)

    def _instance(self, request: Request) -> Response:
        host = request.host
        metadata = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        endpoint = f"{request.base_url}/{self._cloud.partner.tenant_id}/v2.0/.well-known/openid-configuration"
        body = {"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": [metadata]}
        return json_response(200, body)

    def _configuration(self, request: Request, tenant: str) -> Response:
        organization = self._cloud.find_authority(tenant, request.door)
        refusal = discovery_refusal(organization, request.door)
        if organization is None or refusal is not None:
            return aadsts(refusal or 90002, tenant=tenant)
        key = (request.host, organization.tenant_id)
        known = self._discovery.get(key)
        if known is None:
            known = self._discovery[key] = json_response(200, self._document(request, organization))
        return known

    def _document(self, request: Request, organization: Organization) -> Json:
        home = self._cloud.doors.login_url(organization.cloud)
        issuer = request.base_url if DIRECTORY_OF[request.door] == CLOUDS[organization.cloud].directory else home
        return configuration(request.base_url, issuer, organization)

    def _stranger(self, request: Request, tenant: str) -> int | None:
        """The AADSTS code with which a tenant of another directory is refused, whatever is asked for it."""
        organization = self._cloud.find_authority(tenant, request.door)
        if organization is None:
            return None
        client = request.form().get("client_id") or request.query.get("client_id", "")
        return token_refusal(organization, request.door, self._cloud.registrations.find(client))
