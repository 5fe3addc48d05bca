"""The sandbox as a process over HTTPS, with a client that speaks to it as production code does."""

import json
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msal
import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

ROOT = Path(__file__).resolve().parents[3]
EXCHANGE_SCOPE = "https://outlook.office365.com/.default"
COMPLIANCE_SCOPE = "https://ps.compliance.protection.outlook.com/.default"
EXCHANGE_MODULE_CLIENT = "fb78d390-0c51-40cd-8e17-fdbfab77341b"
ORGANIZATIONS = 60


def make_certificate(key: rsa.RSAPrivateKey, *, days: int = 30) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Signalbox")])
    end = datetime.now(UTC) + timedelta(days=days)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(end - timedelta(days=60))
        .not_valid_after(end)
        .sign(key, hashes.SHA256())
    )


def pem_of(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


class _WithPort(requests.adapters.HTTPAdapter):
    """Sends what msal asks of the user realm to the port of the login host, which msal leaves away there."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        request.url = str(request.url).replace("https://localhost/", f"{self._url}/", 1)
        return super().send(request, *args, **kwargs)


@dataclass
class Sandbox:
    """A running sandbox, its state and the registered certificate."""

    url: str
    regional_url: str
    ca_file: str
    http: httpx.Client
    state: dict[str, Any]
    key: rsa.RSAPrivateKey
    certificate: x509.Certificate
    process: "subprocess.Popen[bytes]"
    folder: Path
    clouds: dict[str, dict[str, Any]]

    @property
    def partner(self) -> dict[str, Any]:
        partner: dict[str, Any] = self.state["partner"]
        return partner

    def organizations(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control("GET", "organizations").json()
        return found

    def healthy(self, **wanted: Any) -> dict[str, Any]:
        """The first organization without any trouble that has these members."""
        expected = {"trouble": None, "redirects": False, "relationship": "active", "cloud": "O365Default", **wanted}
        return next(
            o
            for o in self.organizations()
            if all(o[name] == value for name, value in expected.items()) and o["index"] > 0
        )

    def control(self, method: str, path: str, **kwargs: Any) -> httpx.Response:
        return self.http.request(method, f"{self.url}/_sandbox/{path}", **kwargs)

    def fault(self, action: str | dict[str, Any], **match: Any) -> None:
        rule = {"match": match, "action": {"type": action} if isinstance(action, str) else action}
        assert self.control("POST", "faults", json=rule).status_code == 200

    def trouble(self, organization: dict[str, Any], name: str | None) -> None:
        path = f"organizations/{organization['tenant_id']}/trouble"
        assert self.control("POST", path, json={"trouble": name}).status_code == 200

    def ledger(self, **query: Any) -> list[dict[str, Any]]:
        entries: list[dict[str, Any]] = self.control("GET", "ledger", params=query).json()
        return entries

    def credential(self, *, thumbprint_only: bool = False) -> dict[str, Any]:
        """A credential for msal: PS256 with `x5t#S256`, or RS256 with `x5t`."""
        if thumbprint_only:
            return {"private_key": self.key, "thumbprint": self.certificate.fingerprint(hashes.SHA1()).hex()}  # noqa: S303 - x5t is SHA-1
        return {"private_key": self.key, "public_certificate": pem_of(self.certificate)}

    def application(self, tenant: str, credential: Any = None, **kwargs: Any) -> msal.ConfidentialClientApplication:
        session = requests.Session()
        session.verify, session.trust_env = self.ca_file, False
        return msal.ConfidentialClientApplication(
            self.partner["application_id"],
            authority=f"{self.url}/{tenant}",
            client_credential=credential or self.credential(),
            http_client=session,
            instance_discovery=False,
            **kwargs,
        )

    def invoke_compliance(
        self, organization: dict[str, Any], token: str, cmdlet: str, parameters: dict[str, Any] | None = None
    ) -> httpx.Response:
        """Run a Security & Compliance cmdlet as the application: at the regional host, with the anchor it needs."""
        path = f"/adminapi/beta/{organization['tenant_id']}/InvokeCommand"
        anchor = {"X-AnchorMailbox": f"UPN:OAuthUser@{organization['initial_domain']}"}
        front = self.http.get(f"{self.url}{path}", headers={"Authorization": f"Bearer {token}", **anchor})
        return self.invoke(organization, token, cmdlet, parameters, url=front.headers["location"], headers=anchor)

    def public_application(self, tenant: str, client_id: str = EXCHANGE_MODULE_CLIENT) -> msal.PublicClientApplication:
        """The client of the Exchange Online module, or another one without a secret."""
        session = requests.Session()
        session.verify, session.trust_env = self.ca_file, False
        session.mount("https://localhost/", _WithPort(self.url))
        authority = f"{self.url}/{tenant}"
        return msal.PublicClientApplication(
            client_id, authority=authority, http_client=session, instance_discovery=False
        )

    def token(self, organization: dict[str, Any], scope: str = EXCHANGE_SCOPE) -> str:
        """An application token by client secret (cheap)."""
        answer = self.redeem(organization["tenant_id"], scope=scope, grant_type="client_credentials")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    def delegated(self, tenant: str, scope: str) -> httpx.Response:
        token = self.partner["refresh_token"]
        return self.redeem(tenant, scope=scope, grant_type="refresh_token", refresh_token=token)

    def redeem(self, tenant: str, **form: str) -> httpx.Response:
        content = {
            "client_id": self.partner["application_id"],
            "client_secret": self.partner["client_secret"],
            **form,
        }
        return self.http.post(f"{self.url}/{tenant}/oauth2/v2.0/token", data=content)

    def invoke(
        self,
        organization: dict[str, Any],
        token: str,
        cmdlet: str,
        parameters: dict[str, Any] | None = None,
        *,
        url: str = "",
        headers: dict[str, str] | None = None,
        timeout: float = 20,
    ) -> httpx.Response:
        return self.http.post(
            url or f"{self.url}/adminapi/beta/{organization['tenant_id']}/InvokeCommand",
            json={"CmdletInput": {"CmdletName": cmdlet, "Parameters": parameters or {}}},
            headers={
                "Authorization": f"Bearer {token}",
                "X-CmdletName": cmdlet,
                "X-AnchorMailbox": f"APP:SystemMailbox{{bb558c35}}@{organization['tenant_id']}",
                **(headers or {}),
            },
            timeout=timeout,
        )


def start_sandbox(folder: Path, *extra: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "portal.sandbox", "--port", "0", "--data", str(folder), "--seed", "7", *extra]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE)


def wait_until_ready(process: "subprocess.Popen[bytes]", folder: Path) -> dict[str, Any]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert b"ready" in line, line
    content: dict[str, Any] = json.loads((folder / "ready.json").read_text())
    return content


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder = tmp_path_factory.mktemp("sandbox")
    process = start_sandbox(folder, "--organizations", str(ORGANIZATIONS))
    try:
        ready = wait_until_ready(process, folder)
        context = ssl.create_default_context(cafile=ready["ca_file"])
        key = rsa.generate_private_key(65537, 2048)
        certificate = make_certificate(key)
        with httpx.Client(verify=context, trust_env=False, timeout=20) as client:
            state = client.get(f"{ready['url']}/_sandbox/state").json()
            sandbox = Sandbox(
                ready["url"],
                ready["regional_url"],
                ready["ca_file"],
                client,
                state,
                key,
                certificate,
                process,
                folder,
                ready["clouds"],
            )
            path = f"apps/{state['partner']['application_id']}/certificates"
            assert sandbox.control("POST", path, content=pem_of(certificate)).status_code == 200
            yield sandbox
    finally:
        process.terminate()
        process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def sandbox(running_sandbox: Sandbox) -> Sandbox:
    """The sandbox in its first state; cookies of earlier tests forgotten."""
    running_sandbox.control("POST", "reset")
    running_sandbox.http.cookies.clear()
    return running_sandbox


def wait_for(condition: Any, seconds: float = 5) -> bool:
    """Poll a condition until it holds or the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


@pytest.fixture
def organization(sandbox: Sandbox) -> dict[str, Any]:
    return sandbox.healthy()


@pytest.fixture
def token(sandbox: Sandbox, organization: dict[str, Any]) -> str:
    return sandbox.token(organization)
