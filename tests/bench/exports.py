"""A bulk run alone and beside exports of 100,000 rows: how much slower does an export make it?"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import median
from uuid import UUID

import psutil
from django.conf import settings
from django.db import connection

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Run
from jobs.runs.selection import Selection
from jobs.runs.states import is_open
from portal.core.actors import Actor, Source
from portal.exports.models import UNDER_WAY, Export, ExportFormat, ExportState
from portal.exports.services import ExportRefused, cancel_export, request_export
from tenants.organizations.models import Organization
from tests.bench.engine import LATENCY_MS
from tests.bench.usage import MEBIBYTE, Usage
from tests.factories import SYSTEM, make_person, make_run
from tests.live import Processes, Sandbox, wait_for

ORGANIZATIONS = 300
ROWS = 100_000
THREADS = 100
ROUNDS = 3
COLUMNS = 12


def places() -> list[UUID]:
    """The organizations in which the run takes place."""
    return list(Organization.objects.order_by("name").values_list("pk", flat=True)[:ORGANIZATIONS])


def run_seconds() -> float:
    """How long a run in them takes, from its launch to its end."""
    run = draft_run(actor=SYSTEM, request=RunRequest("Get-AcceptedDomain", {}, Selection(organization_ids=places())))
    launch_run(actor=SYSTEM, run_id=run.pk)
    wait_for(lambda: not is_open(Run.objects.get(pk=run.pk).state), seconds=300, what="the run")
    run.refresh_from_db()
    assert run.counts == {"succeeded": ORGANIZATIONS}, run.counts
    assert run.finished_at
    assert run.launched_at
    return (run.finished_at - run.launched_at).total_seconds()


def ask(actor: Actor, run: Run, file_format: ExportFormat) -> Export:
    return request_export(actor=actor, listing="run-results", of_id=str(run.pk), file_format=file_format)


@contextmanager
def exporting(actor: Actor, run: Run) -> Iterator[None]:
    """Keep the export worker busy with files of 100,000 rows for as long as the block takes."""
    made = [ask(actor, run, each) for each in ExportFormat]
    wait_for(lambda: Export.objects.filter(state=ExportState.RUNNING).exists(), what="an export")
    yield
    busy = Export.objects.filter(pk__in=[each.pk for each in made], state__in=UNDER_WAY)
    assert busy.exists(), "the exports ended before the run: export more rows"
    for key in list(busy.values_list("pk", flat=True)):
        with suppress(ExportRefused):
            cancel_export(actor=actor, export_id=key)


def alone(actor: Actor, run: Run, file_format: ExportFormat, worker: int) -> str:
    """Make one export with nothing beside it; returns its speed, size and memory in words."""
    usage = Usage([psutil.Process(worker)])
    began = time.monotonic()
    export = ask(actor, run, file_format)
    wait_for(lambda: Export.objects.get(pk=export.pk).state == ExportState.READY, seconds=300, what="the export")
    seconds = time.monotonic() - began
    usage.stop()
    export.refresh_from_db()
    assert export.row_count == ROWS
    return (
        f"{ROWS / seconds:,.0f} rows/s, {export.byte_count / MEBIBYTE:.1f} MiB, "
        f"{usage.peak_bytes / MEBIBYTE:.0f} MiB peak of the worker and its child"
    )


def main(sandbox: Sandbox) -> None:
    """Print the ratio of a run beside exports to a run alone, and how fast exports are."""
    objects = [{f"Column{n}": f"value {n} of {number}" for n in range(COLUMNS)} for number in range(ROWS // 100)]
    results = make_run(organizations=list(Organization.objects.order_by("name")[:100]), rows=objects)
    actor = make_person().as_actor(Source.WEB)
    with tempfile.TemporaryDirectory() as folder:
        settings.EXPORT_DIR = Path(folder) / "exports"
        processes = Processes(sandbox, Path(folder))
        try:
            sandbox.control("POST", "reset")
            sandbox.control("POST", "latency", json={"ms": LATENCY_MS})
            processes.worker(WORKER_THREADS=str(THREADS), LEASE_SECONDS="90")
            exporter = processes.start("rq-worker")
            run_seconds()  # the first run of a worker fetches tokens
            speeds = {each: alone(actor, results, each, exporter.pid) for each in ExportFormat}
            quiet, busy = [], []
            for _ in range(ROUNDS):
                quiet.append(run_seconds())
                with exporting(actor, results):
                    busy.append(run_seconds())
        finally:
            for process in processes.started:
                processes.stop(process)
    connection.close()
    print(f"{ORGANIZATIONS} organizations, {ROWS:,} exported rows of {COLUMNS} columns, {ROUNDS} rounds, medians")
    print(f"  run alone           {median(quiet):6.2f} s   ({', '.join(f'{each:.2f}' for each in quiet)})")
    print(f"  run beside exports  {median(busy):6.2f} s   ({', '.join(f'{each:.2f}' for each in busy)})")
    print(f"  ratio {median(busy) / median(quiet):.2f}")
    for file_format, words in speeds.items():
        print(f"  {file_format.label:5} {words}")
