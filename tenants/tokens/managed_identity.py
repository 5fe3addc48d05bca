"""Tokens of the machine that the worker runs on: a managed identity of Azure (exchange-protocol.md 2.3)."""

from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import msal
from msal.managed_identity import ManagedIdentityError

from portal.core.explanations import Explanation
from tenants.microsoft.environments import Environment
from tenants.microsoft.http import LoginHttp
from tenants.microsoft.one_line import one_line
from tenants.microsoft.retry_after import retry_after
from tenants.tokens import local_explanations as local
from tenants.tokens.access_token import AccessToken
from tenants.tokens.failures import TokenFailure
from tenants.tokens.guards import APP_PERMISSION
from tenants.tokens.source import TokenSource, utc_now

# A machine that starts, and Azure's own throttling (F16); any other refusal stays until a person changed something.
_STARTING = frozenset({404, 410, 429, 500, 502, 503, 504})


class ManagedIdentityTokens(TokenSource):
    """Tokens from IMDS, App Service or Azure Arc, whichever the process's environment names; msal chooses.

    `client_id` names a user-assigned identity; empty means the system-assigned one. The tokens are for the tenant of
    the identity only: for any other organization the check of the tenant refuses them.
    """

    def __init__(
        self,
        environment: Environment,
        http: LoginHttp,
        *,
        client_id: str = "",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(environment, permission=APP_PERMISSION, clock=clock)
        self._http = http
        self._client_id = client_id

    def _fetch(self, tenant_id: str, scope: str, claims: str | None) -> AccessToken:
        # A new client each time: the tokens kept by the source are the cache, and msal replays refusals for a minute.
        client = msal.ManagedIdentityClient(self._identity(), http_client=self._http)
        try:
            answer = client.acquire_token_for_client(resource=scope.removesuffix("/.default"), claims_challenge=claims)
            expires_at = self._clock() + timedelta(seconds=float(str(answer.get("expires_in") or 0)))
        except (httpx.HTTPError, ManagedIdentityError, ValueError, KeyError, OSError) as error:
            raise self._failure(one_line(error)) from error
        if "access_token" not in answer:
            raise self._failure(one_line(answer.get("error_description") or answer.get("error")))
        return AccessToken.parse(str(answer["access_token"]), expires_at=expires_at)

    def _identity(self) -> msal.SystemAssignedManagedIdentity | msal.UserAssignedManagedIdentity:
        if self._client_id:
            return msal.UserAssignedManagedIdentity(client_id=self._client_id)
        return msal.SystemAssignedManagedIdentity()

    def _failure(self, text: str) -> TokenFailure:
        return TokenFailure(
            self._explanation(),
            text=text,
            retry_after=retry_after(self._http.last_headers, self._clock()),
        )

    def _explanation(self) -> Explanation:
        status = self._http.last_status
        unavailable = status is None or status in _STARTING
        return local.MANAGED_IDENTITY_UNAVAILABLE if unavailable else local.MANAGED_IDENTITY_MISSING
