"""HTTPS to a key vault: no proxy, no redirect, short time-outs, few repetitions."""

import ssl
import weakref
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import requests
import stamina
from django.core.exceptions import ImproperlyConfigured

from portal.core.egress import hosts
from portal.core.secrets.errors import RootKeysUnavailable

_SECONDS = 3.0
_ATTEMPTS = 3
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})


class Busy(RootKeysUnavailable):
    """The vault asks to come back later."""


class VaultHttp:
    """Speaks JSON to one key vault. Safe for threads.

    `ca_file` names the authority of a vault with a certificate of one's own; empty means the public ones.
    """

    def __init__(self, url: str, *, ca_file: str) -> None:
        if not url.startswith("https://"):
            raise ImproperlyConfigured(f"A key vault is spoken to over HTTPS only, not at {url}.")
        trust = ssl.create_default_context(cafile=ca_file or None)
        hosts.allow_urls([url])
        self._client = httpx.Client(base_url=url, verify=trust, timeout=_SECONDS, trust_env=False)
        weakref.finalize(self, self._client.close)

    def ask(
        self, method: str, path: str, *, headers: dict[str, str], body: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        """Return status and body, {} when it is no JSON; raises `RootKeysUnavailable` when no useful answer comes.

        Wrapping and unwrapping may be repeated freely: they change nothing.
        """
        hosts.require_allowed("https", self._client.base_url.host, self._client.base_url.port or 443)
        for attempt in stamina.retry_context(
            on=(httpx.TransportError, Busy), attempts=_ATTEMPTS, wait_initial=0.1, wait_max=1.0
        ):
            with attempt:
                try:
                    answer = self._client.request(method, path, headers=headers, json=body)
                except httpx.TransportError as error:
                    if attempt.num < _ATTEMPTS:
                        raise
                    host = self._client.base_url.host
                    raise RootKeysUnavailable(f"The key vault {host} cannot be reached: {error}.") from None
                if answer.status_code in _PASSING:
                    raise Busy(f"The key vault {self._client.base_url.host} answered {answer.status_code}.")
                return answer.status_code, _json(answer.content)
        raise AssertionError("unreachable")


class GuardedSession(requests.Session):
    """What msal speaks HTTP with: to the hosts only that this process may connect to."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        """Send, unless `EgressRefused` is raised."""
        url = urlsplit(request.url or "")
        hosts.require_allowed(url.scheme, url.hostname or "", url.port or {"https": 443, "http": 80}.get(url.scheme, 0))
        return super().send(request, **options)


def _json(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return {}
