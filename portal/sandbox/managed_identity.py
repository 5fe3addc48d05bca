"""Managed identity endpoints of Azure, over plain HTTP: IMDS, App Service and Azure Arc (exchange-protocol.md 2.3).

| Path | Stands for |
| --- | --- |
| `/metadata/identity/oauth2/token` | `http://169.254.169.254` of a virtual machine |
| `/msi/token` | IDENTITY_ENDPOINT of App Service, Functions and Automation |
| `/arc/metadata/identity/oauth2/token` | IDENTITY_ENDPOINT of a machine with the Azure Arc agent |
"""

import hmac
import re
import secrets
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from portal.sandbox.certificates import write_private
from portal.sandbox.cloud import Cloud
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.login.log import Login as Entry
from portal.sandbox.login.log import note
from portal.sandbox.login.scopes import APPLICATION_ROLES
from portal.sandbox.tokens import encode, resource_of
from portal.sandbox.world.clouds import clouds_of_audience
from portal.sandbox.world.organizations import Organization, make_uuid

IMDS, APP_SERVICE, ARC = "/metadata/identity/oauth2/token", "/msi/token", "/arc/metadata/identity/oauth2/token"
PATHS = frozenset({IMDS, APP_SERVICE, ARC})
APP_SERVICE_VERSION, ARC_VERSION = "2019-08-01", "2020-06-01"
LIFETIME_SECONDS = 86_400
_IMDS_VERSION = re.compile(r"^20(1[89]|2\d)-\d\d-\d\d$")
_SELECTORS = ("client_id", "object_id", "msi_res_id", "mi_res_id")


@dataclass(frozen=True, slots=True)
class Identity:
    """A managed identity: the machine's own has no resource id."""

    client_id: str
    object_id: str
    resource_id: str = ""

    def is_named(self, query: dict[str, str]) -> bool:
        """Whether the selectors of a request name it."""
        own = {self.client_id, self.object_id, self.resource_id.lower()}
        return all(query[name].lower() in own for name in _SELECTORS if name in query)


