"""The product's own processes connect to Microsoft's clouds and to what their settings name, and nowhere else."""

import ast
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from portal.core.egress import hosts
from portal.core.secrets.root_keys.https import GuardedSession, VaultHttp
from tenants.microsoft.environments import published_hosts
from tenants.microsoft.http import LoginHttp, light_client
from tests.conventions.test_conventions import PRODUCT
from tests.live import ROOT

OPENERS = {
    "tenants/microsoft/connections.py": "asks require_allowed before each",
    "tenants/microsoft/http.py": "clients over those connections",
    "portal/core/egress/webhooks.py": "asks for public addresses",
    "portal/core/secrets/root_keys/https.py": "asks require_allowed before each request",
    "portal/core/secrets/root_keys/azure_key_vault.py": "signs in over a guarded session",
    "tenants/demo.py": "loads the simulated cloud's demo, refused in production",
}
CLIENTS = {
    "requests",
    "urllib3",
    "aiohttp",
    "http.client",
    "urllib.request",
    "smtplib",
    "ftplib",
    "imaplib",
    "poplib",
    "telnetlib",
    "xmlrpc.client",
    "asyncio",
    "websockets",
    "websocket",
    "paramiko",
    "pycurl",
}
OPENING = {
    *(
        "httpx.Client",
        "httpx.AsyncClient",
        "httpx.HTTPTransport",
        "httpx.AsyncHTTPTransport",
        "httpx.get",
        "httpx.post",
    ),
    *("httpx.put", "httpx.patch", "httpx.delete", "httpx.head", "httpx.options", "httpx.request", "httpx.stream"),
    *("socket.create_connection", "socket.socket", "ssl.wrap_socket", "socket.create_server"),
}


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    server = socket.create_server(("127.0.0.1", 0))
    came: list[object] = []

    def take() -> None:
        with suppress(OSError):
            while True:
                came.append(server.accept())

    threading.Thread(target=take, daemon=True).start()
    yield server
    server.close()
    assert came == []


@pytest.fixture
def as_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_allowed", set())
    hosts.allow(published_hosts())


@pytest.mark.usefixtures("as_in_production")
def test_no_client_of_microsoft_connects_elsewhere(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    places = [
        *(
            f"http://127.0.0.1:{port}/",
            f"https://127.0.0.1:{port}/",
            f"http://localhost:{port}/",
            f"http://[::1]:{port}/",
        ),
        *(f"https://login.microsoftonline.com:{port}/", f"http://login.microsoftonline.com:{port}/"),
        *("http://login.microsoftonline.com/", "https://login.microsoftonline.com.evil.example/"),
        *("https://evil-ps.compliance.protection.outlook.com/", "https://outlook.office365.com@evil.example/"),
        *("https://evil.example/outlook.office365.com", "https://169.254.169.254/", "http://169.254.169.254/metadata"),
        "https://outlook.office365.com.:443/",
    ]
    for place in places:
        with light_client() as client, pytest.raises(httpx.ConnectError, match="does not connect to"):
            client.get(place)
        with pytest.raises(httpx.ConnectError, match="does not connect to"):
            LoginHttp().post(place, data={"client_assertion": "x"})
    print(f"\n{len(places)} places x 2 clients (msal's too): 0 connections")


@pytest.mark.usefixtures("as_in_production")
@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("login.microsoftonline.com", 443),
        ("LOGIN.MicrosoftOnline.com", 443),
        ("login.partner.microsoftonline.cn", 443),
        ("graph.microsoft.com", 443),
        ("outlook.office365.us", 443),
        ("nam06b.ps.compliance.protection.outlook.com", 443),
    ],
)
def test_microsofts_hosts_are_allowed(host: str, port: int) -> None:
    hosts.require_allowed("https", host, port)


@pytest.mark.usefixtures("as_in_production")
def test_what_the_settings_name_is_allowed_exactly() -> None:
    hosts.allow(["vault.azure.example", ".keys.example"])
    hosts.allow_urls(["https://cloud.example:8443/x", "http://169.254.169.254", ""])
    for allowed in (("https", "vault.azure.example", 443), ("https", "a.keys.example", 443)):
        hosts.require_allowed(*allowed)
    hosts.require_allowed("https", "cloud.example", 8443)
    hosts.require_allowed("http", "169.254.169.254", 80)
    for refused in (
        *(("https", "vault.azure.example", 444), ("http", "vault.azure.example", 443), ("https", "keys.example", 443)),
        *(("https", "cloud.example", 443), ("http", "cloud.example", 8443), ("http", "169.254.169.254", 8080)),
    ):
        with pytest.raises(hosts.EgressRefused):
            hosts.require_allowed(*refused)


def test_nothing_else_of_the_product_opens_connections() -> None:
    found = []
    for path in PRODUCT:
        if str(path) in OPENERS:
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
            found += [f"{path}:{getattr(node, 'lineno', 0)} {name}" for name in names if name in CLIENTS]
            if isinstance(node, ast.Attribute) and ast.unparse(node) in OPENING and not _is_type(path.as_posix(), node):
                found.append(f"{path}:{node.lineno} {ast.unparse(node)}")
    assert found == []
    assert all((ROOT / path).is_file() for path in OPENERS)


def _is_type(path: str, node: ast.Attribute) -> bool:
    """Whether the name only says of which type something is."""
    calls = [n for n in ast.walk(ast.parse((ROOT / path).read_text())) if isinstance(n, ast.Call)]
    return not any(
        isinstance(n.func, ast.Attribute) and n.func.lineno == node.lineno and n.func.col_offset == node.col_offset
        for n in calls
    )


def test_key_vaults_are_spoken_to_where_the_settings_say_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_allowed", set())
    vault = VaultHttp("https://vault.example:8200", ca_file="")
    assert hosts._allowed == {"vault.example:8200"}
    hosts._allowed.clear()
    with pytest.raises(hosts.EgressRefused):
        vault.ask("GET", "/", headers={})
    with pytest.raises(hosts.EgressRefused):
        GuardedSession().get("https://login.example/token")
