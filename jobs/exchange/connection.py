"""A connection to one organization's Exchange: opened, used, always closed.

There is no session on the server: a connection is a token, cookies, and a host, all of one organization, and it ends by
forgetting them (exchange-protocol.md 0.3, 3.12). It is for one thread.
"""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from jobs.exchange import capabilities, refusals
from jobs.exchange.answer import Answer, Exchange
from jobs.exchange.call import Call, masked, read_all
from jobs.exchange.challenge import claims_of
from jobs.exchange.classification import from_response
from jobs.exchange.disturbances import REDIRECT_REFUSED, UNREACHABLE, UNREADABLE_ANSWER
from jobs.exchange.errors import parse_error
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.page import UnreadablePage
from jobs.exchange.refusals import WRONG_ADDRESS
from jobs.exchange.routing import origin
from jobs.exchange.spec import AcquireToken, ConnectionSpec, Token
from jobs.exchange.wire import Reply, Request, Wire
from tenants.tokens.failures import TokenFailure
from tenants.tokens.source import NEW_TOKEN, utc_now

_OPENING_TIMEOUT = 60.0
_PROBE = "Get-OrganizationConfig"
_UNAUTHORIZED = 401
_HAS_MOVED = (UNREACHABLE, WRONG_ADDRESS, REDIRECT_REFUSED)


class ConnectionState(StrEnum):
    """Where a connection is in its only life."""

    OPENING = "opening"
    OPEN = "open"
    CLOSED = "closed"


