"""What nobody watches: lost messages, lost workers, expired files, leftovers."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import django_rq
import pytest
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from portal.exports.files import export_path, open_workplace
from portal.exports.making import make_export
from portal.exports.models import Export, ExportState
from portal.exports.services import ExportRefused, download_export
from portal.exports.sweeping import sweep_exports
from tests.factories import SYSTEM, make_organizations
from tests.live import closed_port
from tests.portal.exports.conftest import Ask, Work, events

pytestmark = pytest.mark.django_db
LONG_AGO = timedelta(minutes=3)


def lose(export: Export, *, attempt: int = 1) -> None:
    Export.objects.filter(pk=export.pk).update(
        state=ExportState.RUNNING, attempt=attempt, reported_at=timezone.now() - LONG_AGO
    )
    export.refresh_from_db()


def test_files_are_deleted_after_a_week_and_not_before(
    made: Ask, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    export = made()
    assert export.expires_at
    assert export.finished_at
    assert export.expires_at - export.finished_at == timedelta(days=7)
    sweep_exports()
    assert export_path(export).exists()
    Export.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        sweep_exports()
    assert not export_path(export).exists()
    assert events("export.expired") == 1
    with pytest.raises(ExportRefused, match="expired"):
        download_export(actor=SYSTEM, export_id=export.pk)


def test_an_export_whose_message_was_lost_is_rung_for_again_but_once(ask: Ask, work: Work) -> None:
    export = ask()
    sweep_exports()
    assert django_rq.get_queue("exports").count == 0
    Export.objects.update(requested_at=timezone.now() - LONG_AGO)
    sweep_exports()
    sweep_exports()
    assert django_rq.get_queue("exports").count == 1
    work()
    assert Export.objects.get(pk=export.pk).state == ExportState.READY


def test_a_broker_that_is_away_leaves_exports_queued(
    ask: Ask, settings: Settings, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    settings.RQ_QUEUES = {"exports": {"URL": f"redis://127.0.0.1:{closed_port()}/0"}}
    with django_capture_on_commit_callbacks(execute=True):
        export = ask()
    Export.objects.update(requested_at=timezone.now() - LONG_AGO)
    sweep_exports()
    assert Export.objects.get(pk=export.pk).state == ExportState.QUEUED


def test_an_export_whose_worker_was_lost_is_begun_anew(ask: Ask, work: Work, folder: Path) -> None:
    make_organizations(2)
    export = ask()
    lose(export)
    open_workplace(export).write_text("half a fi")
    sweep_exports()
    assert not list(folder.iterdir())
    work()
    export.refresh_from_db()
    assert (export.state, export.attempt, export.row_count) == (ExportState.READY, 2, 2)


def test_the_third_lost_worker_ends_it(ask: Ask, folder: Path) -> None:
    export = ask()
    lose(export, attempt=3)
    open_workplace(export)
    sweep_exports()
    export.refresh_from_db()
    assert (export.state, "lost 3 times" in export.error) == (ExportState.FAILED, True)
    assert events("export.failed") == 1
    assert ask().pk != export.pk
    assert not list(folder.iterdir())


def test_an_export_whose_worker_reports_is_left_alone(ask: Ask, folder: Path) -> None:
    export = ask()
    lose(export)
    Export.objects.update(reported_at=timezone.now())
    part = open_workplace(export)
    part.touch()
    sweep_exports()
    assert Export.objects.get(pk=export.pk).state == ExportState.RUNNING
    assert part.exists()


def test_what_belongs_to_no_export_is_deleted_and_what_is_not_ours_stays(made: Ask, folder: Path) -> None:
    export = made()
    (folder / f"{uuid4()}.csv").touch()
    (folder / f"{uuid4()}.1.part").mkdir()
    (folder / "notes.txt").touch()
    sweep_exports()
    assert {path.name for path in folder.iterdir()} == {f"{export.pk}.csv", "notes.txt"}


def test_a_second_try_reads_the_list_anew(ask: Ask) -> None:
    make_organizations(1)
    export = ask()
    lose(export)
    sweep_exports()
    make_organizations(1)
    make_export(export_id=export.pk)
    assert Export.objects.get().row_count == 2
