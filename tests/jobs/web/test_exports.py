"""Exports on a run's page: asked for, followed, downloaded, made again."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from jobs.results.exports import make_export
from jobs.results.models import Export, ExportState
from jobs.runs.models import Run
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tests.factories import make_run

SignIn = Callable[[User], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def export_dir(tmp_path: Path, settings: Settings) -> Path:
    settings.EXPORT_DIR = tmp_path
    return tmp_path


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


@pytest.fixture
def run() -> Run:
    return make_run(organizations=2, rows=[{"Name": "=1+1"}])


@pytest.fixture
def ready(browser: Client, run: Run) -> Export:
    browser.post(f"/runs/{run.pk}/exports/", {"format": "csv"})
    export = Export.objects.get()
    make_export(str(export.pk))
    export.refresh_from_db()
    return export


class TestAsk:
    def test_queues_one_and_leads_back(self, browser: Client, run: Run) -> None:
        for _ in range(2):
            response = browser.post(f"/runs/{run.pk}/exports/", {"format": "jsonl"})

        assert (response.status_code, response.headers["Location"]) == (303, f"/runs/{run.pk}/#run-exports")
        assert Export.objects.get().format == "jsonl"

    def test_unknown_format(self, browser: Client, run: Run) -> None:
        assert browser.post(f"/runs/{run.pk}/exports/", {"format": "exe"}).status_code == 422
        assert not Export.objects.exists()

    def test_wrong_method(self, browser: Client, run: Run) -> None:
        assert browser.put(f"/runs/{run.pk}/exports/").status_code == 405

    def test_not_signed_in(self, client: Client, run: Run) -> None:
        assert client.post(f"/runs/{run.pk}/exports/", {"format": "csv"}).status_code == 302

    def test_wrong_role(self, signed_in: SignIn, approver: User, run: Run) -> None:
        browser = signed_in(approver)

        assert browser.post(f"/runs/{run.pk}/exports/", {"format": "csv"}).status_code == 403
        assert "/exports/" not in browser.get(f"/runs/{run.pk}/").content.decode()


class TestFollow:
    def test_polls_until_it_is_ready(self, browser: Client, run: Run) -> None:
        browser.post(f"/runs/{run.pk}/exports/", {"format": "csv"})

        waiting = browser.get(f"/runs/{run.pk}/exports/")
        make_export(str(Export.objects.get().pk))
        done = browser.get(f"/runs/{run.pk}/exports/")

        assert waiting.status_code == 200
        assert "every 1s" in waiting.content.decode()
        assert done.status_code == 286
        assert "every 1s" not in done.content.decode()
        assert f"/exports/{Export.objects.get().pk}/" in done.content.decode()


class TestDownload:
    def test_sends_the_file_and_records_it(self, browser: Client, ready: Export) -> None:
        name = ready.file_name

        response = browser.get(f"/exports/{ready.pk}/")

        assert "'=1+1" in b"".join(response).decode()
        assert name in response.headers["Content-Disposition"]
        assert AuditEvent.objects.filter(action="export.downloaded", target_id=str(ready.pk)).count() == 1

    def test_expired_is_410_and_offers_to_make_it_again(self, browser: Client, ready: Export, export_dir: Path) -> None:
        (export_dir / f"{ready.pk}.csv").unlink()

        response = browser.get(f"/exports/{ready.pk}/")

        assert response.status_code == 410
        assert f'action="/runs/{ready.run_id}/exports/"' in response.content.decode()
        assert "Make it again as CSV" in response.content.decode()

    def test_expired_one_has_no_link(self, browser: Client, ready: Export) -> None:
        Export.objects.update(expires_at=timezone.now() - timedelta(days=1))

        assert f"/exports/{ready.pk}/" not in browser.get(f"/runs/{ready.run_id}/").content.decode()

    def test_failed_one_says_what_to_do(self, browser: Client, ready: Export) -> None:
        Export.objects.update(state=ExportState.FAILED, error="The file could not be written.")

        assert "The file could not be written. Export again" in browser.get(f"/runs/{ready.run_id}/").content.decode()

    def test_wrong_role(self, signed_in: SignIn, approver: User, ready: Export) -> None:
        assert signed_in(approver).get(f"/exports/{ready.pk}/").status_code == 403

    def test_not_signed_in(self, client: Client, ready: Export) -> None:
        assert client.get(f"/exports/{ready.pk}/").status_code == 302

    def test_wrong_method(self, browser: Client, ready: Export) -> None:
        assert browser.post(f"/exports/{ready.pk}/").status_code == 405

    def test_unknown(self, browser: Client) -> None:
        assert browser.get("/exports/00000000-0000-7000-8000-000000000000/").status_code == 404
