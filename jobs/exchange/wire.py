"""The HTTP side of one connection: guarded, redirected by hand, size-limited and recorded."""

import time
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import httpx

from jobs.exchange import disturbances
from jobs.exchange.answer import Exchange, cut, without_secrets
from jobs.exchange.classification import from_transport_error, retry_of
from jobs.exchange.cookies import OrganizationCookies
from jobs.exchange.failures import CallFailed, Ran, Withheld
from jobs.exchange.gates import gates
from jobs.exchange.guard import Guard
from jobs.exchange.routing import is_allowed, origin, redirect_target
from jobs.exchange.spec import ConnectionSpec, Token
from tenants.microsoft.http import USER_AGENT, Received, header_texts, sender
from tenants.microsoft.retry_after import retry_after

_BUSY = frozenset({429, 503})
_REDIRECTS = frozenset({301, 302, 307, 308})
_REOPEN_SECONDS = 0.25
"""How long a connection that was lost since permission was given may take to open: permission is not for later."""
_MOST_HOPS = 8
_MOST_VISITS = 2
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Request:
    """One request, before it has an address and a token. `recorded_body` is the body without secret values.

    `keeps_response` False leaves the response's body out of the record. `reads` says that repeating does no harm.
    """

    method: str
    headers: Mapping[str, str]
    body: bytes
    recorded_body: bytes
    read_timeout: float
    reads: bool
    anchor: str
    keeps_response: bool = True
    record: list[Exchange] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, decompressed."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _TooLarge(Exception):
    """The body is larger than the connection accepts."""


