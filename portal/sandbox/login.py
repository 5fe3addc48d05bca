"""The login service: discovery, signing keys and the token endpoint (exchange-protocol.md 1.2, 2, 7.3 item 1)."""

import hmac
import time
import uuid

import orjson

from portal.sandbox.applications import Application, AssertionRefused
from portal.sandbox.cloud import Cloud
from portal.sandbox.discovery import configuration
from portal.sandbox.errors import aadsts
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.tokens import COMPLIANCE, EXCHANGE, GRAPH, PARTNER_CENTER, encode, resource_of
from portal.sandbox.world.organizations import Organization, make_uuid

RESERVED_SCOPES = frozenset({"openid", "profile", "offline_access", "email"})
DELEGATED_SCOPES = {
    EXCHANGE: "Exchange.Manage",
    COMPLIANCE: "Exchange.Manage",
    GRAPH: "Directory.Read.All DelegatedAdminRelationship.ReadWrite.All User.Read",
    PARTNER_CENTER: "user_impersonation",
}
APPLICATION_ROLES = {
    EXCHANGE: ["Exchange.ManageAsApp"],
    COMPLIANCE: ["Exchange.ManageAsApp"],
    GRAPH: ["Directory.Read.All", "Organization.Read.All"],
    PARTNER_CENTER: [],
}
MAIL_RESOURCES = frozenset({EXCHANGE, COMPLIANCE})


class Refused(Exception):
    """The token endpoint answers with this AADSTS code."""

    def __init__(self, code: int, **values: str) -> None:
        super().__init__(code)
        self.response = aadsts(code, **values)


