"""Whether an organization lets a token be issued: consent, resource, Conditional Access (exchange-protocol.md 2.9)."""

from portal.sandbox.applications import Application
from portal.sandbox.login.refusals import Refused
from portal.sandbox.tokens import MAIL_RESOURCES, resource_of
from portal.sandbox.world.clouds import clouds_of_audience
from portal.sandbox.world.organizations import Organization


def permit(application: Application, organization: Organization, audience: str) -> str:
    """Return the resource if consent, resource and Conditional Access allow a token for it; raises Refused."""
    client = {"client": application.application_id, "name": application.name}
    if organization.has_trouble("app_not_consented"):
        raise Refused(65001, **client)
    if organization.has_trouble("app_disabled"):
        raise Refused(7000112, **client)
    resource = resource_of(audience) if organization.cloud in clouds_of_audience(audience) else None
    if resource is None or (resource in MAIL_RESOURCES and organization.has_trouble("no_exchange_licence")):
        raise Refused(500011, resource=audience, tenant=organization.name)
    if resource in MAIL_RESOURCES and organization.has_trouble("subscription_lapsed"):
        raise Refused(500014, resource=audience)
    if organization.has_trouble("conditional_access"):
        raise Refused(53003)
    return resource
