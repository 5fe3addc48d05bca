"""Whether an organization lets a token be issued: consent, resource, Conditional Access (exchange-protocol.md 2.9)."""

from portal.sandbox.applications import Application
from portal.sandbox.cloud import Cloud
from portal.sandbox.login.refusals import Refused
from portal.sandbox.login.signed_in import SignedIn
from portal.sandbox.tokens import MAIL_RESOURCES, PARTNER_CENTER, resource_of
from portal.sandbox.world.clouds import clouds_of_audience
from portal.sandbox.world.organizations import Organization
from portal.sandbox.world.people import Standing, standing

DEVICE_CODE_BLOCKED_EVERY = 25


def permit(application: Application, organization: Organization, audience: str) -> str:
    """Return the resource if consent, resource and Conditional Access allow a token for it; raises Refused."""
    client = {"client": application.application_id, "name": application.name}
    # An application of Microsoft's own needs no consent; it may only go where Microsoft pre-authorized it.
    if application.confidential and organization.has_trouble("app_not_consented"):
        raise Refused(65001, **client)
    if application.confidential and organization.has_trouble("app_disabled"):
        raise Refused(7000112, **client)
    resource = resource_of(audience) if organization.cloud in clouds_of_audience(audience) else None
    if resource is None or (resource in MAIL_RESOURCES and organization.has_trouble("no_exchange_licence")):
        raise Refused(500011, resource=audience, tenant=organization.name)
    if not application.confidential and resource == PARTNER_CENTER:
        raise Refused(65002, client=application.application_id, resource=audience)
    if resource in MAIL_RESOURCES and organization.has_trouble("subscription_lapsed"):
        raise Refused(500014, resource=audience)
    if organization.has_trouble("conditional_access"):
        raise Refused(53003)
    return resource


def permit_person(
    cloud: Cloud,
    application: Application,
    organization: Organization,
    audience: str,
    signed_in: SignedIn,
    *,
    by_device_code: bool = False,
) -> tuple[str, Standing]:
    """Return the resource, and how the person gets into the organization; raises Refused."""
    person, client = signed_in.person, {"client": application.application_id, "name": application.name}
    found = standing(person, organization, cloud.partner)
    if found is None:
        home = person.home.tenant_id
        raise Refused(50020, user=person.user_principal_name, home=home, tenant=organization.name, **client)
    if found.kind == "gdap" and organization.has_trouble("not_preconsented"):
        raise Refused(90099, tenant=organization.tenant_id, **client)
    resource = permit(application, organization, audience)
    if by_device_code and blocks_device_codes(organization):
        raise Refused(53003)
    _check_conditions(organization, audience, signed_in, found, client)
    return resource, found


def blocks_device_codes(organization: Organization) -> bool:
    """Whether Conditional Access blocks the device code flow here: in some organizations always."""
    return organization.has_trouble("device_code_blocked") or organization.index % DEVICE_CODE_BLOCKED_EVERY == 9


def _check_conditions(
    organization: Organization, audience: str, signed_in: SignedIn, found: Standing, client: dict[str, str]
) -> None:
    user = signed_in.person.user_principal_name
    if organization.has_trouble("assignment_required"):
        raise Refused(50105, user=user, **client)
    if organization.has_trouble("passthrough_refused") and found.kind != "member":
        raise Refused(50177, user=user)
    if organization.has_trouble("sign_in_frequency") and signed_in.at < organization.troubled_at:
        raise Refused(70043)
    if organization.has_trouble("device_not_compliant"):
        raise Refused(53000, state="unregistered")
    if organization.has_trouble("security_policy"):
        raise Refused(530032)
    if organization.has_trouble("external_challenge"):
        raise Refused(50158)
    if organization.has_trouble("mfa_required"):
        if not signed_in.person.mfa:
            raise Refused(50079, resource=audience)
        # It does not trust the partner's multifactor authentication: only a sign-in at its own authority counts.
        if "mfa" not in signed_in.amr or signed_in.tenant != organization.tenant_id:
            raise Refused(50076, resource=audience)
