"""The token endpoint: what each grant needs, and what it gives (exchange-protocol.md 2, 7.3 item 1)."""

from portal.sandbox.applications import Application
from portal.sandbox.cloud import Cloud
from portal.sandbox.directories import is_known_to
from portal.sandbox.http import Request, Response
from portal.sandbox.login import clients
from portal.sandbox.login.answers import application_answer, base_claims, delegated_answer
from portal.sandbox.login.policy import permit
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.scopes import APPLICATION_ROLES, DELEGATED_SCOPES, requested
from portal.sandbox.tokens import MAIL_RESOURCES
from portal.sandbox.world.organizations import Organization, make_uuid


class TokenEndpoint:
    """Answers POST `/{tenant}/oauth2/v2.0/token`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def answer(self, request: Request, tenant: str, *, revoked: bool) -> Response:
        """Check in the order of 7.3 item 1: tenant, client, its proof, then what the grant needs. Raises Refused."""
        form = request.form()
        organization = self._cloud.find_authority(tenant, request.door)
        if organization is None:
            raise Refused(90002, tenant=tenant)
        for required in ("grant_type", "client_id", "scope"):
            if not form.get(required):
                raise Refused(90014 if required == "scope" else 900144, field=required)
        application = self._cloud.registrations.find(form["client_id"])
        if application is None or not is_known_to(organization, application):
            raise Refused(700016, client=form["client_id"], tenant=organization.name)
        clients.authenticate(application, form, clients.audiences(organization, tenant, request.host))
        if form["grant_type"] == "client_credentials":
            return self._client_credentials(application, organization, form)
        if form["grant_type"] != "refresh_token":
            raise Refused(70003, grant=form["grant_type"])
        if revoked:
            raise Refused(50173)
        return self._refresh(application, organization, form)

    def _client_credentials(
        self, application: Application, organization: Organization, form: dict[str, str]
    ) -> Response:
        if not application.confidential:
            raise Refused(7000218)
        audience, names = requested(form["scope"])
        if names != [".default"]:
            raise Refused(70011, scope=form["scope"])
        resource = permit(application, organization, audience)
        claims = base_claims(self._cloud, application, organization, audience, form)
        granted = [] if organization.has_trouble("exchange_role_revoked") else APPLICATION_ROLES[resource]
        claims |= {
            "oid": make_uuid(f"{organization.tenant_id}:{application.application_id}"),
            "idtyp": "app",
            "roles": granted if resource in MAIL_RESOURCES else APPLICATION_ROLES[resource],
            "wids": sorted(organization.application_roles),
        }
        claims["sub"] = claims["oid"]
        return application_answer(self._cloud, claims)

    def _refresh(self, application: Application, organization: Organization, form: dict[str, str]) -> Response:
        cloud = self._cloud
        grant = cloud.tokens.read_refresh_token(form.get("refresh_token", ""))
        if grant is None:
            raise Refused(70008)
        if grant.client_id != application.application_id:
            raise Refused(70000)
        audience, names = requested(form["scope"])
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
        resource = permit(application, organization, audience)
        claims = base_claims(cloud, application, organization, audience, form) | {
            "oid": grant.user_id,
            "sub": make_uuid(f"{application.application_id}:{grant.user_id}"),
            "upn": cloud.service_account,
            "idtyp": "user",
            "amr": ["pwd", "mfa"],
            "scp": DELEGATED_SCOPES[resource],
            "wids": sorted(organization.effective_roles),
        }
        return delegated_answer(cloud, application, audience, claims)
