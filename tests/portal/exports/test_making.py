"""The worker's side: files are made whole, with the rights of the person who asked, or not at all."""

import csv
import hashlib
import io
import json
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import OperationalError
from pytest_django import DjangoCaptureOnCommitCallbacks

from portal.accounts.grants.models import RoleGrant
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.exports import making
from portal.exports.files import export_path, seal
from portal.exports.listings import Row
from portal.exports.making import make_export
from portal.exports.models import Export, ExportState
from portal.exports.services import cancel_export
from portal.exports.writers.comma_separated import write_csv
from tests.factories import SYSTEM, make_group, make_organizations
from tests.portal.exports.conftest import Ask, Work, events

pytestmark = pytest.mark.django_db


def read_csv(export: Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(export_path(export).read_bytes().decode("utf-8-sig"), newline="")))


class TestWorker:
    def test_makes_what_was_asked_for(
        self, ask: Ask, work: Work, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        make_organizations(3)
        with django_capture_on_commit_callbacks(execute=True):
            export = ask()
        work()
        export.refresh_from_db()
        content = export_path(export).read_bytes()
        assert (export.state, export.row_count, export.byte_count) == (ExportState.READY, 3, len(content))
        assert export.sha256 == hashlib.sha256(content).hexdigest()
        assert len(read_csv(export)) == 3

    def test_makes_an_export_once(self, made: Ask) -> None:
        export = made()
        written = export_path(export).stat().st_mtime_ns
        make_export(export_id=export.pk)
        assert export_path(export).stat().st_mtime_ns == written
        assert (events("export.requested"), events("export.finished")) == (1, 1)

    def test_leaves_an_export_that_was_deleted_alone(self, ask: Ask, folder: Path) -> None:
        export = ask()
        Export.objects.all().delete()
        make_export(export_id=export.pk)
        assert not folder.exists()


class TestFile:
    def test_holds_exactly_what_the_page_lists_in_its_order(self, made: Ask) -> None:
        chosen = make_organizations(3, reachability="reachable")
        make_group("Gold", chosen[:1])
        make_organizations(2)
        export = made(query="reachability=reachable&sort=-name&cursor=rubbish")
        assert [row["Name"] for row in read_csv(export)] == sorted((o.name for o in chosen), reverse=True)
        assert {row["Groups"] for row in read_csv(export)} == {"Gold", ""}
        assert export.filters == "Reachability: Reachable"
        assert export.page == "/organizations/?reachability=reachable&sort=-name"

    def test_json_lines_keep_the_types(self, made: Ask) -> None:
        make_organizations(1, is_reseller_customer=True)
        line = json.loads(export_path(made(format="jsonl")).read_text())
        assert line["IsResellerCustomer"] is True
        assert line["CheckedAt"] is None

    def test_can_be_opened_by_the_portals_own_account_alone(self, made: Ask, folder: Path) -> None:
        folder.mkdir(mode=0o755)
        export = made()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(export_path(export).stat().st_mode) == 0o600
        assert [path.name for path in folder.iterdir()] == [f"{export.pk}.csv"]

    def test_says_what_it_ignored(self, made: Ask) -> None:
        assert made(query="colour=red").filters == "There is no filter called “colour”."


class TestRights:
    def test_are_those_of_the_moment_of_making(self, ask: Ask, technician: User) -> None:
        make_organizations(1)
        export = ask()
        RoleGrant.objects.filter(user=technician).delete()
        make_export(export_id=export.pk)
        export.refresh_from_db()
        assert export.state == ExportState.FAILED
        assert "withdrawn" in export.error
        assert "tenants:organization:read" in export.error
        assert not export_path(export).exists()
        assert events("export.failed") == 1

    def test_of_somebody_who_left_are_none(self, ask: Ask, technician: User) -> None:
        export = ask()
        User.objects.filter(pk=technician.pk).update(is_active=False)
        make_export(export_id=export.pk)
        export.refresh_from_db()
        assert (export.state, "can no longer sign in" in export.error) == (ExportState.FAILED, True)

    def test_a_thing_that_is_gone_says_so(self, ask: Ask, technician: User) -> None:
        export = ask()
        Export.objects.update(listing="run-results", of_id="00000000-0000-7000-8000-000000000000")
        make_export(export_id=export.pk)
        export.refresh_from_db()
        assert (export.state, export.error) == (ExportState.FAILED, "There is no such run.")


class TestFailure:
    def test_leaves_no_half_file_and_says_what_to_do(
        self, ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_organizations(2)
        export = ask()

        def breaking(_export: Export, rows: Iterator[Row]) -> Iterator[Row]:
            yield next(iter(rows))
            raise OperationalError

        monkeypatch.setattr(making, "_reporting", breaking)
        with pytest.raises(OperationalError):
            make_export(export_id=export.pk)
        export.refresh_from_db()
        assert export.state == ExportState.FAILED
        assert "Make it again" in export.error
        assert not list(folder.iterdir())
        assert AuditEvent.objects.get(action="export.failed").data["error"] == export.error

    def test_of_a_full_disk_names_it(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        export = ask()
        monkeypatch.setattr(making, "write_csv", full)
        with pytest.raises(OSError, match="space"):
            make_export(export_id=export.pk)
        export.refresh_from_db()
        assert "disk of the portal is full" in export.error


class TestCancelled:
    @pytest.fixture(autouse=True)
    def reports_after_each_row(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(making, "REPORT_SECONDS", 0)

    def test_in_the_middle_stops_at_the_next_row_and_keeps_nothing(
        self, ask: Ask, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        make_organizations(5)
        export, written = ask(), []

        def watching(path: Path, columns: list[str], rows: Iterator[Row]) -> int:
            def until_cancelled() -> Iterator[Row]:
                for row in rows:
                    written.append(row)
                    if len(written) == 2:
                        cancel_export(actor=SYSTEM, export_id=export.pk)
                    yield row

            return write_csv(path, columns, until_cancelled())

        monkeypatch.setattr(making, "write_csv", watching)
        make_export(export_id=export.pk)
        export.refresh_from_db()
        assert (export.state, len(written)) == (ExportState.CANCELLED, 2)
        assert not list(folder.iterdir())
        assert (events("export.cancelled"), events("export.finished"), events("export.failed")) == (1, 0, 0)

    def test_says_how_far_it_is(self, ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
        make_organizations(3)
        export, said = ask(), []

        def watching(path: Path, columns: list[str], rows: Iterator[Row]) -> int:
            def noting() -> Iterator[Row]:
                for row in rows:
                    said.append(Export.objects.get(pk=export.pk).done)
                    yield row

            return write_csv(path, columns, noting())

        monkeypatch.setattr(making, "write_csv", watching)
        make_export(export_id=export.pk)
        assert said == [0, 1, 2]
        export.refresh_from_db()
        assert (export.done, export.total) == (3, 3)

    def test_before_it_began_is_never_begun(self, ask: Ask, folder: Path) -> None:
        export = ask()
        cancel_export(actor=SYSTEM, export_id=export.pk)
        make_export(export_id=export.pk)
        assert Export.objects.get().state == ExportState.CANCELLED
        assert not folder.exists()


def test_a_worker_that_was_thought_lost_can_change_nothing(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    make_organizations(1)
    export = ask()

    def overtaken(path: Path) -> tuple[int, str]:
        Export.objects.filter(pk=export.pk).update(attempt=2)
        return seal(path)

    monkeypatch.setattr(making, "seal", overtaken)
    make_export(export_id=export.pk)
    export.refresh_from_db()
    assert export.state == ExportState.RUNNING
    assert not export_path(export).exists()
    assert events("export.finished") == 0