class Login:
    """Answers everything under `/{tenant}/` and `/common/`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
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
        if rest == "oauth2/v2.0/token" and request.method == "POST":
            return self._token(request, tenant, revoked=revoked)
        return Response(404)

    def _instance(self, request: Request) -> Response:
        host = request.host
        metadata = {"preferred_network": host, "preferred_cache": host, "aliases": [host]}
        endpoint = f"{request.base_url}/{self._cloud.partner.tenant_id}/v2.0/.well-known/openid-configuration"
        body = {"tenant_discovery_endpoint": endpoint, "api-version": "1.1", "metadata": [metadata]}
        return json_response(200, body)

    def _configuration(self, request: Request, tenant: str) -> Response:
        organization = self._find(tenant)
        if organization is None:
            return aadsts(90002, tenant=tenant)
        key = (request.host, organization.tenant_id)
        known = self._discovery.get(key)
        if known is None:
            known = self._discovery[key] = json_response(200, configuration(request.base_url, organization))
        return known

    def _find(self, tenant: str) -> Organization | None:
        return self._cloud.partner if tenant in {"organizations", "common"} else self._cloud.find(tenant)

    def _token(self, request: Request, tenant: str, *, revoked: bool) -> Response:
        try:
            return self._grant(request, tenant, revoked=revoked)
        except Refused as refused:
            return refused.response

    def _grant(self, request: Request, tenant: str, *, revoked: bool) -> Response:
        """Check in the order of 7.3 item 1: tenant, client, its authentication, then what the grant needs."""
        form = request.form()
        organization = self._find(tenant)
        if organization is None:
            raise Refused(90002, tenant=tenant)
        for required in ("grant_type", "client_id", "scope"):
            if not form.get(required):
                raise Refused(90014 if required == "scope" else 900144, field=required)
        application = self._cloud.registrations.find(form["client_id"])
        if application is None:
            raise Refused(700016, client=form["client_id"], tenant=organization.name)
        self._authenticate(application, form, _audiences(organization, tenant, request.host))
        if form["grant_type"] == "client_credentials":
            return self._client_credentials(application, organization, form)
        if form["grant_type"] != "refresh_token":
            raise Refused(70003, grant=form["grant_type"])
        if revoked:
            raise Refused(50173)
        return self._refresh(application, organization, form)

    def _authenticate(self, application: Application, form: dict[str, str], audiences: frozenset[str]) -> None:
        assertion, secret = form.get("client_assertion", ""), form.get("client_secret", "")
        if not application.confidential:
            if assertion or secret:
                raise Refused(700025)
            return
        if assertion:
            try:
                application.verify_assertion(assertion, audiences)
            except AssertionRefused as refused:
                raise Refused(700027, reason=str(refused)) from None
        elif secret:
            if not hmac.compare_digest(secret.encode(), application.secret.encode()):
                raise Refused(7000215, client=application.application_id)
        else:
            raise Refused(7000218)

    def _client_credentials(
        self, application: Application, organization: Organization, form: dict[str, str]
    ) -> Response:
        if not application.confidential:
            raise Refused(7000218)
        audience, names = _requested(form["scope"])
        if names != [".default"]:
            raise Refused(70011, scope=form["scope"])
        resource = self._permit(application, organization, audience)
        claims = self._claims(application, organization, audience, form)
        granted = [] if organization.has_trouble("exchange_role_revoked") else APPLICATION_ROLES[resource]
        claims |= {
            "oid": make_uuid(f"{organization.tenant_id}:{application.application_id}"),
            "idtyp": "app",
            "roles": granted if resource in MAIL_RESOURCES else APPLICATION_ROLES[resource],
            "wids": sorted(organization.application_roles),
        }
        claims["sub"] = claims["oid"]
        expires_in = claims["exp"] - claims["iat"]
        return json_response(
            200,
            {
                "token_type": "Bearer",
                "expires_in": expires_in,
                "ext_expires_in": expires_in,
                "access_token": self._cloud.tokens.sign(claims),
            },
        )

    def _refresh(self, application: Application, organization: Organization, form: dict[str, str]) -> Response:
        cloud = self._cloud
        grant = cloud.tokens.read_refresh_token(form.get("refresh_token", ""))
        if grant is None:
            raise Refused(70008)
        if grant.client_id != application.application_id:
            raise Refused(70000)
        audience, names = _requested(form["scope"])
        home = organization is cloud.partner
        if not home and not organization.effective_roles:
            raise Refused(
                50020,
                user=cloud.service_account,
                home=cloud.partner.tenant_id,
                tenant=organization.name,
                client=application.application_id,
            )
        if names != [".default"]:
            raise Refused(65001, client=application.application_id, name=application.name)
        resource = self._permit(application, organization, audience)
        claims = self._claims(application, organization, audience, form) | {
            "oid": grant.user_id,
            "sub": make_uuid(f"{application.application_id}:{grant.user_id}"),
            "upn": cloud.service_account,
            "idtyp": "user",
            "amr": ["pwd", "mfa"],
            "scp": DELEGATED_SCOPES[resource],
            "wids": sorted(organization.effective_roles),
        }
        return self._delegated_answer(application, organization, audience, claims)

    def _delegated_answer(
        self, application: Application, organization: Organization, audience: str, claims: Json
    ) -> Response:
        cloud = self._cloud
        expires_in = claims["exp"] - claims["iat"]
        prefix = audience.rstrip("/")
        granted = " ".join(f"{prefix}/{name}" for name in [*claims["scp"].split(), ".default"])
        id_claims = {
            "aud": application.application_id,
            "iss": claims["iss"],
            "tid": organization.tenant_id,
            "oid": claims["oid"],
            "sub": claims["sub"],
            "preferred_username": cloud.service_account,
            "name": "Signalbox service account",
            "ver": "2.0",
            "iat": claims["iat"],
            "nbf": claims["nbf"],
            "exp": claims["exp"],
        }
        client_info = {"uid": claims["oid"], "utid": cloud.partner.tenant_id}
        return json_response(
            200,
            {
                "token_type": "Bearer",
                "scope": granted,
                "expires_in": expires_in,
                "ext_expires_in": expires_in,
                "access_token": cloud.tokens.sign(claims),
                "refresh_token": cloud.tokens.refresh_token(
                    user_id=claims["oid"], client_id=application.application_id
                ),
                # Unsigned: clients do not verify an id token that came straight from the token endpoint, and a second
                # RSA signature would double the cost of a token.
                "id_token": f"{encode(orjson.dumps({'typ': 'JWT', 'alg': 'none'}))}.{encode(orjson.dumps(id_claims))}.",
                "client_info": encode(orjson.dumps(client_info)),
            },
        )

    def _permit(self, application: Application, organization: Organization, audience: str) -> str:
        """Return the resource if consent, resource and Conditional Access allow a token for it; raises Refused."""
        client = {"client": application.application_id, "name": application.name}
        if organization.has_trouble("app_not_consented"):
            raise Refused(65001, **client)
        if organization.has_trouble("app_disabled"):
            raise Refused(7000112, **client)
        resource = resource_of(audience)
        if resource is None or (resource in MAIL_RESOURCES and organization.has_trouble("no_exchange_licence")):
            raise Refused(500011, resource=audience, tenant=organization.name)
        if resource in MAIL_RESOURCES and organization.has_trouble("subscription_lapsed"):
            raise Refused(500014, resource=audience)
        if organization.has_trouble("conditional_access"):
            raise Refused(53003)
        return resource

    def _claims(
        self, application: Application, organization: Organization, audience: str, form: dict[str, str]
    ) -> Json:
        now = int(time.time())
        claims: Json = {
            "aud": audience,
            "iss": f"https://sts.windows.net/{organization.tenant_id}/",
            "iat": now,
            "nbf": now - 300,
            "exp": now + self._cloud.tokens.lifetime(),
            "appid": application.application_id,
            "appidacr": "2" if form.get("client_assertion") else "1" if application.confidential else "0",
            "tid": organization.tenant_id,
            "uti": encode(uuid.uuid4().bytes),
            "ver": "1.0",
        }
        claims |= _challenge_claims(form.get("claims", ""))
        return claims


def _audiences(organization: Organization, tenant: str, host: str) -> frozenset[str]:
    """Token endpoints that an assertion may name: under the name the client used, and under the tenant id."""
    return frozenset(f"https://{host}/{name}/oauth2/v2.0/token" for name in (tenant, organization.tenant_id))


def _requested(scope: str) -> tuple[str, list[str]]:
    """Split `scope` into the one resource and the names asked of it; raises Refused for several resources."""
    asked = [part.rpartition("/") for part in scope.split() if part not in RESERVED_SCOPES]
    audiences = {audience for audience, _, _ in asked}
    if len(audiences) != 1 or not all(audiences):
        raise Refused(70011, scope=scope)
    return audiences.pop(), [name for _, _, name in asked]


def _challenge_claims(claims: str) -> Json:
    """Claims a token gets because the client asked for them (2.6): `xms_cc`, and `nbf` of a claims challenge."""
    try:
        asked = orjson.loads(claims)["access_token"] if claims else {}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return {}
    answer: Json = {}
    if "xms_cc" in asked:
        answer["xms_cc"] = asked["xms_cc"].get("values", [])
    if "nbf" in asked:
        answer["xms_challenge"] = str(asked["nbf"].get("value", ""))
    return answer
