"""What opening a connection costs our own code, cold and warm, and what a thousand organizations cost in memory."""

import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID, uuid4

import httpx
import orjson

from jobs.exchange.connection import connect
from jobs.exchange.spec import ConnectionSpec
from tenants.demo import register_certificate
from tenants.microsoft.environments import ENVIRONMENTS
from tenants.microsoft.http import LoginHttp
from tenants.profiles.microsoft import environment_named
from tenants.tokens.app_only import AppOnlyTokens
from tenants.tokens.applications import Application, MsalApplications
from tests.live import Sandbox
from tests.tenants.tokens.login_stub import LoginStub, make_certificate

OPENINGS = 1000
THREADS = 20
MICROSECONDS = 1e6
_MODULE = orjson.dumps({"value": [{"fileName": "x.psm1", "fileContent": "x", "exportedCmdlets": "Get-AcceptedDomain"}]})


class Canned(httpx.BaseTransport):
    """Answers every opening alike, without a network."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the module file."""
        return httpx.Response(200, stream=httpx.ByteStream(_MODULE))


def main(sandbox: Sandbox) -> None:
    """Print the figures."""
    print("Opening a connection")
    _warm()
    _memory()
    _cold(sandbox)


def _warm() -> None:
    environment = ENVIRONMENTS["O365Default"]
    certificate = make_certificate()
    http = LoginHttp(transport=LoginStub(certificate))
    tokens = AppOnlyTokens(environment, Application(str(uuid4()), certificate), MsalApplications(http))
    places = [str(uuid4()) for _ in range(OPENINGS)]
    for place in places:
        tokens.acquire(place, environment.exchange_scope)
    transport = Canned()
    bare = _cpu(lambda place: _bare(transport, place), places)
    whole = _cpu(lambda place: _open(tokens, place, transport), places)
    print(
        f"  warm: {whole:.0f} µs of CPU for a whole opening and closing, {bare:.0f} µs of them for one bare httpx "
        f"exchange with the same answer: {whole - bare:.0f} µs are ours ({OPENINGS} openings, canned transport)"
    )


def _cpu(work: Callable[[str], None], places: list[str]) -> float:
    work(places[0])
    began = time.process_time()
    for place in places:
        work(place)
    return (time.process_time() - began) / len(places) * MICROSECONDS


def _bare(transport: httpx.BaseTransport, place: str) -> None:
    with httpx.Client(transport=transport, trust_env=False) as client:
        client.get(f"https://outlook.office365.com/AdminApi/v1.0/{place}/EXOModuleFile").read()


def _open(tokens: AppOnlyTokens, place: str, transport: httpx.BaseTransport | None = None, **more: Any) -> None:
    environment = more.pop("environment", ENVIRONMENTS["O365Default"])
    service = more.pop("service", "exo")
    scope = str(environment.compliance_scope if service == "scc" else environment.exchange_scope)
    spec = ConnectionSpec(
        tenant_id=place,
        initial_domain=more.pop("initial_domain", "contoso.onmicrosoft.com"),
        service=service,
        base_url=str(environment.compliance_url if service == "scc" else environment.exchange_url),
        scope=scope,
        allowed_hosts=environment.allowed_hosts,
        app_only=True,
        **more,
    )
    acquire = tokens.acquire
    command = "Get-ProtectionAlert" if service == "scc" else "Get-AcceptedDomain"
    with connect(spec, lambda claims: acquire(place, scope, claims=claims), commands=[command], transport=transport):
        pass


def _memory() -> None:
    environment, certificate = ENVIRONMENTS["O365Default"], make_certificate()
    stub = LoginStub(certificate)
    tracemalloc.start()
    applications = MsalApplications(LoginHttp(transport=stub))
    tokens = AppOnlyTokens(environment, Application(str(uuid4()), certificate), applications)
    tokens.acquire(str(uuid4()), environment.exchange_scope)
    before = tracemalloc.get_traced_memory()[0]
    for _ in range(OPENINGS):
        tokens.acquire(str(uuid4()), environment.exchange_scope)
        stub.forms.clear()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    print(f"  memory: {grown / 2**20:.1f} MiB for the tokens and msal objects of {OPENINGS:,} organizations")


def _cold(sandbox: Sandbox) -> None:
    places = [o for o in sandbox.control("GET", "organizations") if o["cloud"] == "O365Default"][:OPENINGS]
    application = Application(sandbox.control("GET", "state")["partner"]["application_id"], make_certificate())
    assert application.certificate
    register_certificate(sandbox.url, UUID(application.application_id), application.certificate.pem)
    tokens = AppOnlyTokens(
        environment_named("O365Default"), application, MsalApplications(LoginHttp(ca_file=sandbox.ca_file))
    )
    logins = len(sandbox.control("GET", "logins"))
    began, cpu = time.monotonic(), time.process_time()

    def both(place: dict[str, Any]) -> None:
        for service in ("exo", "scc"):
            _open(
                tokens,
                place["tenant_id"],
                environment=environment_named("O365Default"),
                service=service,
                initial_domain=place["initial_domain"],
                ca_file=sandbox.ca_file,
            )

    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(both, places))
    wall, used = time.monotonic() - began, time.process_time() - cpu
    new = Counter((entry["tenant"], entry["scope"]) for entry in sandbox.control("GET", "logins")[logins:])
    regions = sandbox.control("GET", "discoveries")
    print(
        f"  cold: {len(places):,} organizations, both services, {THREADS} threads: {wall:.1f} s, {used:.1f} s of CPU; "
        f"most token requests of an organization and service {max(new.values())}, most Security & Compliance "
        f"discoveries of an organization {max(regions.values())}; msal adds one OpenID configuration each"
    )
