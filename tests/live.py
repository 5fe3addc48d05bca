"""The real parts around the engine: the simulated cloud over HTTPS, Celery workers, the web server, each a process."""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from django.conf import settings as django_settings
from django.db import connection

from jobs.dispatch.clerk import clerk
from jobs.dispatch.plans import frozen_plan
from portal.local import environment as local
from portal.local.commands import argv
from tenants.demo import connect_national_partners, create_people, register_certificate
from tenants.microsoft.http import close_thread_connections, light_client
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.partner.services import store_partner_sign_in
from tenants.profiles import microsoft
from tenants.profiles.services import add_default_profile
from tenants.profiles.token_sources import SOURCES
from tests.factories import SYSTEM, make_app_registration

ROOT = Path(__file__).parents[1]
PATIENCE_SECONDS = 60.0


def wait_for(condition: Callable[[], Any], *, seconds: float = PATIENCE_SECONDS, what: str = "it") -> Any:
    """Ask until `condition` is true and return what it returned; fail when that takes too long."""
    deadline = time.monotonic() + seconds
    while not (answer := condition()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain for {what}"
        time.sleep(0.05)
    return answer


def closed_port() -> int:
    """A port of this machine on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Sandbox:
    """A running simulated cloud and its control endpoints."""

    url: str
    clouds: dict[str, dict[str, Any]]
    ca_file: str
    process: subprocess.Popen[bytes]
    client: httpx.Client
    managed_identity_url: str = ""

    def control(self, method: str, path: str, **options: Any) -> Any:
        response = self.client.request(method, f"{self.url}/_sandbox/{path}", **options)
        response.raise_for_status()
        return response.json() if response.content else None

    def executions(self, cmdlet: str) -> list[dict[str, Any]]:
        """The ledger's entries of a cmdlet that was really carried out, oldest first."""
        entries: list[dict[str, Any]] = []
        while True:
            since = entries[-1]["seq"] if entries else 0
            found = self.control("GET", f"ledger?cmdlet={cmdlet}&since={since}")
            found = found["entries"] if isinstance(found, dict) else found
            if not found:
                return [entry for entry in entries if entry["executed"]]
            entries += found

    def environment(self) -> dict[str, str]:
        """What a process needs to speak to this cloud instead of Microsoft."""
        return local.Sandbox(
            self.url, self.clouds, Path(self.ca_file), self.process.pid, self.managed_identity_url
        ).variables

    def lead_here(self, settings: Any) -> None:
        """Let the settings of this process lead to this cloud."""
        settings.MICROSOFT_BASE_URLS = {
            name: {address: cloud.get(address, "") for address in settings.ADDRESSES}
            for name, cloud in self.clouds.items()
        }
        settings.EXCHANGE_REDIRECT_HOSTS = {name: cloud["redirect_hosts"] for name, cloud in self.clouds.items()}
        settings.MICROSOFT_CA_FILE = self.ca_file


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """Start the simulated cloud with 300 worldwide and 13 national organizations, once per test process."""
    folder = tmp_path_factory.mktemp("sandbox")
    command = [sys.executable, "-m", "portal.sandbox", "--port", "0", "--data", str(folder)]
    process = subprocess.Popen([*command, "--organizations", "313", "--seed", "7"], cwd=ROOT, stdout=subprocess.PIPE)
    assert process.stdout
    assert select.select([process.stdout], [], [], PATIENCE_SECONDS)[0], "the simulated cloud does not start"
    process.stdout.readline()
    ready = json.loads((folder / "ready.json").read_text())
    client = light_client(ca_file=ready["ca_file"])
    address = ready["managed_identity_url"]
    yield Sandbox(ready["url"], ready["clouds"], ready["ca_file"], process, client, address)
    client.close()
    process.terminate()
    process.wait(10)
    process.stdout.close()
    close_thread_connections()


@pytest.fixture
def sandbox(running_sandbox: Sandbox, settings: Any) -> Iterator[Sandbox]:
    """The simulated cloud as at its start, with this process's settings leading to it."""
    running_sandbox.control("POST", "reset")
    running_sandbox.lead_here(settings)
    forget_everything()
    yield running_sandbox
    forget_everything()


def forget_everything() -> None:
    """Empty the caches that would outlive a test's database and cloud."""
    for cached in (
        microsoft.environment_named,
        microsoft.login_http,
        microsoft.msal_applications,
        *SOURCES,
        frozen_plan,
    ):
        cached.cache_clear()


@pytest.fixture
def partner(sandbox: Sandbox, transactional_db: None) -> Iterator[Partner]:
    """The simulated cloud's partner, with an app registration whose certificate Entra knows."""
    state = sandbox.control("GET", "state")["partner"]
    partner = Partner.objects.create(
        name=state["name"], tenant_id=UUID(state["tenant_id"]), initial_domain=state["initial_domain"]
    )
    add_default_profile(actor=SYSTEM, partner=partner)
    app_registration = make_app_registration(partner)
    app_registration.application_id = UUID(state["application_id"])
    app_registration.save(update_fields=["application_id"])
    certificate = app_registration.certificates.get()
    register_certificate(sandbox.url, app_registration.application_id, certificate.certificate_pem)
    store_partner_sign_in(
        actor=SYSTEM,
        partner=partner,
        user_principal_name=state["service_account"],
        refresh_token=state["refresh_token"],
    )
    yield partner
    settle()


@pytest.fixture
def national_partners(sandbox: Sandbox, transactional_db: None) -> Iterator[dict[str, Partner]]:
    """The partners of the national clouds, by environment, connected with their organizations as the demo does it."""
    yield {partner.environment: partner for partner in connect_national_partners(sandbox.url)}
    settle()


def settle() -> None:
    """Wait until the clerk of this process has done what it was told."""
    clerk.ask(_nothing, None)


def _nothing(questions: Sequence[None]) -> list[None]:
    return list(questions)


@pytest.fixture
def organizations_of(sandbox: Sandbox, partner: Partner) -> Callable[..., list[Organization]]:
    """Return a function that stores worldwide organizations: healthy ones, unless a trouble is asked for."""

    def bring(number: int, *, trouble: str | None = None, any_trouble: bool = False) -> list[Organization]:
        every = [o for o in sandbox.control("GET", "organizations") if o["cloud"] == "O365Default"]
        listed = [o for o in every if any_trouble or o["trouble"] == trouble][:number]
        assert len(listed) == number, f"the simulated cloud has only {len(listed)} organizations with trouble={trouble}"
        return Organization.objects.bulk_create(
            Organization(
                partner=partner,
                tenant_id=UUID(o["tenant_id"]),
                name=o["name"],
                initial_domain=o["initial_domain"],
                default_domain=o["default_domain"],
            )
            for o in listed
        )

    return bring


@dataclass
class Processes:
    """Starts the product's own processes against the test database, and ends every one of them."""

    sandbox: Sandbox
    folder: Path
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    starts_runs: bool = False

    def environment(self, **more: str) -> dict[str, str]:
        database = connection.settings_dict
        address = f"{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
        return {
            **{name: value for name, value in os.environ.items() if "CA_BUNDLE" not in name},
            **self.sandbox.environment(),
            "DJANGO_SETTINGS_MODULE": "portal.settings.test",
            "DATABASE_URL": f"postgresql://{address}/{database['NAME']}",
            "REDIS_URL": django_settings.REDIS_URL,
            "DATA_DIR": str(self.folder),
            "LEASE_SECONDS": "4",
            "RETRY_BASE_SECONDS": "1",
            **more,
        }

    def start(self, name: str, *, ready: str = "", **environment: str) -> subprocess.Popen[bytes]:
        """Start one of the product's processes; with `ready`, wait until its log says that."""
        variables = self.environment(**environment)
        log = self.folder / f"{name}-{len(self.started)}.log"
        with log.open("wb") as file:
            process = subprocess.Popen(
                argv(name, variables), cwd=ROOT, env=variables, stdout=file, stderr=file, start_new_session=True
            )
        self.started.append(process)
        if ready:
            wait_for(lambda: ready in log.read_text(errors="replace") or process.poll() is not None, what=f"{name}")
            assert process.poll() is None, log.read_text(errors="replace")
        return process

    def worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start a Celery worker for organizations, and once one that starts runs; wait until they take messages."""
        if not self.starts_runs:
            self.starts_runs = True
            self.start("worker-system", ready="ready.", **environment)
        return self.start("worker", ready="ready.", **{"WORKER_THREADS": "20", **environment})

    def stop(self, process: subprocess.Popen[bytes], number: signal.Signals = signal.SIGTERM) -> None:
        """Signal the whole process group and wait for its end."""
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.fixture
def processes(sandbox: Sandbox, transactional_db: None, tmp_path: Path) -> Iterator[Processes]:
    """The product's processes; whatever was started is ended."""
    running = Processes(sandbox, tmp_path)
    yield running
    for process in running.started:
        running.stop(process, signal.SIGKILL)


@pytest.fixture
def demo_people(transactional_db: None, tmp_path: Path, settings: Any) -> Mapping[str, str]:
    """The demo people; returns their password by sign-in name."""
    from tenants.demo import sign_ins

    settings.DATA_DIR = tmp_path
    create_people()
    return {sign_in.username: sign_in.password for sign_in in sign_ins()}
