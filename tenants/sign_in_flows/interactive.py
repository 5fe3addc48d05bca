"""Interactive sign-in: authorization code with PKCE, state and nonce, in the person's browser (2.2)."""

import hmac
import warnings
from collections.abc import Mapping
from typing import Any

import msal

from tenants.sign_in_flows.accounts import Account, account_of
from tenants.sign_in_flows.login import ask
from tenants.sign_in_flows.places import Place
from tenants.sign_in_flows.refusals import SignInRefused

LASTS_SECONDS = 15 * 60
"""How long somebody may take at Microsoft: an authorization code itself lasts ten minutes."""

# msal would rather have the answer posted; a session cookie with SameSite=Lax does not travel with such a post.
warnings.filterwarnings("ignore", message="response_mode", category=UserWarning, module="msal")


def begin(place: Place, *, redirect_uri: str, pick_account: bool = False, prompt: str = "") -> dict[str, Any]:
    """Return msal's flow, whose `auth_uri` the browser is sent to; raises `SignInRefused`.

    `prompt` says what Microsoft asks in any case, as `login` for every proof anew.
    """
    prompted = prompt or ("select_account" if pick_account or not place.account else None)

    def question(application: msal.ClientApplication) -> dict[str, Any]:
        flow: dict[str, Any] = application.initiate_auth_code_flow(
            [place.scope],
            redirect_uri=redirect_uri,
            prompt=prompted,
            login_hint=place.account or None,
            response_mode="query",
        )
        return flow

    return ask(place, question)


def belongs_to(flow: Mapping[str, Any], answer: Mapping[str, str]) -> bool:
    """Whether an answer carries the state of this flow; one of another flow, or a forged one, does not."""
    return hmac.compare_digest(str(flow.get("state", "")).encode(), str(answer.get("state", "")).encode())


def finish(place: Place, flow: dict[str, Any], answer: Mapping[str, str]) -> Account:
    """Redeem the code of an answer that belongs to the flow; raises `SignInRefused`."""
    if answer.get("error") == "access_denied":
        raise SignInRefused(
            "You cancelled the sign-in at Microsoft", "Sign in again, and go on to the end.", said=_said(answer)
        )
    if not answer.get("code") and not answer.get("error"):
        raise SignInRefused("Microsoft's answer holds no code", "Sign in again.")

    def question(application: msal.ClientApplication) -> dict[str, Any]:
        try:
            tokens: dict[str, Any] = application.acquire_token_by_auth_code_flow(flow, dict(answer))
        except RuntimeError:  # the nonce; its text holds the right one
            raise _not_for_this_sign_in() from None
        if "access_token" in tokens and "id_token_claims" not in tokens:
            raise _not_for_this_sign_in()  # without an id token msal has checked no nonce
        return tokens

    return account_of(ask(place, question), place)


def _not_for_this_sign_in() -> SignInRefused:
    return SignInRefused(
        "Microsoft's answer is not for this sign-in",
        "Sign in again. If it happens again, tell an administrator: somebody may be replaying old answers.",
    )


def _said(answer: Mapping[str, str]) -> str:
    return " ".join(str(answer.get("error_description", "")).split())[:500]
