"""The Exchange admin API: authentication, routing and InvokeCommand (exchange-protocol.md 3)."""

import re
import time
import uuid
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime

from portal.sandbox import access, module_file, paging
from portal.sandbox.batch import run_batch
from portal.sandbox.cloud import Cloud
from portal.sandbox.compliance import divert
from portal.sandbox.doors import COMPLIANCE_DOORS
from portal.sandbox.engine import verbs
from portal.sandbox.engine.binding import bind
from portal.sandbox.engine.catalogue import Cmdlet
from portal.sandbox.engine.secret_values import check_secrets
from portal.sandbox.errors import CmdletError, cmdlet_error, invalid_operation, nul_403, warnings_members
from portal.sandbox.faults import Rule
from portal.sandbox.http import Json, Request, Response, json_response
from portal.sandbox.tokens import COMPLIANCE, resource_of
from portal.sandbox.world.organizations import Organization

PATH = re.compile(r"^/adminapi/(beta|v1\.0)/([^/]+)(?:/([^/?]+))?/?$", re.IGNORECASE)
COOKIE = "exchangecookie"
_COOKIES = re.compile(r"exchangecookie=([0-9a-f-]{36})\.(be\d)")


@dataclass(slots=True)
class Context:
    """One authenticated request to an organization."""

    request: Request
    organization: Organization
    claims: Json
    route: paging.Route
    rule: Rule | None

    @property
    def is_compliance(self) -> bool:
        """Whether the token is for Security & Compliance."""
        return resource_of(self.claims["aud"]) == COMPLIANCE

    @property
    def services(self) -> frozenset[str]:
        """Services that the token opens: Security & Compliance, or Exchange Online with its protection."""
        return frozenset({"scc"}) if self.is_compliance else frozenset({"exo", "eop"})


