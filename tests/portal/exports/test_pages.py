"""Pages of exports: asked for where it is listed, followed, downloaded, cancelled, deleted, made again."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from portal.accounts.grants.models import RoleGrant
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from portal.core.permissions import Permission, PermissionRefused
from portal.exports.files import export_path
from portal.exports.making import make_export
from portal.exports.models import Export, ExportState
from portal.exports.services import download_export
from tests.factories import SYSTEM, holding, make_organizations, make_person, make_run
from tests.live import closed_port
from tests.portal.exports.conftest import Ask, events

SignIn = Callable[[User], Client]
HTMX = {"HX-Request": "true"}
ASK = "/exports/ask/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: SignIn, technician: User) -> Client:
    return signed_in(technician)


def page(browser: Client, path: str) -> str:
    response = browser.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


class TestButton:
    def test_carries_the_filter_of_its_page_and_not_its_place(self, browser: Client) -> None:
        make_organizations(60, reachability="reachable")
        shown = page(browser, "/organizations/?reachability=reachable&sort=-name&search=")
        assert 'name="query" value="reachability=reachable&amp;sort=-name"' in shown
        assert 'name="listing" value="organizations"' in shown
        cursor = browser.get("/organizations/?reachability=reachable").context["page"].next_cursor
        assert cursor
        shown = page(browser, f"/organizations/?reachability=reachable&cursor={quote(cursor)}")
        assert 'name="query" value="reachability=reachable"' in shown

    def test_names_the_thing_whose_parts_are_listed(self, browser: Client) -> None:
        run = make_run(organizations=1, rows=[{"Name": "x"}])
        shown = page(browser, f"/runs/{run.pk}/")
        assert f'name="of" value="{run.pk}"' in shown
        assert 'name="listing" value="run-results"' in shown

    @pytest.mark.parametrize("path", ["/organizations/", "/runs/", "/cmdlets/", "/cmdlets/Set-Mailbox/"])
    def test_is_on_every_list_for_those_who_may(self, browser: Client, path: str) -> None:
        make_run()
        assert f'action="{ASK}"' in page(browser, path)

    def test_is_hidden_from_those_who_may_not(self, signed_in: SignIn, approver: User) -> None:
        run = make_run()
        browser = signed_in(approver)
        assert f'action="{ASK}"' not in page(browser, "/runs/")
        assert f'action="{ASK}"' not in page(browser, f"/runs/{run.pk}/")
        assert f'action="{ASK}"' in page(browser, "/audit/")


class TestAsk:
    def test_queues_one_and_leads_to_the_list(self, browser: Client) -> None:
        for _ in range(2):
            response = browser.post(ASK, {"listing": "organizations", "query": "sort=-name&cursor=x", "format": "xlsx"})
        assert (response.status_code, response.headers["Location"]) == (303, "/exports/")
        export = Export.objects.get()
        assert (export.format, export.query, export.state) == ("xlsx", "sort=-name", ExportState.QUEUED)
        assert "XLSX of “Organizations” is being made" in page(browser, "/exports/")

    def test_by_htmx_gets_the_button_back_with_the_progress(self, browser: Client) -> None:
        values = {"listing": "organizations", "query": "", "format": "csv"}
        shown = browser.post(ASK, values, headers=HTMX).content.decode()
        export = Export.objects.get()
        assert shown.lstrip().startswith('<div class="export')
        assert f'hx-get="/exports/{export.pk}/button/"' in shown
        assert "Begins in a moment" in shown
        make_export(export_id=export.pk)
        shown = browser.get(f"/exports/{export.pk}/button/", headers=HTMX).content.decode()
        assert f'href="/exports/{export.pk}/download/"' in shown
        assert "hx-trigger" not in shown
        assert "The export is ready to download." in shown

    def test_follows_the_address_that_htmx_changed(self, browser: Client) -> None:
        values = {"listing": "cmdlets", "query": "q=old", "follows": "on", "format": "csv"}
        headers = {**HTMX, "HX-Current-URL": "http://testserver/cmdlets/?q=new&cursor=3"}
        browser.post(ASK, values, headers=headers)
        assert Export.objects.get().query == "q=new"

    @pytest.mark.parametrize(
        "values",
        [
            {"listing": "organizations", "format": "exe"},
            {"listing": "organizations"},
            {"listing": "nothing", "format": "csv"},
            {"listing": "run-results", "of": "x", "format": "csv"},
            {"listing": "run-results", "of": "\0", "format": "csv"},
            {},
        ],
    )
    def test_of_what_there_is_not_says_so(self, browser: Client, values: dict[str, str]) -> None:
        response = browser.post(ASK, values)
        assert response.status_code == 422
        assert "Nothing was exported" in response.content.decode()
        assert not Export.objects.exists()

    def test_without_the_right_is_refused(self, signed_in: SignIn, approver: User) -> None:
        run = make_run()
        response = signed_in(approver).post(ASK, {"listing": "run-results", "of": str(run.pk), "format": "csv"})
        assert response.status_code == 403
        assert "jobs:run:export" in response.content.decode()
        assert not Export.objects.exists()

    def test_with_a_broker_that_is_away_stays_queued_and_says_so(self, browser: Client, settings: Settings) -> None:
        settings.REDIS_URL = f"redis://127.0.0.1:{closed_port()}/0"
        settings.RQ_QUEUES = {"exports": {"URL": settings.REDIS_URL}}
        browser.post(ASK, {"listing": "organizations", "format": "csv"})
        Export.objects.update(requested_at=timezone.now() - timedelta(seconds=10))
        assert "The queue cannot be reached." in page(browser, "/exports/")
        assert Export.objects.get().state == ExportState.QUEUED


class TestList:
    def test_shows_ones_own_and_everybodys_to_those_who_may(
        self, browser: Client, made: Ask, signed_in: SignIn, auditor: User
    ) -> None:
        export = made()
        other = made(make_person(), query="sort=-name")
        mine = page(browser, "/exports/?everybody=on")
        assert f"/exports/{export.pk}/download/" in mine
        assert f"/exports/{other.pk}/" not in mine
        assert "“everybody” was ignored" in mine
        browser = signed_in(auditor)
        assert f"/exports/{export.pk}/" not in page(browser, "/exports/")
        everybodys = page(browser, "/exports/?everybody=on")
        assert f"/exports/{export.pk}/" in everybodys
        assert f"/exports/{other.pk}/" in everybodys
        assert export.requested_by in everybodys

    def test_is_filtered_and_sorted_by_its_address(self, browser: Client, made: Ask) -> None:
        make_run()
        small, large = made(listing="cmdlets", query="q=Get-AcceptedDomain"), made(listing="cmdlets", format="jsonl")
        made(listing="runs")

        def shown(query: str) -> list[Export]:
            return [row.export for row in browser.get(f"/exports/?{query}").context["rows"]]

        assert shown("listing=cmdlets&sort=-rows") == [large, small]
        assert shown("listing=cmdlets&sort=size") == [small, large]
        assert shown("format=jsonl") == [large]
        assert len(shown("q=run")) == 1
        assert shown("state=failed") == []
        assert "No export matches" in page(browser, "/exports/?state=failed")

    def test_says_what_of_the_address_makes_no_sense(self, browser: Client, made: Ask) -> None:
        made()
        shown = page(browser, "/exports/?state=lost&sort=colour&cursor=x&size=3")
        for sentence in (
            "State “lost” was ignored",
            "order “colour” was ignored",
            "“size” was ignored",
            "its beginning",
        ):
            assert sentence in shown

    def test_without_exports_teaches_how_to_make_one(self, browser: Client) -> None:
        assert "Every list has an Export button" in page(browser, "/exports/")

    def test_says_how_many_come_before(self, browser: Client, ask: Ask) -> None:
        ask()
        ask(query="sort=-name")
        shown = page(browser, "/exports/")
        assert "Begins in a moment." in shown
        assert "Waits for 1 export before it." in shown

    def test_that_nobody_takes_names_the_process(self, browser: Client, ask: Ask) -> None:
        ask()
        Export.objects.update(requested_at=timezone.now() - timedelta(minutes=2))
        assert "rq-worker" in page(browser, "/exports/")

    def test_follows_only_what_is_under_way(self, browser: Client, ask: Ask, made: Ask) -> None:
        done, going = made(), ask(query="sort=-name")
        shown = page(browser, "/exports/")
        assert f'hx-get="/exports/{going.pk}/row/"' in shown
        assert f'hx-get="/exports/{done.pk}/row/"' not in shown
        Export.objects.filter(pk=going.pk).update(state=ExportState.RUNNING, done=1200, total=3000)
        response = browser.get(f"/exports/{going.pk}/row/", headers=HTMX)
        assert (response.status_code, "1,200 of 3,000 rows" in response.content.decode()) == (200, True)
        Export.objects.filter(pk=going.pk).update(state=ExportState.CANCELLED)
        assert browser.get(f"/exports/{going.pk}/row/", headers=HTMX).status_code == 286

    def test_number_of_queries_does_not_grow(self, browser: Client, ask: Ask) -> None:
        def queries(number: int) -> int:
            for index in range(number):
                ask(query=f"search={number}-{index}")
            with CaptureQueriesContext(connection) as captured:
                page(browser, "/exports/")
            return len(captured)

        assert queries(5) == queries(20)


class TestDownload:
    def test_sends_the_file_and_records_it(self, browser: Client, made: Ask) -> None:
        make_organizations(1, name="=1+1")
        export = made()
        response = browser.get(f"/exports/{export.pk}/download/")
        assert b"'=1+1" in b"".join(response)
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
        name = f'attachment; filename="organizations-{export.requested_at:%Y%m%d-%H%M%S}.csv"'
        assert response.headers["Content-Disposition"] == name
        event = AuditEvent.objects.get(action="export.downloaded")
        assert event.data["sha256"] == export.sha256

    def test_name_of_the_file_is_safe_whatever_is_exported(self, browser: Client, made: Ask) -> None:
        export = made()
        Export.objects.update(title='../../etc/passwd"\r\nX: y; \u202egnp.exe 🚂')
        response = browser.get(f"/exports/{export.pk}/download/")
        assert b"".join(response)
        name = response.headers["Content-Disposition"]
        assert name.startswith('attachment; filename="etcpasswd-x-y-gnpexe-')

    def test_of_an_expired_one_is_410_and_offers_to_make_it_again(self, browser: Client, made: Ask) -> None:
        export = made()
        export_path(export).unlink()
        response = browser.get(f"/exports/{export.pk}/download/")
        shown = response.content.decode()
        assert response.status_code == 410
        assert "expired" in shown
        assert f'action="/exports/{export.pk}/again/"' in shown

    @pytest.mark.parametrize("state", [ExportState.QUEUED, ExportState.RUNNING, ExportState.FAILED])
    def test_of_an_unfinished_one_is_refused(self, browser: Client, made: Ask, state: ExportState) -> None:
        export = made()
        Export.objects.update(state=state)
        assert browser.get(f"/exports/{export.pk}/download/").status_code == 410
        assert events("export.downloaded") == 0

    def test_by_somebody_else_is_not_found(self, signed_in: SignIn, made: Ask) -> None:
        assert signed_in(make_person()).get(f"/exports/{made().pk}/download/").status_code == 404

    def test_by_an_auditor_is_allowed_and_recorded(self, signed_in: SignIn, auditor: User, made: Ask) -> None:
        assert b"".join(signed_in(auditor).get(f"/exports/{made().pk}/download/"))
        assert AuditEvent.objects.get(action="export.downloaded").actor_id == str(auditor.pk)

    def test_of_what_one_may_not_see_is_refused_also_to_those_who_see_all_exports(self, made: Ask) -> None:
        make_run()
        export = made(listing="runs")
        blind = holding(frozenset(Permission) - {Permission.RUN_READ})
        assert download_export(actor=SYSTEM, export_id=export.pk) == export
        with pytest.raises(PermissionRefused, match="jobs:run:read"):
            download_export(actor=blind, export_id=export.pk)

    def test_after_the_right_was_withdrawn_is_refused(self, signed_in: SignIn, technician: User, made: Ask) -> None:
        make_run()
        export = made(listing="runs")
        RoleGrant.objects.filter(user=technician).update(role="approver")
        browser = signed_in(User.objects.get(pk=technician.pk))
        assert browser.get(f"/exports/{export.pk}/download/").status_code == 403
        assert "jobs:run:export" in page(browser, f"/exports/{export.pk}/")


class TestCancel:
    def test_ends_one_that_waits(self, browser: Client, ask: Ask) -> None:
        export = ask()
        assert browser.post(f"/exports/{export.pk}/cancel/").status_code == 303
        assert Export.objects.get().state == ExportState.CANCELLED
        assert events("export.cancelled") == 1

    def test_of_one_that_is_done_says_so(self, browser: Client, made: Ask) -> None:
        response = browser.post(f"/exports/{made().pk}/cancel/")
        assert response.status_code == 409
        assert "There is nothing to cancel" in response.content.decode()

    def test_by_somebody_else_is_not_found(self, signed_in: SignIn, ask: Ask) -> None:
        assert signed_in(make_person()).post(f"/exports/{ask().pk}/cancel/").status_code == 404


class TestDelete:
    def test_asks_first_and_names_what_goes(self, browser: Client, made: Ask) -> None:
        make_organizations(3)
        export = made()
        shown = page(browser, f"/exports/{export.pk}/delete/")
        assert "Delete this export: 3 rows?" in shown
        assert "“Organizations” as CSV" in shown
        assert export_path(export).exists()

    @pytest.mark.django_db(transaction=True)
    def test_deletes_the_file_and_keeps_what_was_done_with_it(self, browser: Client, made: Ask) -> None:
        export = made()
        assert browser.post(f"/exports/{export.pk}/delete/").status_code == 303
        assert not export_path(export).exists()
        assert not Export.objects.exists()
        assert AuditEvent.objects.get(action="export.deleted").data["sha256"] == export.sha256
        assert browser.get(f"/exports/{export.pk}/").status_code == 404

    def test_of_one_under_way_says_to_cancel_first(self, browser: Client, ask: Ask) -> None:
        response = browser.post(f"/exports/{ask().pk}/delete/")
        assert (response.status_code, "Cancel it first" in response.content.decode()) == (409, True)

    def test_by_somebody_else_is_not_found(self, signed_in: SignIn, made: Ask) -> None:
        assert signed_in(make_person()).post(f"/exports/{made().pk}/delete/").status_code == 404
        assert Export.objects.exists()


class TestAgain:
    def test_asks_for_the_same_as_it_is_now(self, browser: Client, made: Ask) -> None:
        make_organizations(1, reachability="reachable")
        first = made(query="reachability=reachable", format="jsonl")
        make_organizations(1, reachability="reachable")
        assert browser.post(f"/exports/{first.pk}/again/").status_code == 303
        second = Export.objects.latest("requested_at")
        make_export(export_id=second.pk)
        second.refresh_from_db()
        assert (second.query, second.format, second.row_count) == (first.query, "jsonl", 2)

    def test_of_what_is_gone_says_so(self, browser: Client, made: Ask) -> None:
        make_run()
        export = made(listing="runs")
        Export.objects.update(listing="run-results", of_id="00000000-0000-7000-8000-000000000000")
        response = browser.post(f"/exports/{export.pk}/again/")
        assert (response.status_code, "There is no such run." in response.content.decode()) == (409, True)

    def test_by_an_auditor_belongs_to_the_auditor(self, signed_in: SignIn, auditor: User, made: Ask) -> None:
        signed_in(auditor).post(f"/exports/{made().pk}/again/")
        assert Export.objects.latest("requested_at").requested_by_id == str(auditor.pk)


class TestOwnPage:
    def test_says_what_it_holds_and_its_hash(self, browser: Client, made: Ask) -> None:
        export = made(query="reachability=reachable")
        shown = page(browser, f"/exports/{export.pk}/")
        for fact in (export.sha256, "Reachability: Reachable", "/organizations/?reachability=reachable", "(you)"):
            assert fact in shown

    def test_of_a_failed_one_says_why(self, browser: Client, made: Ask) -> None:
        export = made()
        Export.objects.update(state=ExportState.FAILED, error="The disk of the portal is full.")
        assert "The disk of the portal is full." in page(browser, f"/exports/{export.pk}/")
        assert "The disk of the portal is full." in page(browser, "/exports/")

    def test_follows_until_it_ends(self, browser: Client, ask: Ask) -> None:
        export = ask()
        assert browser.get(f"/exports/{export.pk}/progress/", headers=HTMX).status_code == 200
        make_export(export_id=export.pk)
        assert browser.get(f"/exports/{export.pk}/progress/", headers=HTMX).status_code == 286


@pytest.mark.parametrize("part", ["row", "progress", "button"])
def test_whoever_opens_the_address_of_a_part_is_sent_to_the_export(browser: Client, ask: Ask, part: str) -> None:
    export = ask()
    answer = browser.get(f"/exports/{export.pk}/{part}/")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/exports/{export.pk}/")


@pytest.mark.parametrize("path", ["", "row/", "progress/", "button/", "download/", "delete/"])
def test_an_unknown_export_is_not_found(browser: Client, path: str) -> None:
    assert browser.get(f"/exports/00000000-0000-7000-8000-000000000000/{path}").status_code == 404


@pytest.mark.parametrize("path", ["ask/", "cancel/", "again/"])
def test_what_changes_something_is_never_a_get(browser: Client, ask: Ask, path: str) -> None:
    own = "" if path == "ask/" else f"{ask().pk}/"
    assert browser.get(f"/exports/{own}{path}").status_code == 405
