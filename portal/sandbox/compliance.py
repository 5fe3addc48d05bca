"""The regional hosts of Security & Compliance (exchange-protocol.md 1.3)."""

from portal.sandbox.cloud import Cloud
from portal.sandbox.doors import COMPLIANCE_DOORS
from portal.sandbox.http import Json, Request, Response
from portal.sandbox.world.organizations import Organization


def divert(cloud: Cloud, request: Request, organization: Organization, claims: Json) -> Response | None:
    """Send a Security & Compliance request to its region, or nowhere; `None` where it is at home.

    The front door answers everything with a redirect. Without a user name at one of the organization's own domains as
    its anchor, a request finds no region; an application is known as `OAuthUser` at the initial domain only.
    """
    if not _is_routable(request.headers.get("x-anchormailbox", ""), organization, claims):
        return Response(404)
    home = cloud.doors.compliance_region(organization.cloud, organization.compliance_region)
    if request.base_url == home:
        return None
    if not request.host.startswith("localhost") or request.door in COMPLIANCE_DOORS:
        return Response(404)
    cloud.discoveries[organization.tenant_id] = cloud.discoveries.get(organization.tenant_id, 0) + 1
    query = f"?{request.query_string}" if request.query_string else ""
    return Response(302, b"", [("location", f"{home}{request.path}{query}")])


def _is_routable(anchor: str, organization: Organization, claims: Json) -> bool:
    kind, _, name = anchor.partition(":")
    user, _, domain = name.rpartition("@")
    if kind.upper() != "UPN" or not user:
        return False
    if claims.get("idtyp") == "app":
        return (user.lower(), domain.lower()) == ("oauthuser", organization.initial_domain)
    return domain.lower() in organization.domains
