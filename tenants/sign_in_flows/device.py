"""Device code: the person signs in in any browser while we ask now and then (2.2, F15)."""

from typing import Any

import msal

from tenants.microsoft.one_line import one_line
from tenants.profiles.microsoft import login_http
from tenants.sign_in_flows.accounts import Account, account_of
from tenants.sign_in_flows.login import ask
from tenants.sign_in_flows.places import Place
from tenants.sign_in_flows.refusals import refusal_of
from tenants.tokens.explanations import BY_CODE
from tenants.tokens.failures import TokenFailure, from_answer

SLOWER_SECONDS = 5
"""By how much "slow_down" lengthens the interval (RFC 8628 3.5)."""


class StillWaiting(Exception):
    """Nobody has finished the sign-in yet; `slow_down` says that we ask too often."""

    def __init__(self, *, slow_down: bool) -> None:
        super().__init__("The sign-in was not finished yet.")
        self.slow_down = slow_down


def begin(place: Place) -> dict[str, Any]:
    """Return msal's flow with `user_code`, `verification_uri`, `expires_in` and `interval` (seconds).

    Raises `SignInRefused`.
    """

    def question(application: msal.ClientApplication) -> dict[str, Any]:
        flow: dict[str, Any] = application.initiate_device_flow([place.scope])
        return flow

    flow = ask(place, question)
    if "user_code" not in flow:
        raise refusal_of(from_answer(flow, login_http()))
    return flow


def poll(place: Place, flow: dict[str, Any]) -> Account:
    """Ask once whether the sign-in was finished; raises `StillWaiting` or `SignInRefused`."""

    def question(application: msal.ClientApplication) -> dict[str, Any]:
        answer: dict[str, Any] = application.acquire_token_by_device_flow(flow, exit_condition=lambda _: True)
        return answer

    answer = ask(place, question)
    if answer.get("error") in ("authorization_pending", "slow_down"):
        raise StillWaiting(slow_down=answer["error"] == "slow_down")
    if answer.get("error") in BY_CODE:  # the word says it; the number beside it also stands for other things
        raise refusal_of(TokenFailure(BY_CODE[answer["error"]], text=one_line(answer.get("error_description"))))
    return account_of(answer, place)
