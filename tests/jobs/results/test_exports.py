"""Exports: asked for, made by an RQ worker, downloaded with an event, deleted after a week."""

import csv
import hashlib
import json
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import django_rq
import pytest
from django.conf import settings
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings
from redis import Redis
from rq import SimpleWorker
from rq.timeouts import TimerDeathPenalty

from jobs.results.exports import (
    ExportRefused,
    download_export,
    export_path,
    make_export,
    request_export,
    sweep_exports,
)
from jobs.results.models import Export, ExportFormat, ExportState
from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tests.factories import SYSTEM, make_run
from tests.live import closed_port

CSV, JSONL = ExportFormat.CSV, ExportFormat.JSONL
pytestmark = pytest.mark.django_db


class BurstWorker(SimpleWorker):
    """RQ's own worker in this process, without alarms that would silence those of the tests."""

    death_penalty_class = TimerDeathPenalty


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, settings: Settings) -> Path:
    settings.EXPORT_DIR = tmp_path / "exports"
    return tmp_path / "exports"


@pytest.fixture
def work() -> Iterator[Callable[[], None]]:
    """Return a function that lets an RQ worker do everything that is queued."""
    empty()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def go() -> None:
        django_rq.get_worker("exports", worker_class=f"{__name__}.BurstWorker").work(burst=True, logging_level="ERROR")

    yield go
    for number, handler in handlers.items():
        signal.signal(number, handler)
    empty()


def empty() -> None:
    with Redis.from_url(settings.REDIS_URL) as broker:
        broker.flushdb()


@pytest.fixture
def run() -> Run:
    return make_run(
        state=RunState.PARTLY_FAILED,
        organizations=2,
        states=[TargetState.SUCCEEDED, TargetState.FAILED],
        rows=[{"Name": "=1+1", "Size": 5}, {"Name": "b", "Size": None}],
    )


def asked(run: Run, file_format: ExportFormat = CSV) -> Export:
    return request_export(actor=SYSTEM, run_id=run.pk, file_format=file_format)


def made(run: Run, file_format: ExportFormat = CSV) -> Export:
    export = asked(run, file_format)
    make_export(str(export.pk))
    export.refresh_from_db()
    return export


def events(action: str) -> int:
    return AuditEvent.objects.filter(action=action).count()


