"""App-only tokens: the application itself signs in to the organization with its certificate."""

from collections.abc import Callable, Mapping
from datetime import datetime

import msal

from tenants.microsoft.environments import Environment
from tenants.tokens.applications import Application, AskMsal, MsalApplications
from tenants.tokens.guards import APP_PERMISSION
from tenants.tokens.source import ApplicationTokens, utc_now


class AppOnlyTokens(ApplicationTokens):
    """Client credentials by certificate, in each organization that consented (exchange-protocol.md 2.2)."""

    def __init__(
        self,
        environment: Environment,
        application: Application,
        applications: MsalApplications,
        *,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(environment, application, applications, permission=APP_PERMISSION, clock=clock)

    def _prepare(self, scope: str, claims: str | None) -> AskMsal:
        def ask(app: msal.ClientApplication) -> dict[str, object]:
            answer: dict[str, object] = app.acquire_token_for_client([scope], claims_challenge=claims)
            return answer

        return ask

    def _keep(self, answer: Mapping[str, object]) -> None:
        """Nothing: an application is issued no refresh token."""
