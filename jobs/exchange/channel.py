"""What a connection sends through: its token source, its wire, and the headers that all its requests share."""

from collections.abc import Callable
from datetime import datetime

import httpx

from jobs.exchange.challenge import claims_of
from jobs.exchange.classification import from_response
from jobs.exchange.errors import parse_error
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.gates import gates
from jobs.exchange.spec import AcquireToken, ConnectionSpec, Token
from jobs.exchange.wire import Reply, Request, Wire
from tenants.tokens.failures import TokenFailure
from tenants.tokens.local_explanations import LOGIN_THROTTLED
from tenants.tokens.source import NEW_TOKEN

_UNAUTHORIZED = 401


class Channel:
    """The authorized way to one organization's service, until it is closed."""

    def __init__(
        self,
        spec: ConnectionSpec,
        acquire_token: AcquireToken,
        *,
        connection_id: str,
        transport: httpx.BaseTransport | None,
        clock: Callable[[], datetime],
    ) -> None:
        self.spec = spec
        self.id = connection_id
        self.clock = clock
        self.wire = Wire(spec, transport=transport, clock=clock)
        self._acquire_token: AcquireToken | None = acquire_token

    def close(self) -> None:
        """Forget token source, cookies and host; may be called again."""
        self._acquire_token = None
        self.wire.close()

    def url(self, path: str) -> str:
        """Return the address of a path at the present host."""
        return self.wire.host + path

    def send(self, request: Request, url: str, *, before_send: Callable[[], None] | None = None) -> Reply:
        """Send, and follow redirects. Raises `CallFailed`."""
        return self._authorized(lambda token: self.wire.send(request, url, token, before_send=before_send))

    def look_up_redirect(self, request: Request, url: str) -> Reply:
        """Ask, and use the host that the answer redirects to. Raises `CallFailed`."""
        return self._authorized(lambda token: self.wire.look_up_redirect(request, url, token))

    def headers(self, client_request_id: str, cmdlet_name: str = "") -> dict[str, str]:
        """Return the headers of one request; without a cmdlet, of a GET."""
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "Accept-Language": "en-US",
            "client-request-id": client_request_id,
            "connection-id": self.id,
        }
        if not cmdlet_name:
            return headers
        return headers | {
            "Content-Type": "application/json; charset=utf-8",
            "Prefer": f"odata.maxpagesize={self.spec.page_size}",
            "X-CmdletName": cmdlet_name,
            "X-ResponseFormat": "json",
        }

    def refusal(
        self, request: Request, reply: Reply, *, may_run: bool = False, has_parameters: bool = False
    ) -> CallFailed:
        """Return the failure that an unsuccessful answer means; `may_run` says that a cmdlet was sent."""
        request_id = request.headers["client-request-id"]
        return from_response(
            parse_error(reply.status, reply.headers, reply.body, client_request_id=request_id),
            reply.headers,
            reads=request.reads,
            may_run=may_run,
            has_parameters=has_parameters,
            now=self.clock(),
        )

    def _authorized(self, send: Callable[[Token], Reply]) -> Reply:
        """Send with a token; after a 401, which comes before anything runs, once more with a new one."""
        token = self._token(None)
        reply = send(token)
        if reply.status != _UNAUTHORIZED:
            return reply
        newer = self._token(claims_of(reply.headers) or NEW_TOKEN)
        return reply if newer.value == token.value else send(newer)

    def _token(self, claims: str | None) -> Token:
        if self._acquire_token is None:
            raise RuntimeError("the connection is closed")
        self.wire.check_gate()
        try:
            token = self._acquire_token(claims)
        except TokenFailure as failure:
            if failure.explanation is LOGIN_THROTTLED and failure.retry_after:
                gates.close(self.spec.tenant_id, failure.retry_after)
            raise CallFailed(
                failure.explanation,
                ran=Ran.NO,
                retry_after=failure.retry_after,
                detail=failure.text,
            ) from failure
        self.wire.guard.check_token(token, self.clock())
        return token
