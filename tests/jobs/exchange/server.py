"""An Exchange in memory, driven by the tests: it answers the opening itself and hands cmdlets to a function."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from jobs.exchange.spec import ConnectionSpec
from portal.core.secrets.secret import Secret
from tenants.microsoft.environments import ENVIRONMENTS

TENANT = "3750b40b-a68b-4632-9fb3-5b1aff664079"
OTHER_TENANT = "52eaad04-0000-4000-8000-000000000001"
Handler = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True)
class FakeToken:
    text: str = "token-1"
    tenant_id: str = TENANT
    audience: str = "https://outlook.office365.com"
    roles: tuple[str, ...] = ("Exchange.ManageAsApp",)
    scopes: tuple[str, ...] = ()
    authentication_methods: tuple[str, ...] = ()
    expires_at: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(hours=1))

    @property
    def value(self) -> Secret[str]:
        return Secret(self.text)


def make_spec(**changes: Any) -> ConnectionSpec:
    known: dict[str, Any] = {
        "tenant_id": TENANT,
        "initial_domain": "contoso.onmicrosoft.com",
        "service": "exo",
        "base_url": "https://outlook.office365.com",
        "scope": "https://outlook.office365.com/.default",
        "allowed_hosts": ENVIRONMENTS["O365Default"].allowed_hosts,
        "app_only": True,
    }
    return ConnectionSpec(**(known | changes))


def reply(status: int = 200, body: object = None, **headers: str) -> httpx.Response:
    """`body` as JSON, or bytes as they are. The stream is unread, as from a real connection."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, headers=named, stream=httpx.ByteStream(content))


def rows(*names: str, link: str = "", members: dict[str, Any] | None = None) -> httpx.Response:
    body: dict[str, Any] = {"@adminapi.warnings": [], "value": [{"Name": name} for name in names], **(members or {})}
    return reply(200, body | ({"@odata.nextLink": link} if link else {}))


class ExchangeStub(httpx.BaseTransport):
    """Answers `EXOModuleFile` with `cmdlets` and gives every other request to `handler`."""

    def __init__(self, handler: Handler | None = None, cmdlets: str = "Get-Mailbox,Set-Mailbox") -> None:
        self.handler = handler or (lambda request: rows("one"))
        self.cmdlets = cmdlets
        self.requests: list[httpx.Request] = []
        self.opening: Handler | None = None
        self.is_closed = False

    @property
    def cmdlet_requests(self) -> list[httpx.Request]:
        return [request for request in self.requests if request.method == "POST"]

    def close(self) -> None:
        self.is_closed = True

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        if request.method == "POST":
            return self.handler(request)
        if self.opening:
            return self.opening(request)
        return reply(200, {"value": [{"fileName": "a.psm1", "fileContent": "code", "exportedCmdlets": self.cmdlets}]})


class Broken(httpx.SyncByteStream):
    """A body that breaks off after its first bytes."""

    def __init__(self, start: bytes, error: Exception) -> None:
        self.start, self.error = start, error

    def __iter__(self) -> Iterator[bytes]:
        yield self.start
        raise self.error


def in_turn(*replies: httpx.Response | Exception) -> Handler:
    waiting = list(replies)

    def handler(request: httpx.Request) -> httpx.Response:
        answer = waiting.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler
