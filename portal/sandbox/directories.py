"""Which login host knows which tenant (exchange-protocol.md 1.2, 1.3 and 2.9)."""

from portal.sandbox.applications import Application
from portal.sandbox.doors import DIRECTORY_OF, Door
from portal.sandbox.world.clouds import CLOUDS
from portal.sandbox.world.organizations import Organization

NOT_FOUND, NATIONAL_CLOUD, CROSS_CLOUD_PUBLIC, CROSS_CLOUD_CONFIDENTIAL = 90002, 90038, 900382, 900384


def discovery_refusal(organization: Organization | None, door: Door) -> int | None:
    """The AADSTS code with which a login host refuses to describe a tenant; the worldwide one knows US tenants too."""
    asked = DIRECTORY_OF[door]
    if organization is None:
        return NOT_FOUND
    if _directory(organization) == asked or (asked, _directory(organization)) == ("worldwide", "us-government"):
        return None
    return NATIONAL_CLOUD if (asked, _directory(organization)) == ("us-government", "worldwide") else NOT_FOUND


def token_refusal(organization: Organization, door: Door, application: Application | None) -> int | None:
    """The AADSTS code with which a login host refuses a token for a tenant of another cloud."""
    if _directory(organization) == DIRECTORY_OF[door]:
        return None
    refusal = discovery_refusal(organization, door)
    if refusal is not None:
        return refusal
    return CROSS_CLOUD_CONFIDENTIAL if application is None or application.confidential else CROSS_CLOUD_PUBLIC


def is_known_to(organization: Organization, application: Application) -> bool:
    """Whether an application exists in the organization's cloud: each partner's own does in one, Microsoft's in all."""
    return application.cloud in ("", organization.cloud)


def _directory(organization: Organization) -> str:
    return CLOUDS[organization.cloud].directory
