"""Asking the login host on behalf of one person: with a msal object of his own, thrown away afterwards.

A shared one would keep his tokens in its cache for whoever comes next, and would replay refusals for a minute
(exchange-protocol.md 2.8).
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import msal

from tenants.microsoft.http import LoginHttp, LoginResponse
from tenants.profiles.microsoft import login_http
from tenants.sign_in_flows.places import Place
from tenants.sign_in_flows.refusals import SignInRefused, refusal_of, refused_by_federation_server
from tenants.tokens.applications import MsalApplications
from tenants.tokens.failures import from_exception


class _AtLoginUrl(LoginHttp):
    """The process's client for one login host; msal leaves its port away where it asks for the user realm (2.1)."""

    def __init__(self, shared: LoginHttp, login_url: str) -> None:
        self._shared = shared
        self._login_url = login_url
        self._without_port = f"https://{urlsplit(login_url).hostname}/"

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> LoginResponse:
        """GET `url`, of the login host with its port."""
        if url.startswith(self._without_port):
            url = f"{self._login_url}/{url.removeprefix(self._without_port)}"
        return self._shared.get(url, params, headers, **more)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> LoginResponse:
        """POST a form, or what a federation server takes; raises `SignInRefused` when that refuses."""
        response = self._shared.post(url, params, data, headers, **more)
        if "/oauth2/" not in url and response.status_code >= HTTPStatus.BAD_REQUEST:
            raise refused_by_federation_server()
        return response


def ask(place: Place, question: Callable[[msal.ClientApplication], dict[str, Any]]) -> dict[str, Any]:
    """Return what the login host answers at a place; raises `SignInRefused` when no answer can be had."""
    with explained():
        http = _AtLoginUrl(login_http(), place.environment.login_url)
        return question(MsalApplications(http).get(place.environment, place.tenant_id, place.application))


@contextmanager
def explained() -> Iterator[None]:
    """Turn whatever msal and the connection raise into `SignInRefused`."""
    try:
        yield
    except SignInRefused:
        raise
    except Exception as error:  # noqa: BLE001 - msal raises ValueError, KeyError, RuntimeError, and its HTTP client
        # Its texts may hold what the person typed or what must be kept: only its explanation goes on.
        raise refusal_of(from_exception(error, login_http())) from None