class Wire:
    """Cookies, pinned host and shared connections of one connection. For one organization only."""

    def __init__(
        self, spec: ConnectionSpec, *, transport: httpx.BaseTransport | None, clock: Callable[[], datetime]
    ) -> None:
        self._spec = spec
        self._clock = clock
        self.guard = Guard.of(spec)
        self._cookies = OrganizationCookies(spec.tenant_id)
        self._sender = sender(spec.ca_file, transport)
        self.host = origin(spec.base_url)

    def close(self) -> None:
        """Forget cookies and host; may be called again."""
        self._cookies.clear()
        self._sender.close()
        self.host = ""

    def send(self, request: Request, url: str, token: Token, *, before_send: Callable[[], None] | None = None) -> Reply:
        """Send to `url` and wherever it is redirected to; the last host is used from then on.

        `before_send` is called before every hop, when all guards have passed and a connection is open, so that nothing
        but the request follows it; what it raises passes through, and that hop is not sent. Raises `CallFailed`,
        `Withheld` while the organization is to be left alone.
        """
        visits: dict[str, int] = {}
        for hop in range(_MOST_HOPS + 1):
            visits[url] = visits.get(url, 0) + 1
            if visits[url] > _MOST_VISITS:
                break
            self._check(url, token, request)
            connect_timeout = self._spec.connect_timeout
            if before_send:
                self._open(request, url)
                before_send()
                connect_timeout = _REOPEN_SECONDS
            reply = self._once(request, url, token, connect_timeout)
            if reply.status not in _REDIRECTS:
                if hop:
                    self.host = origin(url)
                return reply
            url = self.target_of(reply, url)
        raise CallFailed(disturbances.REDIRECT_REFUSED, ran=Ran.NO, detail=f"redirected in a circle at {origin(url)}")

    def look_up_redirect(self, request: Request, url: str, token: Token) -> Reply:
        """Ask `url`, follow nothing, and use the host that it redirects to, if it does. Raises `CallFailed`."""
        self._check(url, token, request)
        reply = self._once(request, url, token, self._spec.connect_timeout)
        if reply.status in _REDIRECTS:
            self.host = origin(self.target_of(reply, url))
        return reply

    def check_gate(self) -> None:
        """Raise `Withheld` while the organization is to be left alone."""
        seconds = gates.seconds_left(self._spec.tenant_id)
        if seconds:
            raise Withheld(disturbances.THROTTLED, seconds=seconds)

    def _check(self, url: str, token: Token, request: Request) -> None:
        self.check_gate()
        self.guard.check(url, token, request.anchor, self._cookies, self._clock())

    def target_of(self, reply: Reply, url: str) -> str:
        """Return where a redirect leads; `CallFailed` if that is no allowed address."""
        location = reply.headers.get("location", "")
        try:
            target = redirect_target(
                location, current_url=url, base_url=self._spec.base_url, is_compliance=self._spec.service == "scc"
            )
        except ValueError:
            target = ""
        if not location or not is_allowed(target, self._spec.allowed_hosts):
            raise CallFailed(disturbances.REDIRECT_REFUSED, ran=Ran.NO, detail=f"redirected to “{location[:200]}”")
        return target

    def _open(self, request: Request, url: str) -> None:
        started_at, start = self._clock(), time.monotonic()
        try:
            self._sender.open(url, self._spec.connect_timeout)
        except httpx.TransportError as error:
            request.record.append(_recorded(request, url, started_at, start, None, _problem(error)))
            raise from_transport_error(error, reads=request.reads) from error

    def _once(self, request: Request, url: str, token: Token, connect_timeout: float) -> Reply:
        self.check_gate()  # it may have closed while permission to send was asked for
        started_at, start = self._clock(), time.monotonic()
        reply: Reply | None = None
        problem = ""
        try:
            limits = {"connect": connect_timeout, "read": request.read_timeout, "write": request.read_timeout}
            reply = self._exchange(request, url, token, limits)
        except httpx.HTTPError as error:
            problem = _problem(error)
            raise from_transport_error(error, reads=request.reads) from error
        except _TooLarge as error:
            problem = str(error)
            explanation = disturbances.ANSWER_TOO_LARGE
            retry = retry_of(explanation, Ran.UNKNOWN, reads=request.reads)
            raise CallFailed(explanation, ran=Ran.UNKNOWN, retry=retry, detail=problem) from error
        finally:
            request.record.append(_recorded(request, url, started_at, start, reply, problem))
        self._obey(reply)
        return reply

    def _obey(self, reply: Reply) -> None:
        seconds = retry_after(reply.headers, self._clock()) if reply.status in _BUSY else None
        if seconds:
            gates.close(self._spec.tenant_id, seconds)

    def _exchange(self, request: Request, url: str, token: Token, limits: Mapping[str, float]) -> Reply:
        deadline = time.monotonic() + request.read_timeout
        headers = {
            **request.headers,
            "User-Agent": USER_AGENT,
            "Authorization": f"Bearer {token.value.reveal()}",
            "X-AnchorMailbox": request.anchor,
        }
        if cookies := self._cookies.header(url):
            headers["Cookie"] = cookies
        answer = self._sender.send(request.method, url, headers, request.body, limits)
        try:
            self._cookies.keep(url, answer.headers)
            body = self._read(answer, deadline)
            return Reply(answer.status, header_texts(answer.headers), self._decompressed(body))
        finally:
            answer.close()

    def _read(self, answer: Received, deadline: float) -> bytes:
        """Read the raw body: error replies declare a compression that they do not have (exchange-protocol.md 3.8)."""
        chunks: list[bytes] = []
        size = 0
        try:
            for chunk in answer:
                chunks.append(chunk)
                size += len(chunk)
                if size > self._spec.largest_body:
                    raise _TooLarge(f"more than {self._spec.largest_body} bytes")
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer did not end in time")
        except httpx.TransportError:
            if httpx.codes.is_success(answer.status):
                raise
            # The status of a refusal says enough even if its text is cut off.
        return b"".join(chunks)

    def _decompressed(self, body: bytes) -> bytes:
        if not body.startswith(_GZIP):
            return body
        limit = self._spec.largest_body
        try:
            plain = zlib.decompressobj(wbits=31).decompress(body, limit + 1)
        except zlib.error:
            return body
        if len(plain) > limit:
            raise _TooLarge(f"more than {limit} bytes, decompressed")
        return plain


def _problem(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _recorded(
    request: Request, url: str, started_at: datetime, start: float, reply: Reply | None, problem: str
) -> Exchange:
    request_body, request_cut = cut(request.recorded_body)
    response_body, response_cut = cut(reply.body if reply and request.keeps_response else b"")
    return Exchange(
        method=request.method,
        url=url,
        request_headers=without_secrets({**request.headers, "X-AnchorMailbox": request.anchor}),
        request_body=request_body,
        request_body_truncated=request_cut,
        started_at=started_at,
        duration_ms=round((time.monotonic() - start) * 1000),
        status=reply.status if reply else None,
        response_headers=without_secrets(reply.headers) if reply else {},
        response_body=response_body,
        response_body_truncated=response_cut,
        problem=problem,
    )