class TestWorker:
    def test_makes_the_csv_that_was_asked_for(
        self,
        run: Run,
        work: Callable[[], None],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            export = asked(run)
        work()
        export.refresh_from_db()
        content = export_path(export).read_bytes()
        lines = list(csv.reader(content.decode().splitlines()))
        assert (export.state, export.row_count, export.byte_count) == (ExportState.READY, 3, len(content))
        assert export.sha256 == hashlib.sha256(content).hexdigest()
        assert [line[2:3] + line[5:] for line in lines] == [
            ["State", "Name", "Size"],
            ["succeeded", "'=1+1", "5"],
            ["succeeded", "b", ""],
            ["failed", "", ""],
        ]

    def test_makes_the_json_lines_that_were_asked_for(
        self,
        run: Run,
        work: Callable[[], None],
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            export = asked(run, JSONL)
        work()
        lines = [json.loads(line) for line in export_path(export).read_text().splitlines()]
        assert [(line["state"], len(line["rows"])) for line in lines] == [("succeeded", 2), ("failed", 0)]
        assert lines[0]["rows"] == [{"Name": "=1+1", "Size": 5}, {"Name": "b", "Size": None}]

    def test_leaves_events_of_asking_and_making(self, run: Run) -> None:
        made(run)
        assert (events("export.requested"), events("export.finished")) == (1, 1)

    def test_makes_an_export_once(self, run: Run) -> None:
        export = made(run)
        written = export_path(export).stat().st_mtime_ns
        make_export(str(export.pk))
        assert export_path(export).stat().st_mtime_ns == written
        assert events("export.finished") == 1

    def test_that_cannot_write_ends_the_export_as_failed_and_leaves_no_part(self, run: Run, folder: Path) -> None:
        export = asked(run)
        (folder / f"{export.pk}.csv").mkdir(parents=True)
        (folder / f"{export.pk}.csv" / "in the way").touch()
        with pytest.raises(OSError):
            make_export(str(export.pk))
        export.refresh_from_db()
        assert (export.state, export.error) == (ExportState.FAILED, "The file could not be written.")
        assert events("export.failed") == 1
        assert not list(folder.glob("*.part"))


class TestRequest:
    def test_twice_is_one_export(self, run: Run) -> None:
        assert asked(run).pk == asked(run).pk
        assert asked(run, JSONL).pk != asked(run).pk
        assert events("export.requested") == 2

    def test_after_a_failed_one_makes_another(self, run: Run) -> None:
        first = asked(run)
        Export.objects.update(state=ExportState.FAILED)
        assert asked(run).pk != first.pk

    def test_of_a_draft_is_refused(self) -> None:
        with pytest.raises(ExportRefused, match="no such run"):
            asked(make_run(state=RunState.DRAFT))

    def test_needs_the_permission(self, run: Run, approver: User, acting: Callable[[User], Actor]) -> None:
        with pytest.raises(PermissionRefused, match="jobs:run:export"):
            request_export(actor=acting(approver), run_id=run.pk, file_format=CSV)

    def test_survives_a_broker_that_is_away(
        self,
        run: Run,
        settings: Settings,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        settings.RQ_QUEUES = {"exports": {"URL": f"redis://127.0.0.1:{closed_port()}/0"}}
        with django_capture_on_commit_callbacks(execute=True):
            export = asked(run)
        assert Export.objects.get(pk=export.pk).state == ExportState.QUEUED


class TestDownload:
    def test_leaves_an_event_with_the_hash(self, run: Run, technician: User, acting: Callable[[User], Actor]) -> None:
        export = made(run)
        assert download_export(actor=acting(technician), export_id=export.pk).sha256 == export.sha256
        event = AuditEvent.objects.get(action="export.downloaded")
        assert (event.actor_id, event.data["sha256"]) == (str(technician.pk), export.sha256)

    @pytest.mark.parametrize("state", [ExportState.QUEUED, ExportState.RUNNING, ExportState.FAILED])
    def test_of_an_unfinished_one_is_refused(self, run: Run, state: ExportState) -> None:
        export = made(run)
        Export.objects.update(state=state)
        with pytest.raises(ExportRefused):
            download_export(actor=SYSTEM, export_id=export.pk)
        assert events("export.downloaded") == 0

    def test_of_an_unknown_one_is_refused(self) -> None:
        with pytest.raises(ExportRefused, match="no such export"):
            download_export(actor=SYSTEM, export_id=uuid4())

    def test_needs_the_permission(self, run: Run, approver: User, acting: Callable[[User], Actor]) -> None:
        export = made(run)
        with pytest.raises(PermissionRefused, match="jobs:run:export"):
            download_export(actor=acting(approver), export_id=export.pk)


class TestSweep:
    def test_deletes_files_after_a_week_and_not_before(self, run: Run) -> None:
        export = made(run)
        assert export.expires_at
        assert export.finished_at
        assert export.expires_at - export.finished_at == timedelta(days=7)
        sweep_exports()
        assert export_path(export).exists()
        Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        sweep_exports()
        assert not export_path(export).exists()
        with pytest.raises(ExportRefused, match="expired"):
            download_export(actor=SYSTEM, export_id=export.pk)

    def test_rings_again_for_an_export_whose_message_was_lost(self, run: Run, work: Callable[[], None]) -> None:
        export = asked(run)
        sweep_exports()
        assert django_rq.get_queue("exports").count == 0
        Export.objects.update(requested_at=timezone.now() - timedelta(minutes=2))
        sweep_exports()
        work()
        assert Export.objects.get(pk=export.pk).state == ExportState.READY

    def test_leaves_an_export_alone_that_waited_long_before_it_was_begun(self, run: Run) -> None:
        export = asked(run)
        long_ago, just_now = timezone.now() - timedelta(hours=2), timezone.now()
        Export.objects.update(state=ExportState.RUNNING, requested_at=long_ago, started_at=just_now)
        sweep_exports()
        export.refresh_from_db()
        assert export.state == ExportState.RUNNING

    def test_ends_an_export_whose_worker_was_lost_so_that_it_can_be_made_again(self, run: Run, folder: Path) -> None:
        export = asked(run)
        folder.mkdir()
        (folder / f"{export.pk}.part").touch()
        Export.objects.update(state=ExportState.RUNNING, started_at=timezone.now() - timedelta(hours=2))
        sweep_exports()
        export.refresh_from_db()
        assert (export.state, export.error) == (ExportState.FAILED, "Its worker was lost.")
        assert asked(run).pk != export.pk
        assert not list(folder.iterdir())

    def test_leaves_an_export_that_is_being_made_alone(self, run: Run) -> None:
        export = asked(run)
        Export.objects.update(state=ExportState.RUNNING)
        sweep_exports()
        assert Export.objects.get(pk=export.pk).state == ExportState.RUNNING
