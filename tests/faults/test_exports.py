"""An export of 100,000 rows beside bulk runs: other workers, other queue, and a dead worker costs nothing."""

import os
import signal
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.dispatch.sweep import sweep
from jobs.runs.models import Run
from jobs.runs.states import RunState
from portal.core.actors import Source
from portal.exports.files import export_path
from portal.exports.models import Export, ExportFormat, ExportState
from portal.exports.services import request_export
from tenants.organizations.models import Organization
from tests.engine import Launch
from tests.factories import make_person, make_run
from tests.live import Processes, wait_for

Bring = Callable[..., list[Organization]]
ROWS = 100_000
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults, pytest.mark.timeout(240)]


@pytest.fixture
def export(tmp_path: Path, settings: Settings) -> Export:
    """An export of 100,000 rows that was just asked for."""
    settings.EXPORT_DIR = tmp_path / "exports"
    objects = [{"Name": f"Mailbox {number}", "Size": number, "Enabled": True} for number in range(ROWS // 100)]
    run = make_run(organizations=100, rows=objects)
    actor = make_person().as_actor(Source.WEB)
    return request_export(actor=actor, listing="run-results", of_id=str(run.pk), file_format=ExportFormat.XLSX)


def now(export: Export) -> Export:
    export.refresh_from_db()
    return export


def succeeded(run: Run) -> bool:
    run.refresh_from_db()
    return run.state == RunState.SUCCEEDED


def horse_in_the_middle(worker: int, export: Export) -> psutil.Process:
    """The process that makes the export, once it has written some rows and not all."""
    wait_for(lambda: now(export).done, what="the first rows of the export")
    return psutil.Process(worker).children()[0]


def test_a_bulk_run_ends_while_an_export_is_made_and_neither_touches_the_other(
    processes: Processes, organizations_of: Bring, launch: Launch, export: Export
) -> None:
    organizations = organizations_of(60)
    processes.worker()
    run = launch("Get-AcceptedDomain", organizations)
    wait_for(lambda: succeeded(run), what="the run before there was a worker for exports")
    assert (now(export).state, export.attempt) == (ExportState.QUEUED, 0), "a worker of runs began an export"

    exporter = processes.start("rq-worker")
    horse = horse_in_the_middle(exporter.pid, export)
    assert horse.nice() > psutil.Process().nice()
    horse.suspend()
    run = launch("Get-AcceptedDomain", organizations)
    wait_for(lambda: succeeded(run), what="the run beside an export that does not come forward")
    assert (now(export).state, export.done < ROWS) == (ExportState.RUNNING, True)
    assert run.counts == {"succeeded": 60}
    horse.resume()
    wait_for(lambda: now(export).state == ExportState.READY, what="the export")
    assert (export.row_count, export.attempt) == (ROWS, 1)
    assert export_path(export).stat().st_size == export.byte_count


def test_an_export_whose_worker_is_killed_in_the_middle_is_made_by_the_next_one(
    processes: Processes, export: Export, settings: Settings
) -> None:
    doomed = processes.start("rq-worker")
    horse = horse_in_the_middle(doomed.pid, export)
    os.kill(horse.pid, signal.SIGKILL)
    processes.stop(doomed, signal.SIGKILL)
    folder = Path(settings.EXPORT_DIR)
    assert (now(export).state, export_path(export).exists()) == (ExportState.RUNNING, False)
    assert [path.name for path in folder.iterdir()] == [f"{export.pk}.1.part"]

    Export.objects.update(reported_at=timezone.now() - timedelta(minutes=5))
    sweep()
    assert (now(export).state, list(folder.iterdir())) == (ExportState.QUEUED, [])
    processes.start("rq-worker")
    wait_for(lambda: now(export).state == ExportState.READY, what="the export")
    assert (export.row_count, export.attempt) == (ROWS, 2)
    assert [path.name for path in folder.iterdir()] == [f"{export.pk}.xlsx"]
