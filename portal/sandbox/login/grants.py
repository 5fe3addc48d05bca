"""What each grant needs, and what it gives (exchange-protocol.md 2.2, 2.4, 7.3 item 1)."""

import hmac
import time
from dataclasses import dataclass

from portal.sandbox.applications import Application
from portal.sandbox.cloud import Cloud
from portal.sandbox.doors import Door
from portal.sandbox.http import Response
from portal.sandbox.login.answers import Delegation, application_answer, base_claims, delegated_answer
from portal.sandbox.login.authorities import find_person
from portal.sandbox.login.codes import Codes
from portal.sandbox.login.devices import DeviceCodes
from portal.sandbox.login.policy import permit, permit_person
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.scopes import APPLICATION_ROLES, requested, requested_interactively
from portal.sandbox.login.signed_in import SignedIn, check_state, redeem
from portal.sandbox.tokens import MAIL_RESOURCES
from portal.sandbox.world.organizations import Organization, make_uuid

DEVICE_CODE = "urn:ietf:params:oauth:grant-type:device_code"


@dataclass(slots=True)
class TokenRequest:
    """A request whose tenant and client are known: `organization` is None at `organizations`; `user` is found out.

    `named` is the organization, else the partner of the directory.
    """

    application: Application
    organization: Organization | None
    form: dict[str, str]
    named: Organization
    door: Door
    user: str = ""


class Grants:
    """One method a grant; each raises Refused."""

    def __init__(self, cloud: Cloud, codes: Codes, devices: DeviceCodes) -> None:
        self._cloud = cloud
        self._codes = codes
        self._devices = devices

    def client_credentials(self, asked: TokenRequest) -> Response:
        """A token of the application itself; at `organizations` that of the partner."""
        application, organization = asked.application, asked.named
        if not application.confidential:
            raise Refused(7000218)
        audience, names = requested(asked.form["scope"])
        if names != [".default"]:
            raise Refused(70011, scope=asked.form["scope"])
        resource = permit(application, organization, audience)
        claims = base_claims(self._cloud, application, organization, audience, asked.form)
        granted = [] if organization.has_trouble("exchange_role_revoked") else APPLICATION_ROLES[resource]
        claims |= {
            "oid": make_uuid(f"{organization.tenant_id}:{application.application_id}"),
            "idtyp": "app",
            "roles": granted if resource in MAIL_RESOURCES else APPLICATION_ROLES[resource],
            "wids": sorted(organization.application_roles),
        }
        claims["sub"] = claims["oid"]
        return application_answer(self._cloud, claims)

    def refresh_token(self, asked: TokenRequest) -> Response:
        """A refresh token is good at every tenant where its person has access, for every resource (2.4)."""
        grant = self._cloud.tokens.read_refresh_token(asked.form.get("refresh_token", ""))
        if grant is None:
            raise Refused(70008)
        if grant.client_id != asked.application.application_id:
            raise Refused(70000)
        signed_in = redeem(self._cloud, grant)
        asked.user = signed_in.person.user_principal_name
        audience, names = requested(asked.form["scope"])
        if names != [".default"]:
            # Who has no access at all learns that first (7.3 item 1).
            permit_person(self._cloud, asked.application, self._where(asked, signed_in), audience, signed_in)
            raise Refused(65001, client=asked.application.application_id, name=asked.application.name)
        return self._delegated(asked, signed_in, audience)

    def authorization_code(self, asked: TokenRequest) -> Response:
        """The end of a sign-in in the browser."""
        tenant_id = asked.organization.tenant_id if asked.organization else None
        code = self._codes.redeem(asked.application, tenant_id, asked.form)
        asked.user = code.signed_in.person.user_principal_name
        asked.organization = self._cloud.find(code.tenant_id)
        audience = requested_interactively(asked.form.get("scope") or code.scope, asked.application)
        return self._delegated(asked, code.signed_in, audience, nonce=code.nonce)

    def device_code(self, asked: TokenRequest) -> Response:
        """A poll of the application that shows a device code; msal names the parameter twice."""
        code = self._devices.find(asked.application, asked.form.get("device_code") or asked.form.get("code", ""))
        signed_in = code.poll()
        asked.user, asked.organization = signed_in.person.user_principal_name, code.organization
        return self._delegated(asked, signed_in, code.audience, by_device_code=True)

    def password(self, asked: TokenRequest) -> Response:
        """User name and password: only for accounts without a second factor."""
        person = find_person(self._cloud, asked.door, asked.form.get("username", ""))
        where = asked.organization.name if asked.organization else "organizations"
        if person is None:
            raise Refused(50034, user=asked.form.get("username", ""), tenant=where)
        asked.user = person.user_principal_name
        typed = asked.form.get("password", "")
        if person.state == "federated" or not hmac.compare_digest(typed.encode(), person.password.encode()):
            raise Refused(50126)
        check_state(person)
        audience = requested_interactively(asked.form["scope"], asked.application)
        if person.mfa:
            raise Refused(50076, resource=audience)
        signed_in = SignedIn(person, ("pwd",), time.time(), (asked.organization or person.home).tenant_id)
        return self._delegated(asked, signed_in, audience)

    def _where(self, asked: TokenRequest, signed_in: SignedIn) -> Organization:
        return asked.organization or signed_in.person.home

    def _delegated(
        self, asked: TokenRequest, signed_in: SignedIn, audience: str, *, nonce: str = "", by_device_code: bool = False
    ) -> Response:
        application, organization = asked.application, self._where(asked, signed_in)
        resource, standing = permit_person(
            self._cloud, application, organization, audience, signed_in, by_device_code=by_device_code
        )
        given = Delegation(application, organization, audience, resource, signed_in, standing)
        return delegated_answer(self._cloud, given, asked.form, nonce=nonce)
