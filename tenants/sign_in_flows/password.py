"""User name and password: legacy, used once, never stored (2.2)."""

from typing import Any

import msal
from django.views.decorators.debug import sensitive_variables

from tenants.sign_in_flows.accounts import Account, account_of
from tenants.sign_in_flows.login import ask
from tenants.sign_in_flows.places import Place
from tenants.sign_in_flows.refusals import refused_by_federation_server


@sensitive_variables("password")
def sign_in(place: Place, *, user_principal_name: str, password: str) -> Account:
    """Sign in with a password; raises `SignInRefused`. msal asks first where the account lives (user realm)."""

    def question(application: msal.ClientApplication) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = application.acquire_token_by_username_password(
                user_principal_name, password, [place.scope]
            )
        except RuntimeError:  # of WS-Trust, with which msal asks a federation server
            raise refused_by_federation_server() from None
        return answer

    return account_of(ask(place, question), place)
