"""The login service: dispatch, discovery, signing keys and the sign-in log (exchange-protocol.md 1.2, 7.1)."""

from portal.sandbox.cloud import Cloud
from portal.sandbox.directories import discovery_refusal, token_refusal
from portal.sandbox.discovery import configuration
from portal.sandbox.doors import DIRECTORY_OF
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.login import html, realm
from portal.sandbox.login.authorities import ANY_ORGANIZATION
from portal.sandbox.login.authorize import Authorize
from portal.sandbox.login.codes import Codes
from portal.sandbox.login.consent import PATHS as CONSENT_PATHS
from portal.sandbox.login.consent import AdminConsent
from portal.sandbox.login.device_pages import PATH as DEVICE_PATH
from portal.sandbox.login.device_pages import DevicePages
from portal.sandbox.login.devices import DeviceCodes
from portal.sandbox.login.forced import Forced, find_forced
from portal.sandbox.login.grants import Grants
from portal.sandbox.login.log import Login as Entry
from portal.sandbox.login.log import note
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.sign_in import SignIns
from portal.sandbox.login.token_endpoint import TokenEndpoint
from portal.sandbox.world.clouds import CLOUDS
from portal.sandbox.world.organizations import Organization

LOGGED = {
    "oauth2/v2.0/token": "token",
    "oauth2/v2.0/devicecode": "devicecode",
    "oauth2/v2.0/authorize": "authorize",
    **dict.fromkeys(CONSENT_PATHS, "adminconsent"),
}
ON_A_PAGE = frozenset({"oauth2/v2.0/authorize", *CONSENT_PATHS})


class Login:
    """Answers everything under `/{tenant}/` and `/common/`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self.reset()

    def reset(self) -> None:
        """Forget every code, device code and sign-in under way."""
        cloud = self._cloud
        self.codes = Codes()
        self.devices = DeviceCodes()
        self.forced: list[Forced] = []
        self._sign_ins = SignIns(cloud)
        self._tokens = TokenEndpoint(cloud, Grants(cloud, self.codes, self.devices))
        self._authorize = Authorize(cloud, self._sign_ins, self.codes)
        self._device_pages = DevicePages(cloud, self._sign_ins, self.devices)
        self._consent = AdminConsent(cloud, self._sign_ins)
        self._discovery: dict[tuple[str, str], Response] = {}

    def handle(self, request: Request, *, revoked: bool = False) -> Response:
        """Dispatch by path; an unknown path is a 404. `revoked` refuses refresh tokens."""
        tenant, _, rest = request.path.lstrip("/").partition("/")
        entry = _entry(request, tenant, rest)
        try:
            response = self._dispatch(request, tenant, rest, entry, revoked=revoked)
        except Refused as refused:
            entry.code = refused.code
            response = _page(refused) if rest in ON_A_PAGE else refused.response
        entry.answered = str(response.status)
        if entry.kind:
            note(self._cloud, entry)
        return response

    def record_fault(self, request: Request, fault: str, response: Response) -> None:
        """Log a request that a fault answered instead of us."""
        tenant, _, rest = request.path.lstrip("/").partition("/")
        entry = _entry(request, tenant, rest)
        entry.answered = str(response.status) if response.status else fault
        if entry.kind:
            note(self._cloud, entry)

    def _dispatch(self, request: Request, tenant: str, rest: str, entry: Entry, *, revoked: bool) -> Response:
        public = self._public(request, tenant, rest) if request.method == "GET" else None
        if public is not None:
            return public
        self._check_directory(request, tenant)
        match request.method, rest:
            case "POST", "oauth2/v2.0/token":
                instead = self._forced(request, tenant, entry)
                if instead is not None:
                    return instead
                asked = self._tokens.read(request, tenant)
                try:
                    return self._tokens.answer(asked, revoked=revoked)
                finally:
                    entry.user = asked.user
            case "GET", "oauth2/v2.0/authorize":
                return self._authorize.answer(request, tenant)
            case "POST", "login":
                return self._sign_ins.handle(request)
            case "POST", "oauth2/v2.0/devicecode":
                return self._device_pages.issue(request, tenant)
            case _, path if path == DEVICE_PATH:
                return self._device_pages.enter(request)
            case _, path if path in CONSENT_PATHS:
                return self._consent.answer(request, tenant, rest)
            case "POST", _ if request.path == f"/{realm.ADDRESS}":
                return realm.federation_server()
        return Response(404)

    def _forced(self, request: Request, tenant: str, entry: Entry) -> Response | None:
        organization = self._cloud.find(tenant)
        forced = find_forced(self.forced, organization.tenant_id if organization else tenant)
        if forced is None:
            return None
        entry.code = forced.code
        values = {"client": request.form().get("client_id", ""), "name": "Signalbox", "user": entry.user}
        return forced.answer({**values, "tenant": organization.name if organization else tenant})

    def _public(self, request: Request, tenant: str, rest: str) -> Response | None:
        """What every login host tells everybody; None for anything else."""
        if rest == "discovery/instance" and tenant == "common":
            return self._instance(request)
        if rest == "v2.0/.well-known/openid-configuration":
            return self._configuration(request, tenant)
        if rest == "discovery/v2.0/keys":
            return json_response(200, self._cloud.tokens.keys())
        if rest.startswith("userrealm/") and tenant == "common":
            return realm.user_realm(self._cloud, request, rest.removeprefix("userrealm/"))
        return None

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
            raise Refused(refusal or 90002, tenant=tenant)
        segment = tenant.lower() if tenant.lower() in ANY_ORGANIZATION else organization.tenant_id
        key = (request.host, segment)
        known = self._discovery.get(key)
        if known is None:
            known = self._discovery[key] = json_response(200, self._document(request, organization, segment))
        return known

    def _document(self, request: Request, organization: Organization, segment: str) -> Json:
        home = self._cloud.doors.login_url(organization.cloud)
        issuer = request.base_url if DIRECTORY_OF[request.door] == CLOUDS[organization.cloud].directory else home
        return configuration(request.base_url, issuer, organization, segment)

    def _check_directory(self, request: Request, tenant: str) -> None:
        """Refuse a tenant of another directory, whatever is asked for it."""
        organization = self._cloud.find_authority(tenant, request.door)
        client = request.form().get("client_id") or request.query.get("client_id", "")
        application = self._cloud.registrations.find(client)
        refusal = token_refusal(organization, request.door, application) if organization else None
        if refusal is not None:
            raise Refused(refusal, tenant=tenant)


def _entry(request: Request, tenant: str, rest: str) -> Entry:
    """What the log may know of a request: nothing of its secrets."""
    asked = request.form() if request.method == "POST" else request.query
    if request.path == f"/{realm.ADDRESS}":
        return Entry("ws_trust", "")
    if rest.startswith("userrealm/"):
        return Entry("userrealm", tenant, user=rest.removeprefix("userrealm/"))
    client_id, scope = asked.get("client_id", ""), asked.get("scope", "")
    return Entry(LOGGED.get(rest, ""), tenant, asked.get("grant_type", ""), client_id, scope)


def _page(refused: Refused) -> Response:
    """What Entra says on its page when it trusts nothing in the request enough to redirect."""
    body = refused.body
    content = html.paragraph(body["error_description"], "problem")
    return html.page("Sorry, but we are having trouble signing you in", content, status=400)
