"""What has been done, in a real browser: narrowed by clicks, kept under a name, followed while it goes on."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs.runs.models import CloseKind, Run, RunTarget
from jobs.runs.states import RunState, TargetState
from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.factories import make_connection, make_organizations, make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
STRANGE = "‏שלום עולם ושות׳ 🏢 a name of sixty characters and then some"


def test_rows_of_runs_that_go_on_follow_them_in_place(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    run = make_run(state=RunState.RUNNING, organizations=2)
    make_run(organizations=2, launched_at=timezone.now() - timedelta(minutes=1))
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/runs/")
    row = page.get_by_role("row").filter(has_text="2 queued")
    place = row.bounding_box()

    RunTarget.objects.filter(run=run).update(state=TargetState.SUCCEEDED, finished_at=timezone.now())
    Run.objects.filter(pk=run.pk).update(state=RunState.SUCCEEDED, counts={"succeeded": 2}, finished_at=timezone.now())

    first = page.locator("tbody tr", has=page.locator(f"#state-{run.pk}"))
    expect(first).to_contain_text("2 succeeded")
    moved = first.bounding_box()
    assert place
    assert moved
    assert (moved["x"], moved["y"]) == (place["x"], place["y"])
    expect(page.locator("#live-rows[hx-get]")).to_have_count(0)


def test_filters_are_clicked_kept_under_a_name_and_open_the_list(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    make_run(cmdlet="Set-Mailbox", risk="change", organizations=1)
    make_run(cmdlet="Get-Mailbox", organizations=1)
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/runs/")
    page.get_by_role("link", name="changed", exact=True).click()
    page.get_by_role("textbox", name="Organization").fill("customer")
    page.get_by_role("button", name="Filter", exact=True).click()
    expect(page.locator("tbody tr", has_text="Mailbox")).to_have_count(1)
    assert sorted(urlsplit(page.url).query.split("&")) == ["organization=customer", "risk=change"]

    page.get_by_text("Saved filters").click()
    page.get_by_label("Save the present filters as").fill("Changes at customers")
    page.get_by_role("button", name="Save filters").click()
    page.get_by_text("Changes at customers").first.click()
    page.get_by_role("link", name="Edit Changes at customers").click()
    page.get_by_label("Open the list with it").check()
    page.get_by_role("button", name="Save", exact=True).click()

    page.goto(f"{portal}/")
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Runs").click()
    expect(page.get_by_role("link", name="Take away: changed")).to_be_visible()
    page.get_by_role("link", name="Clear filters").click()
    expect(page.locator("tbody tr", has_text="Mailbox")).to_have_count(2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_are_accessible_and_fit_with_strange_names(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage, scheme: str, width: int
) -> None:
    places = make_organizations(2, name=STRANGE)
    states = [TargetState.FAILED, TargetState.SUCCEEDED]
    rows: list[dict[str, Any]] = [{"Name": STRANGE, "Nested": {"a": [1, 2]}}, {"Name": "second", "Nested": None}]
    run = make_run(organizations=places, states=states, state=RunState.PARTLY_FAILED, rows=rows, reason="w" * 200)
    page = open_page(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    sign_in(page, portal, "max", demo_people["max"])
    targets = [f"/targets/{target.pk}/" for target in run.targets.all()]

    for path in ("/runs/?outcome=failures&colour=red", "/audit/", *targets):
        page.goto(portal + path)
        page.evaluate("for (const folded of document.querySelectorAll('main details')) folded.open = true")
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def test_the_ledger_shows_every_column_whole_at_the_working_width(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    for target in make_run(organizations=make_organizations(3, name="Visser Installatietechniek V.O.F.")).targets.all():
        make_connection(target, close_kind=CloseKind.ERROR, close_reason="Application has no supported role")
    page = open_page()
    sign_in(page, portal, "ada", demo_people["ada"])
    page.goto(f"{portal}/connections/")

    expect(page.get_by_text("After an error").first).to_be_visible()
    table = page.get_by_role("region", name="Connections")
    assert table.evaluate("region => region.scrollWidth - region.clientWidth") == 0
