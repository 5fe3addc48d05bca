"""The simulated Microsoft cloud as a process of its own, spoken to as production speaks to Microsoft."""

import json
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from jobs.exchange.spec import ConnectionSpec
from portal.core.secrets.secret import Secret
from tenants.microsoft.environments import ENVIRONMENTS, Environment, with_base_urls
from tenants.microsoft.http import LoginHttp, light_client
from tenants.tokens.app_only import AppOnlyTokens
from tenants.tokens.applications import Application, MsalApplications
from tenants.tokens.delegated import DelegatedTokens
from tests.tenants.tokens.login_stub import make_certificate

ROOT = Path(__file__).parents[3]


class SimulatedCloud:
    """One running simulator, with a certificate registered for the Partner's application."""

    def __init__(self, ready: dict[str, Any]) -> None:
        self.url: str = ready["url"]
        self.clouds: dict[str, dict[str, Any]] = ready["clouds"]
        self.ca_file: str = ready["ca_file"]
        self.client: httpx.Client = light_client(ca_file=self.ca_file)
        self.partner = self.control("GET", "state")["partner"]
        certificate = make_certificate()
        self.application = Application(self.partner["application_id"], certificate)
        path = f"apps/{self.application.application_id}/certificates"
        self.control("POST", path, content=certificate.pem)
        self.msal = MsalApplications(LoginHttp(ca_file=self.ca_file))

    @property
    def environment(self) -> Environment:
        return self.environment_named("O365Default")

    def environment_named(self, name: str) -> Environment:
        urls = {address: url or None for address, url in self.clouds[name].items() if address.endswith("_url")}
        changed = with_base_urls(ENVIRONMENTS[name], **urls)
        return with_base_urls(changed, allowed_hosts=changed.allowed_hosts | set(self.clouds[name]["redirect_hosts"]))

    def control(self, method: str, path: str, **options: Any) -> Any:
        response = self.client.request(method, f"{self.url}/_sandbox/{path}", **options)
        response.raise_for_status()
        return response.json()

    def organizations(self, **wanted: object) -> list[dict[str, Any]]:
        every: list[dict[str, Any]] = self.control("GET", "organizations")
        return [o for o in every if all(o[name] == value for name, value in wanted.items())]

    def app_only_tokens(self) -> AppOnlyTokens:
        return AppOnlyTokens(self.environment, self.application, self.msal)

    def delegated_tokens(self) -> DelegatedTokens:
        stored = self.partner["refresh_token"]
        return DelegatedTokens(self.environment, self.application, self.msal, refresh_token=lambda: Secret(stored))

    def spec(self, organization: dict[str, Any], **changes: Any) -> ConnectionSpec:
        known: dict[str, Any] = {
            "tenant_id": organization["tenant_id"],
            "initial_domain": organization["initial_domain"],
            "service": "exo",
            "base_url": self.url,
            "scope": self.environment.exchange_scope,
            "allowed_hosts": self.environment.allowed_hosts,
            "app_only": True,
            "ca_file": self.ca_file,
        }
        return ConnectionSpec(**(known | changes))


@contextmanager
def simulated_cloud(folder: Path) -> Iterator[SimulatedCloud]:
    """Start the simulator on a free port of the loopback interface and stop it afterwards."""
    command = [sys.executable, "-m", "portal.sandbox", "--port", "0", "--data", str(folder)]
    command += ["--organizations", "20", "--seed", "7", "--trouble", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert select.select([process.stdout], [], [], 60)[0], "the simulator does not start"
            process.stdout.readline()
            cloud = SimulatedCloud(json.loads((folder / "ready.json").read_text()))
            yield cloud
            cloud.client.close()
        finally:
            process.terminate()
