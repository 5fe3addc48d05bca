"""Who may call Exchange: tokens, roles, throttling (exchange-protocol.md 2.1, 7.3 items 3, 4 and 10)."""

import asyncio
import math
import time

from portal.sandbox.cloud import Cloud
from portal.sandbox.doors import CLOUD_OF
from portal.sandbox.engine.catalogue import Cmdlet
from portal.sandbox.errors import nul_403, rbac_403, unsupported_role_403
from portal.sandbox.http import Json, Request, Response
from portal.sandbox.tokens import MAIL_RESOURCES, resource_of
from portal.sandbox.world import roles
from portal.sandbox.world.clouds import clouds_of_audience
from portal.sandbox.world.organizations import Organization
from portal.sandbox.world.people import standing
from portal.sandbox.world.troubles import SLOW_SECONDS, THROTTLED_CALLS

LEFT_AFTER_TRIMMING = frozenset(
    {"Get-OrganizationConfig", "Get-Recipient", "Get-EXORecipient", "Get-User", "Get-Group"}
)


def authenticate(
    cloud: Cloud, request: Request, organization: Organization | None
) -> tuple[Json | None, Response | None]:
    """Return the claims of a good token for this organization, else the 401."""
    claims = cloud.tokens.read(request.bearer) if request.bearer else None
    challenge = Response(401, b"", [("www-authenticate", 'Bearer realm="", error="invalid_token"')])
    if claims is None or claims["exp"] < time.time() or resource_of(claims["aud"]) not in MAIL_RESOURCES:
        return claims, challenge
    here = CLOUD_OF[request.door]
    if here not in clouds_of_audience(claims["aud"]) or cloud.cloud_of_tenant(claims["tid"]) not in ("", here):
        cloud.violation("token_of_another_cloud")
        return claims, challenge
    if organization is None:
        return claims, Response(404)
    if claims["tid"] != organization.tenant_id:
        cloud.violation("token_of_another_tenant")
        return claims, challenge
    may_manage = "Exchange.Manage" in claims.get("scp", "").split() or "Exchange.ManageAsApp" in claims.get("roles", ())
    if not may_manage or organization.has_trouble("exchange_role_revoked"):
        return claims, challenge
    return claims, None


async def admit(cloud: Cloud, organization: Organization) -> Response | None:
    """Let a call through, late if the organization is slow; return the 429 if it is throttled."""
    if organization.has_trouble("slow"):
        await asyncio.sleep(SLOW_SECONDS)
    now = time.monotonic()
    if organization.has_trouble("throttled") and organization.throttled_calls < THROTTLED_CALLS:
        if now < organization.retry_at:
            cloud.violation("retry_after_undercut")
        organization.throttled_calls += 1
        return _too_many(organization, 1, now)
    if cloud.throttle is None:
        return None
    if not organization.refilled_at:
        organization.tokens = cloud.throttle.burst
    else:
        refill = (now - organization.refilled_at) * cloud.throttle.rate
        organization.tokens = min(cloud.throttle.burst, organization.tokens + refill)
    organization.refilled_at = now
    if organization.tokens < 1:
        if now < organization.retry_at:
            cloud.violation("retry_after_undercut")
        return _too_many(organization, math.ceil((1 - organization.tokens) / cloud.throttle.rate), now)
    organization.tokens -= 1
    return None


def _too_many(organization: Organization, seconds: int, now: float) -> Response:
    organization.retry_at = now + seconds
    return Response(429, b"", [("retry-after", str(seconds))])


def current_roles(cloud: Cloud, organization: Organization, claims: Json) -> frozenset[str]:
    """Directory roles that the caller has in the organization now."""
    if claims.get("idtyp") == "app":
        return organization.application_roles
    person = cloud.people.find(claims.get("unique_name", cloud.service_account))
    found = standing(person, organization, cloud.partner) if person else None
    return found.roles if found else frozenset()


def role_refusal(
    cloud: Cloud, organization: Organization, claims: Json, cmdlet: Cmdlet | None, name: str
) -> Response | None:
    """The 403 that a caller's roles earn for a cmdlet (`None` as cmdlet: it does not exist); `None` if allowed."""
    held = current_roles(cloud, organization, claims)
    if not held & roles.EXCHANGE_ROLES:
        return unsupported_role_403(claims["appid"]) if held and claims.get("idtyp") == "app" else nul_403()
    if cmdlet is not None and not is_allowed(organization, held, cmdlet):
        return rbac_403(name)
    return None


def is_allowed(organization: Organization, held: frozenset[str], cmdlet: Cmdlet) -> bool:
    """Whether roles, and what the organization left of them, allow a cmdlet."""
    if organization.has_trouble("cmdlet_trimmed") and cmdlet.name not in LEFT_AFTER_TRIMMING:
        return False
    return roles.allows(held, noun=cmdlet.noun, risk=cmdlet.risk)
