"""1,000 organizations, one cmdlet, 300 ms an answer, 100 at a time: the whole product against bare threads.

`WORKERS="2"` measures with two worker processes only.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.db import connection

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
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
from tests.bench.usage import MEBIBYTE, Usage, broker, postgresql
from tests.factories import SYSTEM, ask_for_no_approval, make_app_registration
from tests.live import Processes, Sandbox, wait_for

ROOT = Path(__file__).parents[2]
ORGANIZATIONS = 1000
THREADS = 100
WORKERS = tuple(map(int, os.environ.get("WORKERS", "1 2").split()))
"""With how many worker processes to measure."""
MOST_RATIO, MOST_CPU_SECONDS = 1.15, 6.0
LATENCY_MS = 300
CALLS_EACH = 4  # discovery, token, module file, cmdlet


@dataclass(frozen=True, slots=True)
class Measured:
    """One run: seconds, CPU seconds of all processes of Signalbox together, memory in MiB of the workers."""

    launch: float
    wall: float
    cpu: float
    cpu_of_workers: float
    cpu_of_postgresql: float
    cpu_of_broker: float
    peak: float
    counts: dict[str, int]
    events: int

    @property
    def organizations(self) -> int:
        return sum(self.counts.values())

    @property
    def cpu_of_1000(self) -> float:
        """CPU seconds for 1,000 organizations."""
        return 1000 * self.cpu / self.organizations


def prepare(sandbox: Sandbox, number: int = ORGANIZATIONS) -> None:
    """Bring the cloud's partner and organizations into the database, as far as they are not there from another part."""
    state = sandbox.control("GET", "state")["partner"]
    partner = Partner.objects.filter(tenant_id=state["tenant_id"]).first() or _make_partner(state)
    certificate = Certificate.objects.select_related("app_registration").get(app_registration__partner=partner)
    register_certificate(sandbox.url, certificate.app_registration.application_id, certificate.certificate_pem)
    Organization.objects.bulk_create(
        (
            Organization(
                partner=partner,
                tenant_id=UUID(o["tenant_id"]),
                name=o["name"],
                initial_domain=o["initial_domain"],
                default_domain=o["default_domain"],
            )
            for o in worldwide(sandbox, number)
        ),
        ignore_conflicts=True,
    )


def _make_partner(state: Mapping[str, Any]) -> Partner:
    partner = Partner.objects.create(
        name=state["name"], tenant_id=UUID(state["tenant_id"]), initial_domain=state["initial_domain"]
    )
    ask_for_no_approval()
    add_default_profile(actor=SYSTEM, partner=partner)
    app_registration = make_app_registration(partner)
    app_registration.application_id = UUID(state["application_id"])
    app_registration.save()
    return partner


def worldwide(sandbox: Sandbox, number: int) -> list[dict[str, Any]]:
    """Return the first organizations of the cloud that the partner is in."""
    found = [o for o in sandbox.control("GET", "organizations") if o["cloud"] == "O365Default"]
    assert len(found) >= number
    return found[:number]


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


def start(processes: Processes, workers: int) -> list[subprocess.Popen[bytes]]:
    """Start all processes that a run needs, with 100 threads in so many workers; returns the workers."""
    processes.start("scheduler")
    return [processes.worker(WORKER_THREADS=str(THREADS // workers), LEASE_SECONDS="90") for _ in range(workers)]


def measure(processes: Processes, workers: Sequence[subprocess.Popen[bytes]], selection: Selection) -> Measured:
    """Run the cmdlet with the product: launched by the service, carried out by the workers, everything stored."""
    ours = [psutil.Process(process.pid) for process in processes.started if process.poll() is None]
    of_workers = Usage([psutil.Process(worker.pid) for worker in workers])
    of_all, of_postgresql, of_broker = Usage(ours), Usage([postgresql()]), Usage([broker()])
    run = draft_run(actor=SYSTEM, request=RunRequest("Get-AcceptedDomain", {}, selection))
    began, cpu = time.monotonic(), time.process_time()
    launch_run(actor=SYSTEM, run_id=run.pk)
    launch, launch_cpu = time.monotonic() - began, time.process_time() - cpu
    wait_for(lambda: not _is_open(run), seconds=1200, what="the run")
    cpu_of_workers, cpu = of_workers.stop(), of_all.stop()
    run.refresh_from_db()
    assert run.finished_at
    assert run.launched_at
    return Measured(
        launch=launch,
        wall=(run.finished_at - run.launched_at).total_seconds(),
        cpu=cpu + launch_cpu,
        cpu_of_workers=cpu_of_workers,
        cpu_of_postgresql=of_postgresql.stop(),
        cpu_of_broker=of_broker.stop(),
        peak=of_workers.peak_bytes / MEBIBYTE,
        counts=run.counts,
        events=AuditEvent.objects.filter(run_id=run.pk).count(),
    )


def _is_open(run: Run) -> bool:
    return is_open(Run.objects.values_list("state", flat=True).get(pk=run.pk))


def product(sandbox: Sandbox, workers: int) -> Measured:
    """Measure one run over all organizations with fresh processes."""
    sandbox.control("POST", "reset")
    sandbox.control("POST", "latency", json={"ms": LATENCY_MS})
    with tempfile.TemporaryDirectory() as folder:
        processes = Processes(sandbox, Path(folder))
        try:
            return measure(processes, start(processes, workers), Selection(everywhere=True))
        finally:
            for process in processes.started:
                processes.stop(process)


def main(sandbox: Sandbox) -> None:
    """Print the ratio, the CPU and the memory of one run of each."""
    ideal = ORGANIZATIONS * CALLS_EACH * LATENCY_MS / 1000 / THREADS
    shape = f"{ORGANIZATIONS} organizations, {CALLS_EACH} calls of {LATENCY_MS} ms each, {THREADS} at a time"
    print(f"engine: {shape}: ideal {ideal:.1f} s")
    for workers in WORKERS:
        sandbox.control("POST", "reset")
        sandbox.control("POST", "latency", json={"ms": LATENCY_MS})
        floor, measured = bare(sandbox), product(sandbox, workers)
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
        print(f"  {workers} worker process{'es' if workers > 1 else ''} of {THREADS // workers} threads")
        print(f"    bare threads with httpx   {floor['wall']:6.2f} s wall   {floor['cpu']:5.2f} s CPU")
        print(
            f"    Signalbox                 {measured.wall:6.2f} s wall   {measured.cpu:5.2f} s CPU of all its "
            f"processes (workers {measured.cpu_of_workers:.2f} s), {measured.peak:.0f} MiB peak of the workers"
        )
        print(
            f"    beside them               PostgreSQL {measured.cpu_of_postgresql:.2f} s CPU, "
            f"broker {measured.cpu_of_broker:.2f} s CPU; {measured.events} audit events, {measured.counts}"
        )
        print(
            f"    ratio {measured.wall / floor['wall']:.2f} (at most {MOST_RATIO}), {measured.cpu_of_1000:.2f} s CPU "
            f"per 1,000 organizations (at most {MOST_CPU_SECONDS:.0f}); load of each core was {load:.1f}"
        )
    connection.close()
