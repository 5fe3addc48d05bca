"""Who the client application is, and its proof (exchange-protocol.md 2.1, 2.9)."""

import hmac

from portal.sandbox.applications import Application, AssertionRefused
from portal.sandbox.login.refusals import Refused
from portal.sandbox.world.organizations import Organization

PUBLIC_GRANTS = frozenset({"password", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code"})


def authenticate(application: Application, form: dict[str, str], audiences: frozenset[str]) -> None:
    """Check the proof in a token request; `audiences` are what an assertion may name. Raises Refused."""
    assertion, secret = form.get("client_assertion", ""), form.get("client_secret", "")
    if not application.confidential:
        if assertion or secret:
            raise Refused(700025)
        return
    if assertion:
        try:
            application.verify_assertion(assertion, audiences)
        except AssertionRefused as refused:
            raise Refused(refused.code, reason=str(refused)) from None
    elif secret:
        if not hmac.compare_digest(secret.encode(), application.secret.encode()):
            raise Refused(7000215, client=application.application_id)
    elif not (application.public_flows and form["grant_type"] in PUBLIC_GRANTS):
        raise Refused(7000218)


def audiences(organization: Organization, tenant: str, host: str) -> frozenset[str]:
    """Token endpoints that an assertion may name: under the name the client used, and under the tenant id."""
    return frozenset(f"https://{host}/{name}/oauth2/v2.0/token" for name in (tenant, organization.tenant_id))
