"""Asking the login host on behalf of one person: with a msal object of his own, thrown away afterwards.

A shared one would keep his tokens in its cache for whoever comes next, and would replay refusals for a minute
(exchange-protocol.md 2.8).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msal

from tenants.profiles.microsoft import login_http
from tenants.sign_in_flows.places import Place
from tenants.sign_in_flows.refusals import SignInRefused, refusal_of
from tenants.tokens.applications import MsalApplications
from tenants.tokens.failures import from_exception


def ask(place: Place, question: Callable[[msal.ClientApplication], dict[str, Any]]) -> dict[str, Any]:
    """Return what the login host answers at a place; raises `SignInRefused` when no answer can be had."""
    with explained():
        application = MsalApplications(login_http()).get(place.environment, place.tenant_id, place.application)
        return question(application)


@contextmanager
def explained() -> Iterator[None]:
    """Turn whatever msal and the connection raise into `SignInRefused`."""
    try:
        yield
    except SignInRefused:
        raise
    except Exception as error:  # noqa: BLE001 - msal raises ValueError, KeyError, RuntimeError and errors of its HTTP client
        # Its texts may hold what the person typed or what must be kept: only its explanation goes on.
        raise refusal_of(from_exception(error, login_http())) from None
