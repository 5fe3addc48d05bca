"""Delegated tokens: an account that signed in once acts in each organization."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime

import msal

from portal.core.secrets.secret import Secret
from tenants.microsoft.environments import Environment
from tenants.tokens.applications import Application, AskMsal, MsalApplications
from tenants.tokens.guards import DELEGATED_PERMISSION
from tenants.tokens.source import ApplicationTokens, utc_now

# What `client_capabilities` adds to other requests; msal leaves it out when it redeems a refresh token (2.4 item 2).
_CAPABILITIES = {"access_token": {"xms_cc": {"values": ["CP1"]}}}


class DelegatedTokens(ApplicationTokens):
    """One account's refresh token, redeemed at the authority of an organization or of its own tenant.

    `refresh_token` is called when a new token is needed, so that it can live in a vault; `on_renewed`, if given, is
    called with the newer refresh token of each answer (exchange-protocol.md 2.4, the Secure Application Model).
    """

    def __init__(
        self,
        environment: Environment,
        application: Application,
        applications: MsalApplications,
        *,
        refresh_token: Callable[[], Secret[str]],
        on_renewed: Callable[[Secret[str]], None] | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        super().__init__(environment, application, applications, permission=DELEGATED_PERMISSION, clock=clock)
        self._refresh_token = refresh_token
        self._on_renewed = on_renewed

    def _prepare(self, scope: str, claims: str | None) -> AskMsal:
        refresh_token = self._refresh_token()
        asked = {"claims": _with_capabilities(claims)}

        def ask(app: msal.ClientApplication) -> dict[str, object]:
            answer: dict[str, object] = app.acquire_token_by_refresh_token(
                refresh_token.reveal(), [scope], data=dict(asked)
            )
            return answer

        return ask

    def _keep(self, answer: Mapping[str, object]) -> None:
        renewed = answer.get("refresh_token")
        if self._on_renewed and renewed:
            self._on_renewed(Secret(str(renewed)))


def _with_capabilities(claims: str | None) -> str:
    asked = json.loads(claims) if claims else {}
    access_token = {**_CAPABILITIES["access_token"], **asked.get("access_token", {})}
    return json.dumps({**asked, "access_token": access_token})
