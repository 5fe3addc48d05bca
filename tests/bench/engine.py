"""1,000 organizations, one cmdlet, 300 ms an answer, 100 at a time: the whole product against bare threads."""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection

from jobs.launch import RunRequest, draft_run, launch_run
from jobs.runs.models import Run
from jobs.runs.selection import Selection
from jobs.runs.states import is_open
from portal.audit.models import AuditEvent
from tenants.app_registrations.models import Certificate
from tenants.app_registrations.services import private_key_of
from tenants.demo import register_certificate
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.services import add_default_profile
from tests.factories import SYSTEM, make_app_registration
from tests.live import Processes, Sandbox, wait_for

ROOT = Path(__file__).parents[2]
ORGANIZATIONS = 1000
THREADS = 100
WORKERS = int(os.environ.get("WORKERS", "2"))  # one process for each core, as in production
LATENCY_MS = 300
CALLS_EACH = 4  # discovery, token, module file, cmdlet
MEBIBYTE = 1024 * 1024


@dataclass
class Usage:
    """CPU seconds and the highest resident memory of process trees, looked at ten times a second."""

    processes: list[psutil.Process]
    peak_bytes: int = 0
    over: bool = False

    def __post_init__(self) -> None:
        self._began = self._cpu()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> float:
        self.over = True
        self._thread.join()
        return self._cpu() - self._began

    def _tree(self) -> list[psutil.Process]:
        return [each for process in self.processes for each in (process, *process.children(recursive=True))]

    def _cpu(self) -> float:
        return sum(p.cpu_times().user + p.cpu_times().system for p in self._tree())

    def _watch(self) -> None:
        while not self.over:
            self.peak_bytes = max(self.peak_bytes, sum(p.memory_info().rss for p in self._tree()))
            time.sleep(0.1)


def prepare(sandbox: Sandbox) -> None:
    """Bring the cloud's partner and organizations into the database."""
    state = sandbox.control("GET", "state")["partner"]
    partner = Partner.objects.create(
        name=state["name"], tenant_id=UUID(state["tenant_id"]), initial_domain=state["initial_domain"]
    )
    add_default_profile(actor=SYSTEM, partner=partner)
    app_registration = make_app_registration(partner)
    app_registration.application_id = UUID(state["application_id"])
    app_registration.save()
    register_certificate(
        sandbox.url, app_registration.application_id, app_registration.certificates.get().certificate_pem
    )
    Organization.objects.bulk_create(
        Organization(
            partner=partner,
            tenant_id=UUID(o["tenant_id"]),
            name=o["name"],
            initial_domain=o["initial_domain"],
            default_domain=o["default_domain"],
        )
        for o in worldwide(sandbox)
    )


def worldwide(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Return the first 1,000 organizations of the cloud that the partner is in."""
    found = [o for o in sandbox.control("GET", "organizations") if o["cloud"] == "O365Default"]
    assert len(found) >= ORGANIZATIONS
    return found[:ORGANIZATIONS]


def bare(sandbox: Sandbox) -> dict[str, float]:
    """Make the same calls from bare threads."""
    certificate = Certificate.objects.select_related("app_registration").get()
    key = private_key_of(certificate).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    wanted = {
        "url": sandbox.url,
        "ca_file": sandbox.ca_file,
        "application_id": str(certificate.app_registration.application_id),
        "key": key.decode(),
        "certificate": certificate.certificate_pem,
        "tenants": [str(t) for t in Organization.objects.values_list("tenant_id", flat=True)],
        "threads": THREADS,
    }
    done = subprocess.run(
        [sys.executable, "tests/bench/bare.py"],
        input=json.dumps(wanted),
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
    )
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def product(processes: Processes) -> dict[str, Any]:
    """Run the cmdlet with the product: launched by the service, carried out by a worker, everything stored."""
    workers = [processes.worker(WORKER_THREADS=str(THREADS // WORKERS), LEASE_SECONDS="90") for _ in range(WORKERS)]
    usage = Usage([psutil.Process(worker.pid) for worker in workers])
    run = draft_run(actor=SYSTEM, request=RunRequest("Get-AcceptedDomain", {}, Selection(everywhere=True)))
    launch_run(actor=SYSTEM, run_id=run.pk)
    wait_for(lambda: not is_open(Run.objects.get(pk=run.pk).state), seconds=300, what="the run")
    cpu = usage.stop()
    for worker in workers:
        processes.stop(worker)
    run.refresh_from_db()
    assert run.finished_at
    assert run.launched_at
    events = AuditEvent.objects.filter(run_id=run.pk).count()
    return {
        "wall": (run.finished_at - run.launched_at).total_seconds(),
        "cpu": cpu,
        "peak": usage.peak_bytes / MEBIBYTE,
        "counts": run.counts,
        "events": events,
    }


def main(sandbox: Sandbox) -> None:
    """Print the ratio, the CPU and the memory of one run of each."""
    ideal = ORGANIZATIONS * CALLS_EACH * LATENCY_MS / 1000 / THREADS
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(sandbox, Path(folder))
        try:
            sandbox.control("POST", "latency", json={"ms": LATENCY_MS})
            floor = bare(sandbox)
            sandbox.control("POST", "reset")
            sandbox.control("POST", "latency", json={"ms": LATENCY_MS})
            measured = product(processes)
        finally:
            for process in processes.started:
                processes.stop(process)
    connection.close()
    shape = f"{ORGANIZATIONS} organizations, {CALLS_EACH} calls of {LATENCY_MS} ms each, {THREADS} at a time"
    print(f"{shape}, {WORKERS} worker processes: ideal {ideal:.1f} s")
    print(f"  bare threads with httpx   {floor['wall']:6.2f} s wall   {floor['cpu']:5.2f} s CPU")
    print(
        f"  Signalbox                 {measured['wall']:6.2f} s wall   {measured['cpu']:5.2f} s CPU of the workers   "
        f"{measured['peak']:.0f} MiB peak   {measured['events']} audit events   {measured['counts']}"
    )
    print(f"  ratio {measured['wall'] / floor['wall']:.2f} (at most 1.30)")
