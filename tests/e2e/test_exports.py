"""Exports in a real browser: asked for in place, followed, downloaded, deleted; accessible at every width."""

import json
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from portal.core.actors import Source
from portal.exports.making import make_export
from portal.exports.models import Export, ExportFormat, ExportState
from portal.exports.services import request_export
from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.factories import make_organizations
from tests.live import Processes

STRANGE = "‮Ω🚂 <b>& Sons</b> " + "very long name " * 4
OpenPage = Callable[..., Page]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]


def test_a_filtered_list_is_exported_without_leaving_its_page(
    processes: Processes, portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    make_organizations(3, reachability="reachable")
    make_organizations(2)
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/organizations/?reachability=reachable")
    page.locator("summary", has_text="Export").click()
    page.get_by_role("button", name=re.compile("^JSONL")).click()
    export = page.locator("#export-organizations")
    expect(export).to_contain_text("JSONL: Begins in a moment.")
    processes.start("rq-worker")
    with page.expect_download() as waiting:
        export.get_by_role("link", name="Download JSONL 3 rows").click()
    lines = [json.loads(line) for line in Path(waiting.value.path()).read_text(encoding="utf-8").splitlines()]
    assert [line["Reachability"] for line in lines] == ["Reachable"] * 3
    assert page.url.endswith("/organizations/?reachability=reachable")

    page.locator("summary", has_text="Export").click()
    page.get_by_role("link", name="Your exports").click()
    row = page.locator("table.exports tbody tr")
    expect(row).to_contain_text("Reachability")
    row.get_by_role("link", name="Delete…").click()
    page.get_by_role("button", name="Delete this export").click()
    expect(page.locator("main")).to_contain_text("No exports yet")


def test_without_a_script_the_list_shows_what_was_asked_for(
    processes: Processes, portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    make_organizations(2)
    page = open_page(java_script_enabled=False)
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/organizations/")
    page.locator("summary", has_text="Export").click()
    page.get_by_role("button", name=re.compile("^XLSX")).click()
    page.wait_for_url(f"{portal}/exports/")
    expect(page.locator("table.exports tbody tr")).to_contain_text("Organizations")
    processes.start("rq-worker")
    download = page.get_by_role("link", name=re.compile("^Download"))
    while not download.count():
        page.reload()
    with page.expect_download() as waiting:
        download.click()
    assert zipfile.is_zipfile(waiting.value.path())


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_are_accessible_and_fit_with_strange_names(
    processes: Processes, portal: str, demo_people: Mapping[str, str], open_page: OpenPage, scheme: str, width: int
) -> None:
    django_settings.EXPORT_DIR = processes.folder / "exports"
    make_organizations(2, name=STRANGE)
    actor = User.objects.get(username="max").as_actor(Source.WEB)
    exports = [
        request_export(actor=actor, listing="organizations", query=f"search={number}", file_format=ExportFormat.CSV)
        for number in range(4)
    ]
    make_export(export_id=exports[0].pk)
    for export, state in zip(exports[1:], (ExportState.RUNNING, ExportState.FAILED, ExportState.QUEUED), strict=True):
        Export.objects.filter(pk=export.pk).update(
            state=state, done=1, total=2, title=STRANGE, error=STRANGE if state == ExportState.FAILED else ""
        )
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    sign_in(page, portal, "max", demo_people["max"])
    own = [f"/exports/{export.pk}/" for export in exports]

    for path in ("/exports/?everybody=on&colour=red", *own, f"{own[0]}delete/", "/organizations/"):
        page.goto(portal + path)
        page.evaluate(
            "for (const folded of document.querySelectorAll('main details, .export details')) folded.open = true"
        )
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
