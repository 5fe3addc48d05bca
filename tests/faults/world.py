"""Everything of one campaign put together: servers, cloud, processes, and what this process knows of them."""

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from portal.core.errors import DATABASE_AWAY
from portal.local import environment as local
from tenants.app_registrations.models import Certificate
from tenants.demo import register_certificate
from tenants.microsoft.http import light_client
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.services import add_default_profile
from tests.factories import SYSTEM, ask_for_no_approval, make_app_registration
from tests.faults.armed import FOLDER
from tests.faults.parts import QUICK, Crew, Servers, proxied_cloud, simulated_cloud, through
from tests.faults.proxy import Loop, Proxy
from tests.live import Sandbox

ORGANIZATIONS = 60
AGAIN_SECONDS = 0.1
Value = TypeVar("Value")


@dataclass
class World:
    """What a campaign runs in."""

    folder: Path
    servers: Servers
    sandbox: Sandbox
    cloud_proxy: Proxy
    crew: Crew
    organizations: list[Organization]

    @property
    def proxies(self) -> dict[str, Proxy]:
        """The proxies, by what they stand before."""
        found = (self.servers.database_proxy, self.servers.broker_proxy, self.cloud_proxy)
        return {proxy.name: proxy for proxy in found}

    @property
    def orders(self) -> Path:
        """The folder through which processes are told to die."""
        return self.folder / "orders"

    @property
    def ledger(self) -> Path:
        """The file of everything that the simulated cloud was asked."""
        return self.folder / "cloud" / "ledger.jsonl"

    def start_workers(self, environment: Mapping[str, str] = MappingProxyType({})) -> None:
        """Start the scheduler, the worker that starts and sweeps, and two workers for organizations."""
        self.crew.add("system", "worker-system", environment=environment)
        for key in ("bulk-1", "bulk-2"):
            self.crew.add(key, "worker", environment=environment)
        self.crew.add("scheduler", "scheduler", environment={"SCHEDULE_FILE": str(self.folder / "schedule")})
        self.crew.wait_until_ready()

    def certificate(self) -> Certificate:
        """The certificate with which the product signs in."""
        return Certificate.objects.select_related("app_registration").get()


def persist(work: Callable[[], Value], *, seconds: float = 60) -> Value:
    """Do `work`, again and again while the database cannot be reached, as a person does who reloads the page."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return work()
        except DATABASE_AWAY:
            connection.close()
            if time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_SECONDS)


@contextmanager
def world(folder: Path, servers: Servers, loop: Loop) -> Iterator[World]:
    """Migrate, start the simulated cloud, connect its partner; no process of the product runs yet."""
    call_command("migrate", verbosity=0)
    with simulated_cloud(folder / "cloud", ORGANIZATIONS * 21 // 20) as cloud_folder:
        ready = json.loads((cloud_folder / "ready.json").read_text(encoding="utf-8"))
        direct = int(ready["url"].rpartition(":")[2])
        cloud_proxy = Proxy(loop, direct, name="cloud")
        client = light_client(ca_file=ready["ca_file"])
        sandbox = Sandbox(ready["url"], ready["clouds"], ready["ca_file"], None, client)  # type: ignore[arg-type]
        sandbox.lead_here(settings)
        found = local.Sandbox(ready["url"], ready["clouds"], Path(ready["ca_file"]), ready["pid"])
        led = proxied_cloud(found.variables, cloud_proxy.port, direct)
        (folder / "orders").mkdir()
        database_url = through(servers.database_url, servers.database_proxy.port)
        broker_url = through(servers.broker_url, servers.broker_proxy.port)

        def environment() -> dict[str, str]:
            return {
                **local.cleaned(os.environ),
                **led,
                **QUICK,
                "DJANGO_SETTINGS_MODULE": "portal.settings.test",
                "DATABASE_URL": database_url,
                "REDIS_URL": broker_url,
                "WORKER_THREADS": "16",
                FOLDER: str(folder / "orders"),
            }

        (folder / "logs").mkdir()
        crew = Crew(folder / "logs", environment)
        try:
            yield World(folder, servers, sandbox, cloud_proxy, crew, _connect(sandbox))
        finally:
            crew.stop()
            connection.close()


def _connect(sandbox: Sandbox) -> list[Organization]:
    state = sandbox.control("GET", "state")["partner"]
    partner = Partner.objects.create(
        name=state["name"], tenant_id=UUID(state["tenant_id"]), initial_domain=state["initial_domain"]
    )
    ask_for_no_approval()
    add_default_profile(actor=SYSTEM, partner=partner)
    app_registration = make_app_registration(partner)
    app_registration.application_id = UUID(state["application_id"])
    app_registration.save(update_fields=["application_id"])
    register_certificate(
        sandbox.url, app_registration.application_id, app_registration.certificates.get().certificate_pem
    )
    listed = [o for o in sandbox.control("GET", "organizations") if o["cloud"] == "O365Default"]
    return Organization.objects.bulk_create(
        Organization(
            partner=partner,
            tenant_id=UUID(o["tenant_id"]),
            name=o["name"],
            initial_domain=o["initial_domain"],
            default_domain=o["default_domain"],
        )
        for o in listed[:ORGANIZATIONS]
    )
