"""The checks that every token must pass before it is used (exchange-protocol.md 2.5)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Protocol

from tenants.microsoft.one_line import one_line
from tenants.tokens import local_explanations as local
from tenants.tokens.access_token import EXPIRY_MARGIN
from tenants.tokens.failures import TokenFailure

EXCHANGE_APP_ID = "00000002-0000-0ff1-ce00-000000000000"
COMPLIANCE_APP_ID = "00000007-0000-0ff1-ce00-000000000000"
GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
PARTNER_CENTER_APP_ID = "fa3d9a0c-3fb0-42cc-9193-47c7ecd2edbd"

APP_PERMISSION = "Exchange.ManageAsApp"
DELEGATED_PERMISSION = "Exchange.Manage"

# A service may be named in a token by its application id instead of its address (exchange-protocol.md 2.1).
_APP_ID_BY_HOST_PART: Mapping[str, str] = {
    "outlook": EXCHANGE_APP_ID,
    "ps.compliance": COMPLIANCE_APP_ID,
    "graph": GRAPH_APP_ID,
    "partnercenter": PARTNER_CENTER_APP_ID,
}


class WrongOrganization(TokenFailure):
    """The token is for another tenant, or does not say for which (F17)."""


class WrongAudience(TokenFailure):
    """The token is for another service."""


class MissingPermission(TokenFailure):
    """The token lacks the permission without which Exchange refuses every cmdlet."""


class ExpiredToken(TokenFailure):
    """The token ends too soon."""


class Claims(Protocol):
    """What a token says of itself, as in `AccessToken`."""

    @property
    def tenant_id(self) -> str:
        """The tenant that it is for."""

    @property
    def audience(self) -> str:
        """The service that it is for."""

    @property
    def roles(self) -> tuple[str, ...]:
        """What an application is allowed."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """What a signed-in account allowed."""

    @property
    def authentication_methods(self) -> tuple[str, ...]:
        """How the account proved itself."""

    @property
    def expires_at(self) -> datetime:
        """When it ends, aware UTC."""


def check_token(
    token: Claims,
    *,
    tenant_id: str,
    scope: str,
    now: datetime,
    permission: str | None = None,
    lasting: timedelta = EXPIRY_MARGIN,
) -> tuple[str, ...]:
    """Refuse a token that is not for `tenant_id` and `scope`, or ends within `lasting` of `now` (aware UTC).

    `permission` is what it must carry, among its app roles or delegated scopes. Returns warnings for people; raises
    `WrongOrganization`, `WrongAudience`, `MissingPermission` or `ExpiredToken`.
    """
    _check_organization(token, tenant_id)
    if not _is_audience(token.audience, scope):
        raise WrongAudience(local.WRONG_AUDIENCE, text=f"audience {one_line(token.audience)}, asked for {scope}")
    if permission and permission not in (*token.roles, *token.scopes):
        raise MissingPermission(local.MISSING_PERMISSION, text=f"the token lacks {permission}")
    if token.expires_at - now <= lasting:
        raise ExpiredToken(local.TOKEN_EXPIRED, text=f"expires at {token.expires_at:%Y-%m-%d %H:%M:%S} UTC")
    if token.scopes and "mfa" not in token.authentication_methods:
        return ("The account signed in without multifactor authentication.",)
    return ()


def _check_organization(token: Claims, tenant_id: str) -> None:
    if not token.tenant_id:
        raise WrongOrganization(local.UNREADABLE_TOKEN)
    if token.tenant_id.lower() != tenant_id.lower():
        text = f"the token is for tenant {one_line(token.tenant_id)}, not {tenant_id}"
        raise WrongOrganization(local.WRONG_ORGANIZATION, text=text)


def _is_audience(audience: str, scope: str) -> bool:
    resource = scope.removesuffix("/.default").rstrip("/")
    if audience.rstrip("/") == resource:
        return True
    return any(part in resource and audience == app_id for part, app_id in _APP_ID_BY_HOST_PART.items())
