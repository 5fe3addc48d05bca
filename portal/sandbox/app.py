"""The ASGI application: dispatch by path, faults, latency, and answers that break off on purpose."""

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from portal.sandbox import tokens
from portal.sandbox.cloud import Cloud
from portal.sandbox.control import Control
from portal.sandbox.doors import CLOUD_OF, DIRECTORY_OF, Door, Doors
from portal.sandbox.exchange import PATH as EXCHANGE_PATH
from portal.sandbox.exchange import Exchange, read_call
from portal.sandbox.faults import AFTER, BEFORE, Call, Rule, answer_after, answer_before
from portal.sandbox.graph import Graph
from portal.sandbox.http import Request, Response
from portal.sandbox.login.control import LoginControl
from portal.sandbox.login.service import Login
from portal.sandbox.managed_identity import PATHS, ManagedIdentity
from portal.sandbox.partner_center import PartnerCenter
from portal.sandbox.server import abort
from portal.sandbox.tokens import MAIL_RESOURCES

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

LOGIN, GRAPH, EXCHANGE, PARTNER_CENTER, CONTROL = "login", "graph", "exchange", "partner_center", "control"
MANAGED_IDENTITY = "managed_identity"
ACCEPTED = {EXCHANGE: MAIL_RESOURCES, GRAPH: {tokens.GRAPH}, PARTNER_CENTER: {tokens.PARTNER_CENTER}}
"""The resources whose tokens a service takes; the others take none."""


class SandboxApp:
    """One application for all services; the path decides which service answers."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._login = Login(cloud)
        self._graph = Graph(cloud)
        self._exchange = Exchange(cloud)
        self._partner_center = PartnerCenter(cloud)
        self._control = Control(cloud)
        self._managed_identity = ManagedIdentity(cloud)
        self._login_control = LoginControl(cloud, self._login, self._managed_identity)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        request = await _read(scope, receive, self.cloud.doors)
        response = await self._answer(request)
        await _send(response, scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        service = service_of(request.path)
        if service == CONTROL and request.door is Door.WORLDWIDE:
            return self._login_control.handle(request) or self._control.handle(request)
        self._note_misdirected(service, request)
        tenant = self._tenant(service, request)
        self.cloud.waits.note_call(tenant, time.monotonic())
        if self.cloud.latency:
            await asyncio.sleep(self.cloud.latency)
        response = await self._serve_or_fail(service, request)
        self.cloud.waits.note_answer(tenant, response, time.monotonic())
        return response

    async def _serve_or_fail(self, service: str, request: Request) -> Response:
        rule = self._rule(service, request) if self.cloud.faults.rules else None
        if rule is None:
            return await self._serve(service, request, None)
        if rule.type == "delay":
            await asyncio.sleep(float(rule.action["seconds"]))
        if rule.type in BEFORE:
            instead = answer_before(rule, self.cloud.tokens.read(request.bearer) if request.bearer else None)
            if instead is not None:
                return self._not_executed(service, request, rule, instead)
            return await self._serve(service, request, None)
        response = await self._serve(service, request, rule)
        return answer_after(rule, response) if rule.type in AFTER else response

    async def _serve(self, service: str, request: Request, rule: Rule | None) -> Response:
        if not _is_behind(service, request.door):
            if request.bearer:
                self.cloud.violation("bearer_at_a_host_without_the_service")
            return Response(404)
        if service == EXCHANGE:
            return await self._exchange.handle(request, rule)
        if service == GRAPH:
            return self._graph.handle(request)
        if service == PARTNER_CENTER:
            return self._partner_center.handle(request)
        if service == MANAGED_IDENTITY:
            return self._managed_identity.handle(request)
        return self._login.handle(request, revoked=rule is not None and rule.type == "revoke_rt")

    def _note_misdirected(self, service: str, request: Request) -> None:
        """Count a token that was sent to a service that it is not for."""
        claims = self.cloud.tokens.read(request.bearer) if request.bearer else None
        resource = tokens.resource_of(claims["aud"]) if claims else None
        if claims and resource not in ACCEPTED.get(service, frozenset()):
            self.cloud.violation(f"{resource}_token_at_{service}")

    def _rule(self, service: str, request: Request) -> Rule | None:
        cmdlet = ""
        if service == EXCHANGE:
            cmdlet = request.headers.get("x-cmdletname") or read_call(request)[0] or ""
        tenant = self._tenant(service, request)
        return self.cloud.faults.find(Call(service, request.host, request.path, request.method, cmdlet, tenant))

    def _tenant(self, service: str, request: Request) -> str:
        """Return the id of the tenant that a request is about, as it was written if there is no such tenant."""
        tenant = ""
        if service == EXCHANGE:
            match = EXCHANGE_PATH.match(request.path)
            tenant = match.group(2) if match else ""
        elif service == LOGIN:
            tenant = request.path.split("/")[1]
        elif request.bearer:
            tenant = (self.cloud.tokens.read(request.bearer) or {}).get("tid", "")
        organization = self.cloud.find(tenant)
        return organization.tenant_id if organization else tenant

    def _not_executed(self, service: str, request: Request, rule: Rule, response: Response) -> Response:
        if service == EXCHANGE:
            self._exchange.record_fault(request, rule.type, response)
        elif service == LOGIN:
            self._login.record_fault(request, rule.type, response)
        elif service == MANAGED_IDENTITY:
            self._managed_identity.log(request, str(response.status) if response.status else rule.type)
        return response


def _is_behind(service: str, door: Door) -> bool:
    if service == MANAGED_IDENTITY:
        return door is Door.MANAGED_IDENTITY
    if service == LOGIN:
        return door in DIRECTORY_OF
    if service == EXCHANGE:
        return door in CLOUD_OF
    return door in (Door.WORLDWIDE, Door.GCC_HIGH, Door.DOD, Door.CHINA) and service != CONTROL


def service_of(path: str) -> str:
    """Which service a path belongs to; the paths of the real hosts do not collide."""
    lowered = path.lower()
    if lowered.startswith("/adminapi/"):
        return EXCHANGE
    if path.startswith("/_sandbox/"):
        return CONTROL
    if path in PATHS:
        return MANAGED_IDENTITY
    if lowered.startswith(("/v1/customers", "/v1/")):
        return PARTNER_CENTER
    return GRAPH if lowered.startswith(("/v1.0/", "/beta/")) else LOGIN


async def _read(scope: Scope, receive: Receive, doors: Doors) -> Request:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    door = doors.at(scope["server"][1])
    return Request(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, body, door)


async def _send(response: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if response.cut == "hold":
        await _until_gone(receive)
        return
    if response.cut == "reset":
        abort(scope)
        await _until_gone(receive)
        return
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if response.cut == "truncate":
        await send({"type": "http.response.body", "body": response.body[: len(response.body) // 2], "more_body": True})
        abort(scope, politely=True)
        await _until_gone(receive)
        return
    await send({"type": "http.response.body", "body": response.body})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
