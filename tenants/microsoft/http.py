"""HTTP for everything that speaks to Microsoft: shared connections, separate cookies.

One SSL context per process and certificate authority and one connection pool per thread are shared by all organizations
(measurements.md 4); what a `light_client` adds on top, above all its cookies, belongs to one of them only.
"""

import ssl
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Protocol
from urllib.parse import urlencode

import httpx

from tenants.microsoft.connections import Connections
from tenants.microsoft.errors import parse_json

CONNECT_TIMEOUT = 10.0
READ_TIMEOUT = 30.0
_TIME_LIMITS = {"connect": CONNECT_TIMEOUT, "read": READ_TIMEOUT, "write": READ_TIMEOUT}


def _user_agent() -> str:
    try:
        return f"Signalbox/{version('signalbox')}"
    except PackageNotFoundError:  # run from a source tree
        return "Signalbox"


USER_AGENT = _user_agent()


_contexts: dict[str | None, ssl.SSLContext] = {}
_contexts_lock = threading.Lock()


def ssl_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Return the process-wide context that trusts the system's authorities, or only those in `ca_file` (PEM)."""
    with _contexts_lock:
        if ca_file not in _contexts:
            _contexts[ca_file] = ssl.create_default_context(cafile=ca_file)
            _contexts[ca_file].set_alpn_protocols(["http/1.1"])
        return _contexts[ca_file]


class _Pool:
    """One thread's connections. They are closed when the thread, and with it this object, is gone."""

    def __init__(self, ca_file: str | None) -> None:
        self.transport = Connections(ssl_context(ca_file))
        self._close = weakref.finalize(self, self.transport.close)


class _ThreadPools(threading.local):
    def __init__(self) -> None:
        self.by_ca_file: dict[str | None, _Pool] = {}


_pools = _ThreadPools()


def close_thread_connections() -> None:
    """Close every kept-alive connection of the calling thread; the next request opens new ones."""
    for pool in _pools.by_ca_file.values():
        pool.transport.close()
    _pools.by_ca_file.clear()


class ThreadTransport(httpx.BaseTransport):
    """Sends through the calling thread's connections. Closing it closes nothing: they are shared."""

    def __init__(self, ca_file: str | None = None) -> None:
        self._ca_file = ca_file

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send one request over a kept-alive or new connection of this thread."""
        return self._connections().handle_request(request)

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limits: Mapping[str, float]
    ) -> "Received":
        """Do the same without the objects of `httpx`, which cost more than the request itself."""
        return self._connections().send(method, url, headers, body, limits)

    def open(self, url: str, seconds: float) -> None:
        """Have a connection of this thread ready, as `Sender.open` says."""
        self._connections().open(url, seconds)

    def _connections(self) -> Connections:
        pool = _pools.by_ca_file.get(self._ca_file)
        if pool is None:
            pool = _pools.by_ca_file[self._ca_file] = _Pool(self._ca_file)
        return pool.transport


class Received(Protocol):
    """An answer whose body has not been read; reading raises `httpx.TransportError`, and it must be closed."""

    status: int
    headers: list[tuple[bytes, bytes]]

    def __iter__(self) -> Iterator[bytes]:
        """Yield the body in parts, as it came."""

    def close(self) -> None:
        """Give up what was not read."""


class Sender(Protocol):
    """Sends requests without cookies, redirects or retries."""

    def open(self, url: str, seconds: float) -> None:
        """Have a connection ready for the next request to `url`, within so many seconds.

        Raises `httpx.TransportError`; nothing was sent then.
        """

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limits: Mapping[str, float]
    ) -> Received:
        """Send one request; `limits` are seconds to `connect`, `write` and `read`. Raises `httpx.TransportError`."""

    def close(self) -> None:
        """Give up what is only this sender's."""


class _Response:
    """A response of `httpx` as it is received from a sender."""

    def __init__(self, response: httpx.Response) -> None:
        assert isinstance(response.stream, httpx.SyncByteStream)  # noqa: S101 - a transport without `async` has no other
        self.status, self.headers = response.status_code, response.headers.raw
        self._stream = response.stream

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._stream)

    def close(self) -> None:
        self._stream.close()


