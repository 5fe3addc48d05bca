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

from jobs.exchange import capabilities, refusals
from jobs.exchange.answer import Answer, Exchange
from jobs.exchange.call import Call, masked, read_all
from jobs.exchange.channel import Channel
from jobs.exchange.failures import CallFailed, Ran
from jobs.exchange.opening import Opening, Wanted
from jobs.exchange.spec import AcquireToken, ConnectionSpec
from jobs.exchange.wire import Reply, Request
from tenants.tokens.source import utc_now


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

    `opening` records how it was opened; `offered` are the cmdlets that the identity may run, as far as they were asked
    for; `regional_host` is where Security & Compliance is.
    """

    def __init__(
        self,
        spec: ConnectionSpec,
        acquire_token: AcquireToken,
        wanted: Wanted,
        *,
        connection_id: str | None = None,
        transport: httpx.BaseTransport | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.spec = spec
        self.id = connection_id or str(uuid4())
        self.state = ConnectionState.OPENING
        self.opened_at: datetime | None = None
        self.before_send: Callable[[str], None] | None = None
        self._clock = clock
        self._channel = Channel(spec, acquire_token, connection_id=self.id, transport=transport, clock=clock)
        self._opening = Opening(self._channel, wanted)
        self._granted: frozenset[str] = frozenset()

    @property
    def opening(self) -> list[Exchange]:
        """The requests of the opening, so far."""
        return self._opening.record

    @property
    def offered(self) -> frozenset[str]:
        """The names that Exchange gave, in its own spelling."""
        return self._opening.offered

    @property
    def regional_host(self) -> str:
        """Origin of the region of Security & Compliance, empty elsewhere."""
        return self._opening.regional_host

    def open(self) -> None:
        """Prove that the organization can be reached and that every named cmdlet is allowed.

        Raises `CallFailed`, and what `before_probe` raises; no cmdlet has been sent then, other than the probe.
        """
        if self.state is not ConnectionState.OPENING or self.opened_at:
            raise RuntimeError("a connection is opened once")
        self.opened_at = self._clock()
        self._opening.carry_out()
        self._granted = frozenset(name.lower() for name in self.offered)
        self.state = ConnectionState.OPEN

    def close(self) -> None:
        """Forget token source, cookies and host; may be called again."""
        self.state = ConnectionState.CLOSED
        self._opening.protection_key = None
        self._channel.close()

    def protect(self, secret: str) -> str:
        """Return a SecureString as it is sent, encrypted with the organization's key (exchange-protocol.md 3.4).

        Raises `CallFailed` when the organization gave no key: then nothing may be sent.
        """
        if self._opening.protection_key is None:
            raise CallFailed(refusals.NO_PROTECTION_KEY, ran=Ran.NO, answered=True)
        return capabilities.protect(self._opening.protection_key, secret)

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
        if cmdlet_name.lower() not in self._granted:
            raise CallFailed(refusals.CMDLET_ABSENT, ran=Ran.NO, answered=True, detail=cmdlet_name)
        client_request_id = str(uuid4())
        body = {"CmdletInput": {"CmdletName": cmdlet_name, "Parameters": dict(encoded_parameters)}}
        request = Request(
            method="POST",
            headers=self._channel.headers(client_request_id, cmdlet_name),
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
        url = self._channel.url(f"/adminapi/beta/{self.spec.tenant_id}/InvokeCommand{query}")
        start = time.monotonic()
        try:
            return read_all(call, lambda link: self._post(call, link or url), start)
        except CallFailed as failure:
            failure.exchanges = tuple(call.request.record)
            raise

    def _post(self, call: Call, url: str) -> Reply:
        announce = partial(self.before_send, call.client_request_id) if self.before_send else None
        reply = self._channel.send(call.request, url, before_send=announce)
        if not httpx.codes.is_success(reply.status):
            raise self._channel.refusal(call.request, reply, may_run=True, has_parameters=bool(call.parameters))
        return reply


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

    Raises `CallFailed` if it cannot be opened; nothing has run then, unless `before_probe` allowed a probe.
    `connection_id` names it in the caller's ledger and on the wire; `transport` replaces the shared connections. With
    `sends_secrets` the key for `Connection.protect` is kept; the rest as in `Wanted`.
    """
    wanted = Wanted(tuple(commands), before_probe, found_region, lists_every_cmdlet, keeps_key=sends_secrets)
    connection = Connection(spec, acquire_token, wanted, connection_id=connection_id, transport=transport, clock=clock)
    try:
        connection.open()
        yield connection
    finally:
        connection.close()