class Exchange:
    """Answers everything under `/adminapi/`."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def handle(self, request: Request, rule: Rule | None) -> Response:
        """Answer one request; `rule` is the fault that applies to it, if any."""
        match = PATH.match(request.path)
        if match is None:
            return Response(404)
        version, tenant, endpoint = match.group(1).lower(), match.group(2), (match.group(3) or "").lower()
        organization = self._cloud.find(tenant)
        claims, refusal = access.authenticate(self._cloud, request, organization)
        if refusal is not None or organization is None or claims is None:
            return self._refused(request, tenant, claims, refusal or Response(404))
        context = Context(request, organization, claims, self._route(request, organization), rule)
        if context.is_compliance:
            diverted = divert(self._cloud, request, organization, claims)
            if diverted is not None:
                return self._refused(request, tenant, claims, diverted)
        elif request.door in COMPLIANCE_DOORS:
            self._cloud.violation("exchange_token_at_compliance")
            return self._refused(request, tenant, claims, Response(404))
        elif self._is_redirected(context):
            location = f"https://127.0.0.1:{request.host.rpartition(':')[2]}{request.path}"
            query = f"?{request.query_string}" if request.query_string else ""
            return self._refused(request, tenant, claims, Response(302, b"", [("location", location + query)]))
        response = await self._dispatch(context, version, endpoint)
        return self._finish(context, response)

    async def _dispatch(self, context: Context, version: str, endpoint: str) -> Response:
        request = context.request
        if endpoint == "invokecommand":
            if request.method != "POST":
                return Response(405, b"", [("allow", "POST")])
            refusal = await access.admit(self._cloud, context.organization)
            if refusal is not None:
                return self._refused(request, context.organization.tenant_id, context.claims, refusal)
            return self._invoke(context, version)
        if endpoint == "$batch" and request.method == "POST":
            return await run_batch(request, self.handle, context.rule, self._cloud.random)
        if endpoint == "exomodulefile" and request.method == "GET":
            return module_file.answer(self._cloud, context.organization, context.claims, request, context.services)
        if endpoint.startswith("exobanner"):
            return json_response(200, {"value": "Signalbox sandbox"})
        return Response(404)

    def _invoke(self, context: Context, version: str) -> Response:
        cloud, request, organization = self._cloud, context.request, context.organization
        name, parameters = read_call(request)
        if name is None or parameters is None:
            error = CmdletError("Microsoft.OData.ODataException", "The request body is not a valid CmdletInput.")
            return self._record(context, str(name), {}, invalid_operation(error, details=False), executed=False)
        cmdlet = cloud.catalogue.find(name)
        refusal = self._refusal(context, cmdlet, name)
        if refusal is not None or cmdlet is None:
            return self._record(context, name, parameters, refusal or nul_403(), executed=False)
        executed = False
        try:
            query = paging.Query(organization.tenant_id, name, f"{zlib.crc32(request.body):x}")
            cursor = request.query.get("$skiptoken")
            lost = context.rule is not None and context.rule.type in {"expire_cursor", "flip_backend"}
            offset = paging.read_cursor(cursor, query, context.route, flipped=lost) if cursor else 0
            check_secrets(cmdlet, parameters, self._cloud.module_key)
            bound = bind(cmdlet, parameters, context.services)
            if (bound.confirm or bound.what_if) and cmdlet.confirms:
                body = _confirmation(request, version, organization, cmdlet, what_if=bound.what_if)
                return self._record(context, name, parameters, json_response(200, body), executed=False)
            answer = verbs.run(cloud.store(organization), cmdlet, bound)
            executed = True
            response = json_response(200, self._page(context, version, query, answer, offset))
        except CmdletError as error:
            expired = error.text == paging.EXPIRED
            response = invalid_operation(error, details=False) if expired else cmdlet_error(error)
        return self._record(context, name, parameters, response, executed=executed)

    def _refusal(self, context: Context, cmdlet: Cmdlet | None, name: str) -> Response | None:
        if cmdlet is None or not cmdlet.serves(context.services):
            return access.role_refusal(self._cloud, context.organization, context.claims, None, name) or nul_403()
        return access.role_refusal(self._cloud, context.organization, context.claims, cmdlet, cmdlet.name)

    def _page(self, context: Context, version: str, query: paging.Query, answer: verbs.Answer, offset: int) -> Json:
        request, organization = context.request, context.organization
        select = [part.strip() for part in request.query.get("$select", "").split(",") if part.strip()]
        end = offset + paging.page_size(request.headers.get("prefer", ""))
        rows = answer.rows[offset:end]
        base = f"{request.base_url}/adminapi/{version}/{organization.tenant_id}"
        last = end >= len(answer.rows)
        body: Json = {
            "@odata.context": f"{base}/$metadata#Collection(Exchange.GenericHashTable)",
            **warnings_members(answer.warnings if last else []),
        }
        if not last:
            first_backend = context.route.backend or self._affinity(context)
            cursor = paging.make_cursor(query, context.route, end, first_backend)
            chosen = f"%24select={','.join(select)}&" if select else ""
            body["@odata.nextLink"] = f"{base}/InvokeCommand?{chosen}%24skiptoken={cursor}"
        body["value"] = [verbs.shown(row, select) for row in rows] if select else rows
        return body

    def _route(self, request: Request, organization: Organization) -> paging.Route:
        cookie = _COOKIES.search(request.headers.get("cookie", ""))
        if cookie and cookie.group(1) != organization.tenant_id:
            self._cloud.violation("cookie_of_another_tenant")
            cookie = None
        return paging.Route(request.headers.get("x-anchormailbox", ""), cookie.group(2) if cookie else "")

    def _affinity(self, context: Context) -> str:
        """Backend that the affinity cookie of a new connection names."""
        return paging.backend_of(context.request.headers.get("connection-id", context.organization.tenant_id))

    def _is_redirected(self, context: Context) -> bool:
        organization = context.organization
        if not organization.redirects or organization.redirected or context.request.host.startswith("127.0.0.1"):
            return False
        organization.redirected = True
        return True

    def _finish(self, context: Context, response: Response) -> Response:
        headers = context.request.headers
        backend = context.route.backend or self._affinity(context)
        response.headers += [
            ("request-id", str(uuid.uuid4())),
            ("client-request-id", headers.get("client-request-id", "")),
            ("x-calculatedbetarget", f"{backend}.{context.organization.country.region.lower()}.prod.outlook.com"),
        ]
        if not context.route.cookie_backend:
            cookie = f"{COOKIE}={context.organization.tenant_id}.{backend}; path=/; secure; HttpOnly"
            response.headers.append(("set-cookie", cookie))
        throttle = self._cloud.throttle
        if throttle is not None:
            reset = datetime.fromtimestamp(time.time() + 1, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            response.headers += [
                ("rate-limit-limit", str(int(throttle.burst))),
                ("rate-limit-remaining", str(max(0, int(context.organization.tokens)))),
                ("rate-limit-reset", reset),
            ]
        return response

    def _refused(self, request: Request, tenant: str, claims: Json | None, response: Response) -> Response:
        """Record a request that never reached a cmdlet."""
        if request.path.lower().endswith("/invokecommand"):
            name, parameters = read_call(request)
            organization = self._cloud.find(tenant)
            known = organization.tenant_id if organization else tenant
            self._write(request, known, claims, name or "", parameters or {}, str(response.status), executed=False)
        return response

    def record_fault(self, request: Request, fault: str, response: Response) -> None:
        """Record a request that a fault answered instead of us."""
        match = PATH.match(request.path)
        if match and (match.group(3) or "").lower() == "invokecommand":
            organization = self._cloud.find(match.group(2))
            tenant = organization.tenant_id if organization else match.group(2)
            name, parameters = read_call(request)
            claims = self._cloud.tokens.read(request.bearer) if request.bearer else None
            answered = str(response.status) if response.status else fault
            self._write(request, tenant, claims, name or "", parameters or {}, answered, executed=False)

    def _record(self, context: Context, name: str, parameters: Json, response: Response, *, executed: bool) -> Response:
        fault = context.rule.type if context.rule else ""
        answered = fault if fault.startswith(("execute_", "truncate", "bad_")) else str(response.status)
        tenant = context.organization.tenant_id
        self._write(context.request, tenant, context.claims, name, parameters, answered, executed=executed)
        return response

    def _write(
        self,
        request: Request,
        tenant: str,
        claims: Json | None,
        name: str,
        parameters: Json,
        answered: str,
        *,
        executed: bool,
    ) -> None:
        who = claims or {}
        self._cloud.ledger.append(
            {
                "tenant": tenant,
                "cmdlet": name,
                "parameters": parameters,
                "application_id": who.get("appid", ""),
                "object_id": who.get("oid", ""),
                "client_request_id": request.headers.get("client-request-id", ""),
                "connection_id": request.headers.get("connection-id", ""),
                "anchor": request.headers.get("x-anchormailbox", ""),
                "page": "skiptoken" in request.query_string,
                "executed": executed,
                "answered": answered,
            }
        )


def read_call(request: Request) -> tuple[str | None, Json | None]:
    """Name and parameters of an InvokeCommand body, `None` where they are missing."""
    body = request.json()
    call = body.get("CmdletInput") if isinstance(body, dict) else None
    if not isinstance(call, dict) or not isinstance(call.get("CmdletName"), str):
        return None, None
    parameters = call.get("Parameters")
    return call["CmdletName"], parameters if isinstance(parameters, dict) else None


def _confirmation(request: Request, version: str, organization: Organization, cmdlet: Cmdlet, *, what_if: bool) -> Json:
    verb = "What if: Performing" if what_if else "Are you sure you want to perform this action? Performing"
    message = f'{verb} the operation "{cmdlet.name}" on target "{organization.initial_domain}".'
    base = f"{request.base_url}/adminapi/{version}/{organization.tenant_id}"
    return {
        "@odata.context": f"{base}/$metadata#Collection(Exchange.GenericHashTable)",
        **warnings_members([]),
        "@adminapi.confirmationmessage": message,
        "value": [],
    }