class _Replaced:
    """Sends through a transport of `httpx`."""

    def __init__(self, transport: httpx.BaseTransport) -> None:
        self._transport = transport

    def open(self, url: str, seconds: float) -> None:
        """Do nothing: such a transport opens its connections as it sends."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, limits: Mapping[str, float]
    ) -> Received:
        request = httpx.Request(
            method, url, headers=dict(headers), content=body or None, extensions={"timeout": limits}
        )
        return _Response(self._transport.handle_request(request))

    def close(self) -> None:
        self._transport.close()


def sender(ca_file: str | None = None, transport: httpx.BaseTransport | None = None) -> Sender:
    """Return what sends over the connections of each thread, or through `transport` instead."""
    return _Replaced(transport) if transport else ThreadTransport(ca_file)


def header_texts(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by lower-case name, those of one name joined by commas."""
    texts: dict[str, str] = {}
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), _decoded(raw_value)
        texts[name] = f"{texts[name]}, {value}" if name in texts else value
    return texts


def _decoded(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def light_client(
    *,
    ca_file: str | None = None,
    connect_timeout: float = CONNECT_TIMEOUT,
    read_timeout: float = READ_TIMEOUT,
    transport: httpx.BaseTransport | None = None,
) -> httpx.Client:
    """Return a client with cookies of its own on shared connections; times in seconds.

    Use one per organization, never for two. It follows no redirect and ignores proxies and certificates named in the
    process environment. `transport` replaces the shared connections.
    """
    return httpx.Client(
        transport=transport or ThreadTransport(ca_file),
        trust_env=False,
        follow_redirects=False,
        timeout=httpx.Timeout(read_timeout, connect=connect_timeout),
        headers={"User-Agent": USER_AGENT},
    )


class LoginResponse:
    """The part of a `requests` response that msal reads. What is not JSON has no text, because msal would log it."""

    def __init__(self, url: str, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self._url = url
        self.status_code = status
        self.text = "" if parse_json(body) is None else body.decode("utf-8", "replace")
        self.headers: Mapping[str, str] = httpx.Headers(headers)

    def raise_for_status(self) -> None:
        """Raise `httpx.HTTPStatusError` for a status of 400 and above."""
        httpx.Response(self.status_code, request=httpx.Request("GET", self._url)).raise_for_status()


class LoginHttp:
    """What msal calls an `http_client`: `requests`-like calls over the shared connections, without cookies.

    Each thread can read how its own last call ended in `last_status` and `last_headers`, which msal does not hand on.
    """

    def __init__(self, *, ca_file: str | None = None, transport: httpx.BaseTransport | None = None) -> None:
        self._sender = sender(ca_file, transport)
        self._last = threading.local()

    @property
    def last_status(self) -> int | None:
        """Status of this thread's last call, or None if no answer came."""
        status: int | None = getattr(self._last, "status", None)
        return status

    @property
    def last_headers(self) -> Mapping[str, str]:
        """Headers of this thread's last answer."""
        headers: Mapping[str, str] = getattr(self._last, "headers", {})
        return headers

    @property
    def last_text(self) -> str:
        """Body of this thread's last answer if that was no success: with 2xx, tokens come, and nothing is kept."""
        text: str = getattr(self._last, "text", "")
        return text

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> LoginResponse:
        """GET `url`. Raises `httpx.TransportError` if no answer comes."""
        return self._send("GET", url, params=params or None, headers=headers)

    def post(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, Any] | str | None = None,
        headers: Mapping[str, str] | None = None,
        **_: Any,
    ) -> LoginResponse:
        """POST a form. Raises `httpx.TransportError` if no answer comes."""
        # httpx would write msal's client assertion, which is bytes, as "b'...'".
        form = data if isinstance(data, str) else urlencode(data or {}, doseq=True)
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._send("POST", url, params=params or None, content=form, headers=sent)

    def close(self) -> None:
        """Do nothing: the connections are shared."""

    def _send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        content: str | None = None,
    ) -> LoginResponse:
        self._last.status, self._last.headers, self._last.text = None, {}, ""
        named = {name: value for name, value in (headers or {}).items() if value is not None}
        sent = {"User-Agent": USER_AGENT, "Accept": "*/*", **named}
        address = f"{url}{'&' if '?' in url else '?'}{urlencode(params)}" if params else url
        answer = self._sender.send(method, address, sent, (content or "").encode(), _TIME_LIMITS)
        try:
            body = b"".join(answer)
        finally:
            answer.close()
        response = LoginResponse(url, answer.status, header_texts(answer.headers), body)
        is_success = httpx.codes.is_success(answer.status)
        self._last.status, self._last.headers = answer.status, response.headers
        self._last.text = "" if is_success else body.decode("utf-8", "replace")
        return response
