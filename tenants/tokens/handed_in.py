"""A token that somebody handed in: checked before every use, never renewed."""

from collections.abc import Callable
from datetime import datetime

from tenants.microsoft.environments import Environment
from tenants.tokens.access_token import AccessToken
from tenants.tokens.guards import APP_PERMISSION, DELEGATED_PERMISSION, check_token
from tenants.tokens.source import utc_now


class HandedInTokens:
    """The one token of a connection by access token (exchange-protocol.md 2.2, 2.5).

    Nothing but the check of its tenant keeps it from being used in the wrong organization.
    """

    def __init__(
        self, environment: Environment, token: AccessToken, *, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._environment = environment
        self._token = token
        self._clock = clock

    def acquire(self, organization_tenant_id: str, scope: str, *, claims: str | None = None) -> AccessToken:
        """Return the token if it is for this organization and scope and lasts; raises `TokenFailure`.

        `claims` cannot be met: the same token comes back, and the service's refusal stands.
        """
        check_token(
            self._token,
            tenant_id=organization_tenant_id,
            scope=scope,
            now=self._clock(),
            permission=permission_needed(self._token) if scope == self._environment.exchange_scope else None,
        )
        return self._token


def permission_needed(token: AccessToken) -> str:
    """Return what the token must carry: that of an account where it has delegated scopes, else an application's."""
    return DELEGATED_PERMISSION if token.scopes else APP_PERMISSION