class ManagedIdentity:
    """Answers the three endpoints. `tenant_id` is where its tokens are for: the tenant of the machine."""

    def __init__(self, cloud: Cloud) -> None:
        seed = cloud.settings.seed
        self._cloud = cloud
        self._keys = cloud.settings.folder / "azcmagent-tokens"
        self.header = f"sandbox~{make_uuid(f'{seed}:identity-header')}"
        self.system = Identity(make_uuid(f"{seed}:machine:client"), make_uuid(f"{seed}:machine:object"))
        self.user = Identity(
            make_uuid(f"{seed}:user-assigned:client"),
            make_uuid(f"{seed}:user-assigned:object"),
            f"/subscriptions/{make_uuid(f'{seed}:subscription')}/resourcegroups/signalbox"
            "/providers/Microsoft.ManagedIdentity/userAssignedIdentities/signalbox",
        )
        self.reset()

    def reset(self) -> None:
        """Back to the partner's tenant."""
        self.tenant_id = self._cloud.partner.tenant_id
        self._key_file: Path | None = None

    def describe(self) -> Json:
        """What a test, or the environment of a process, needs to know."""
        user = self.user
        return {
            "tenant": self.tenant_id,
            "identity_header": self.header,
            "key_folder": str(self._keys.resolve()),
            "system_assigned": {"client_id": self.system.client_id, "object_id": self.system.object_id},
            "user_assigned": {
                "client_id": user.client_id,
                "object_id": user.object_id,
                "resource_id": user.resource_id,
            },
        }

    def handle(self, request: Request) -> Response:
        """Answer one request and log it."""
        answer = {IMDS: self._imds, APP_SERVICE: self._app_service, ARC: self._arc}[request.path]
        response = answer(request) if request.method == "GET" else Response(405)
        self.log(request, str(response.status))
        return response

    def log(self, request: Request, answered: str) -> None:
        """Write a request into the sign-in log."""
        query = request.query
        client_id = next((query[name] for name in _SELECTORS if name in query), "")
        grant = {IMDS: "imds", APP_SERVICE: "app_service", ARC: "arc"}[request.path]
        scope = query.get("resource", "")
        note(self._cloud, Entry("managed_identity", self.tenant_id, grant, client_id, scope, answered=answered))

    def _imds(self, request: Request) -> Response:
        query = request.query
        if request.headers.get("metadata") != "true" or "x-forwarded-for" in request.headers:
            return _refusal(400, "invalid_request", "Required metadata header not specified")
        if not _IMDS_VERSION.match(query.get("api-version", "")):
            return _refusal(400, "bad_request_102", "Required api-version parameter not specified or not supported")
        identity = self._identity(query)
        if identity is None:
            return _refusal(400, "identity_not_found", "Identity not found")
        token = self._token(identity, query.get("resource", ""))
        return json_response(200, token) if token else self._unknown_resource(query)

    def _app_service(self, request: Request) -> Response:
        query = request.query
        if not hmac.compare_digest(request.headers.get("x-identity-header", "").encode(), self.header.encode()):
            return _fault(401, "The identity header is missing or wrong.")
        if query.get("api-version") != APP_SERVICE_VERSION:
            return _fault(400, "The api-version is missing or not supported.")
        identity = self._identity(query)
        if identity is None:
            text = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
            return _fault(400, text)
        token = self._token(identity, query.get("resource", ""))
        # A wrong resource ends as an undescribed 500, as msal found by trying.
        return json_response(200, token) if token else _fault(500, "ExceptionMessage: the resource is not known.")

    def _arc(self, request: Request) -> Response:
        query = request.query
        if request.headers.get("metadata") != "true":
            return _refusal(400, "invalid_request", "Required metadata header not specified")
        if query.get("api-version") != ARC_VERSION:
            return _refusal(400, "invalid_request", "Invalid Version")
        if any(name in query for name in _SELECTORS):
            return _refusal(400, "invalid_request", "User assigned identities are not supported on this machine")
        kind, _, sent = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return self._challenge()
        expected = self._key_file.read_text() if self._key_file and self._key_file.exists() else secrets.token_hex()
        if not hmac.compare_digest(sent.encode(), expected.encode()):
            return _refusal(401, "unauthorized", "The key is wrong")
        self._forget_key()
        token = self._token(self.system, query.get("resource", ""))
        return json_response(200, token) if token else self._unknown_resource(query)

    def _challenge(self) -> Response:
        """Write a key that only the machine's administrators can read, and tell where it is."""
        self._forget_key()
        self._keys.mkdir(exist_ok=True)
        self._key_file = self._keys / f"{uuid.uuid4()}.key"
        write_private(self._key_file, secrets.token_hex(32).encode())
        return Response(401, b"", [("www-authenticate", f"Basic realm={self._key_file.resolve()}")])

    def _forget_key(self) -> None:
        if self._key_file is not None:
            self._key_file.unlink(missing_ok=True)
        self._key_file = None

    def _identity(self, query: dict[str, str]) -> Identity | None:
        if not any(name in query for name in _SELECTORS):
            return self.system
        return self.user if self.user.is_named(query) else None

    def _token(self, identity: Identity, resource: str) -> Json | None:
        """The answer with a token, its numbers as text; None for an unknown resource."""
        organization = self._cloud.find(self.tenant_id) or self._cloud.partner
        known = resource_of(resource)
        if known is None or organization.cloud not in clouds_of_audience(resource):
            return None
        claims = self._claims(identity, organization, resource) | {"roles": APPLICATION_ROLES[known]}
        return {
            "access_token": self._cloud.tokens.sign(claims),
            "client_id": identity.client_id,
            "expires_in": str(LIFETIME_SECONDS - 1),
            "expires_on": str(claims["exp"]),
            "ext_expires_in": str(LIFETIME_SECONDS - 1),
            "not_before": str(claims["nbf"]),
            "resource": resource,
            "token_type": "Bearer",
        }

    def _claims(self, identity: Identity, organization: Organization, resource: str) -> Json:
        now = int(time.time())
        return {
            "aud": resource,
            "iss": f"https://sts.windows.net/{organization.tenant_id}/",
            "iat": now,
            "nbf": now - 300,
            "exp": now + LIFETIME_SECONDS,
            "appid": identity.client_id,
            "appidacr": "2",
            "tid": organization.tenant_id,
            "oid": identity.object_id,
            "sub": identity.object_id,
            "idtyp": "app",
            "wids": sorted(organization.application_roles),
            "xms_mirid": identity.resource_id,
            "uti": encode(uuid.uuid4().bytes),
            "ver": "1.0",
        }

    def _unknown_resource(self, query: dict[str, str]) -> Response:
        text = f"AADSTS500011: The resource principal named {query.get('resource', '')} was not found in the tenant."
        return _refusal(400, "invalid_resource", text)


def _refusal(status: int, error: str, text: str) -> Response:
    """An error of IMDS and of the Azure Arc agent (F16)."""
    return json_response(status, {"error": error, "error_description": text})


def _fault(status: int, text: str) -> Response:
    """An error of App Service."""
    return json_response(status, {"statusCode": status, "message": text, "correlationId": str(uuid.uuid4())})