class Connection:
    """One organization, one service, one identity. Use `connect`, which closes it on every path.

    `before_send` is called with the client request id before every send of a cmdlet: the first, the one after a 401,
    each redirect, each later page, and each page of a read that starts again. It comes after all guards, right before
    the first byte; what it raises passes through, and nothing more is sent. The id is the same for the whole call.

    `before_probe` allows the one cmdlet that opening may send, a read that finds out why a named cmdlet is not offered.
    It is called with the cmdlet's name and client request id, under the same rules; without it, no probe is sent.
    `opening` records how the connection was opened; `regional_host` is where Security & Compliance is. `found_region`
    is called with it when it had to be asked for, before anything else is done, so that a failure does not lose it.
    With `lists_every_cmdlet`, opening reads `offered`, all that the identity may run, and a named cmdlet that is not
    among them fails only when it is invoked.
    """

    def __init__(
        self,
        spec: ConnectionSpec,
        acquire_token: AcquireToken,
        *,
        commands: Collection[str],
        connection_id: str | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = utc_now,
        before_probe: Callable[[str, str], None] | None = None,
        sends_secrets: bool = False,
        found_region: Callable[[str], None] | None = None,
        lists_every_cmdlet: bool = False,
    ) -> None:
        self.spec = spec
        self.id = connection_id or str(uuid4())
        self.state = ConnectionState.OPENING
        self.opened_at: datetime | None = None
        self.opening: list[Exchange] = []
        self.before_send: Callable[[str], None] | None = None
        self.offered: frozenset[str] = frozenset()
        self.granted: frozenset[str] = frozenset()
        self.regional_host = ""
        self._commands = tuple(commands)
        self._before_probe = before_probe
        self._sends_secrets = sends_secrets
        self._found_region = found_region
        self._lists_every_cmdlet = lists_every_cmdlet
        self._protection_key: RSAPublicKey | None = None
        self._acquire_token: AcquireToken | None = acquire_token
        self._clock = clock
        self._wire = Wire(spec, transport=transport, clock=clock)

    def open(self) -> None:
        """Prove that the organization can be reached and that every named cmdlet is allowed.

        Raises `CallFailed`, and what `before_probe` raises; no cmdlet has been sent then, other than the probe.
        """
        if self.state is not ConnectionState.OPENING or self.opened_at:
            raise RuntimeError("a connection is opened once")
        self.opened_at = self._clock()
        try:
            self._open()
        except CallFailed as failure:
            failure.ran, failure.retry = Ran.NO, failure.explanation.retry
            failure.exchanges = tuple(self.opening)
            raise
        self.state = ConnectionState.OPEN

    def close(self) -> None:
        """Forget token source, cookies and host; may be called again."""
        self.state = ConnectionState.CLOSED
        self._acquire_token = None
        self._protection_key = None
        self._wire.close()

    def protect(self, secret: str) -> str:
        """Return a SecureString as it is sent, encrypted with the organization's key (exchange-protocol.md 3.4).

        Raises `CallFailed` when the organization gave no key: then nothing may be sent.
        """
        if self._protection_key is None:
            raise CallFailed(refusals.NO_PROTECTION_KEY, ran=Ran.NO, answered=True)
        return capabilities.protect(self._protection_key, secret)

    def invoke(
        self,
        cmdlet_name: str,
        encoded_parameters: Mapping[str, Any],
        *,
        reads: bool,
        result_size_unlimited: bool | None = None,
        select: Collection[str] = (),
        read_timeout: float | None = None,
        secret_parameters: Collection[str] = (),
    ) -> Answer:
        """Run one cmdlet, with all pages of its answer. Raises `CallFailed`, and what `before_send` raises.

        `encoded_parameters` are in wire form (exchange-protocol.md 3.4); those named in `secret_parameters` are masked
        in the record. `reads` says that the cmdlet changes nothing. `result_size_unlimited` follows every page; without
        it, the `ResultSize` parameter decides. `select` names the only properties to return.
        """
        if self.state is not ConnectionState.OPEN:
            raise RuntimeError(f"the connection is {self.state}")
        if cmdlet_name.lower() not in self.granted:
            raise CallFailed(refusals.CMDLET_ABSENT, ran=Ran.NO, answered=True, detail=cmdlet_name)
        client_request_id = str(uuid4())
        body = {"CmdletInput": {"CmdletName": cmdlet_name, "Parameters": dict(encoded_parameters)}}
        request = Request(
            method="POST",
            headers=self._headers(client_request_id, cmdlet_name),
            body=masked(body, ()),
            recorded_body=masked(body, secret_parameters),
            read_timeout=read_timeout or self.spec.time_limit(cmdlet_name),
            reads=reads,
            anchor=self.spec.anchor(cmdlet_name),
        )
        call = Call(request, encoded_parameters, client_request_id, result_size_unlimited, self.spec)
        return self._run(call, select)

    def _run(self, call: Call, select: Collection[str]) -> Answer:
        query = f"?$select={','.join(select)}" if select else ""
        url = f"{self._wire.host}/adminapi/beta/{self.spec.tenant_id}/InvokeCommand{query}"
        start = time.monotonic()
        try:
            return read_all(call, lambda link: self._post(call, link or url), start)
        except CallFailed as failure:
            failure.exchanges = tuple(call.request.record)
            raise

    def _post(self, call: Call, url: str) -> Reply:
        announce = partial(self.before_send, call.client_request_id) if self.before_send else None
        reply = self._authorized(lambda token: self._wire.send(call.request, url, token, before_send=announce))
        if not httpx.codes.is_success(reply.status):
            raise self._refusal(call.request, reply, may_run=True, has_parameters=bool(call.parameters))
        return reply

    def _refusal(
        self, request: Request, reply: Reply, *, may_run: bool = False, has_parameters: bool = False
    ) -> CallFailed:
        request_id = request.headers["client-request-id"]
        return from_response(
            parse_error(reply.status, reply.headers, reply.body, client_request_id=request_id),
            reply.headers,
            reads=request.reads,
            may_run=may_run,
            has_parameters=has_parameters,
            now=self._clock(),
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
        try:
            token = self._acquire_token(claims)
        except TokenFailure as failure:
            raise CallFailed(
                failure.explanation,
                ran=Ran.NO,
                retry_after=failure.retry_after,
                detail=failure.text,
            ) from failure
        self._wire.guard.check_token(token, self._clock())
        return token

    def _headers(self, client_request_id: str, cmdlet_name: str = "") -> dict[str, str]:
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

    def _open(self) -> None:
        self._wire.guard.check_anchor(self.spec.anchor())  # before a token is asked for
        if self.spec.service == "scc" and not self._is_open_at_known_region():
            self._find_region()
            self._read_module_file()
        elif self.spec.service == "exo":
            self._read_module_file()

    def _is_open_at_known_region(self) -> bool:
        """Open at the region of last time; False if there is none, or the organization is there no longer."""
        if not self.spec.regional_host:
            return False
        self._wire.host = self.regional_host = self.spec.regional_host
        try:
            self._read_module_file()
        except CallFailed as failure:
            if failure.explanation not in _HAS_MOVED:
                raise
            return False
        return True

    def _find_region(self) -> None:
        """Ask the front door where the organization's Security & Compliance is (exchange-protocol.md 1.3)."""
        self.regional_host, self._wire.host = "", origin(self.spec.base_url)
        request = self._opening_request({})
        url = self._wire.host + capabilities.banner_path(self.spec.tenant_id)
        reply = self._authorized(lambda token: self._wire.look_up_redirect(request, url, token))
        if not (httpx.codes.is_success(reply.status) or httpx.codes.is_redirect(reply.status)):
            raise self._refusal(request, reply)
        self.regional_host = self._wire.host
        if self._found_region:
            self._found_region(self.regional_host)

    def _read_module_file(self) -> None:
        asked = (capabilities.EVERY_CMDLET,) if self._lists_every_cmdlet else self._commands
        request = self._opening_request(capabilities.module_file_headers(asked), keeps_response=False)
        url = self._wire.host + capabilities.module_file_path(self.spec.tenant_id)
        reply = self._authorized(lambda token: self._wire.send(request, url, token))
        if not httpx.codes.is_success(reply.status):
            raise self._refusal(request, reply)
        self._grant(reply)

    def _opening_request(
        self, headers: Mapping[str, str], *, cmdlet_name: str = "", keeps_response: bool = True
    ) -> Request:
        body = masked({"CmdletInput": {"CmdletName": cmdlet_name, "Parameters": {}}}, ()) if cmdlet_name else b""
        return Request(
            method="POST" if cmdlet_name else "GET",
            headers={**self._headers(str(uuid4()), cmdlet_name), **headers},
            body=body,
            recorded_body=body,
            read_timeout=_OPENING_TIMEOUT,
            reads=True,
            anchor=self.spec.anchor(),
            keeps_response=keeps_response,  # the module file is program text, and large
            record=self.opening,
        )

    def _grant(self, reply: Reply) -> None:
        try:
            self.offered = capabilities.exported_cmdlets(reply.body)
            self.granted = frozenset(name.lower() for name in self.offered)
            self._protection_key = capabilities.protection_key(reply.body) if self._sends_secrets else None
        except UnreadablePage as error:
            raise CallFailed(UNREADABLE_ANSWER, ran=Ran.NO, detail=str(error)) from error
        absent = [name for name in self._commands if name.lower() not in self.granted]
        if absent and not (self._lists_every_cmdlet and self.offered):
            raise self._reason_for_absence() or CallFailed(
                refusals.CMDLET_ABSENT, ran=Ran.NO, answered=True, detail=", ".join(absent)
            )

    def _reason_for_absence(self) -> CallFailed | None:
        """Ask for something harmless: an identity without any Exchange role is told so, the list only is empty."""
        if self.spec.service == "scc" or self._before_probe is None:
            return None
        request = self._opening_request({}, cmdlet_name=_PROBE)
        announce = partial(self._before_probe, _PROBE, request.headers["client-request-id"])
        url = f"{self._wire.host}/adminapi/beta/{self.spec.tenant_id}/InvokeCommand?$select=Name"
        try:
            reply = self._authorized(lambda token: self._wire.send(request, url, token, before_send=announce))
            if not httpx.codes.is_success(reply.status):
                raise self._refusal(request, reply)
        except CallFailed as failure:
            return failure if failure.explanation in (refusals.ROLE_MISSING, refusals.APP_ROLE_UNSUPPORTED) else None
        return None


@contextmanager
def connect(
    spec: ConnectionSpec,
    acquire_token: AcquireToken,
    *,
    commands: Collection[str] = ("Get-AcceptedDomain",),
    connection_id: str | None = None,
    transport: httpx.BaseTransport | None = None,
    clock: Callable[[], datetime] = utc_now,
    before_probe: Callable[[str, str], None] | None = None,
    sends_secrets: bool = False,
    found_region: Callable[[str], None] | None = None,
    lists_every_cmdlet: bool = False,
) -> Iterator[Connection]:
    """Open a connection for the named cmdlets, and close it on every path.

    Raises `CallFailed` if it cannot be opened; nothing has run then, unless `before_probe` (see `Connection`) allowed a
    probe. `connection_id` names it in the caller's ledger and on the wire; `transport` replaces the shared connections.
    With `sends_secrets` the key for `Connection.protect` is kept; `found_region` and `lists_every_cmdlet` as in
    `Connection`.
    """
    connection = Connection(
        spec,
        acquire_token,
        commands=commands,
        connection_id=connection_id,
        transport=transport,
        clock=clock,
        before_probe=before_probe,
        sends_secrets=sends_secrets,
        found_region=found_region,
        lists_every_cmdlet=lists_every_cmdlet,
    )
    try:
        connection.open()
        yield connection
    finally:
        connection.close()
