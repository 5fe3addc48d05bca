"""The way of a technician: sign in, choose a cmdlet, launch it everywhere, watch, understand, export, stop."""

import csv
import io
import re
from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import Page, expect

from jobs.runs.models import Run
from jobs.runs.states import RunState
from portal.accounts.models import User
from portal.audit.models import AuditEvent
from tenants.organizations.models import Organization
from tests.factories import code_of, make_app
from tests.live import Processes, Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
Bring = Callable[..., list[Organization]]


def sign_in(page: Page, portal: str, name: str, password: str) -> None:
    """Sign in with password and authenticator app."""
    page.goto(f"{portal}/sign-in/")
    prove(page, name, password)
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def prove(page: Page, name: str, password: str) -> None:
    """Fill in the sign-in page and the one behind it."""
    seed = make_app(User.objects.get(username=name))
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_label("Code").fill(code_of(seed))
    page.get_by_role("button", name="Go on").click()


def review(page: Page, portal: str, cmdlet: str) -> None:
    """Search the cmdlet, choose all organizations, and go on to the review."""
    page.goto(f"{portal}/cmdlets/")
    page.get_by_label("Search by name or parameter").press_sequentially("acepted domian")
    page.get_by_role("link", name=cmdlet, exact=True).click()
    page.get_by_role("link", name="Launch…", exact=True).click()
    page.get_by_label("All organizations").check()
    page.get_by_label("Reason").fill("quarterly check")
    page.get_by_role("button", name=re.compile("^Review")).last.click()
    expect(page.get_by_text("Exactly this is sent")).to_be_visible()


def test_a_technician_launches_watches_understands_and_exports(
    sandbox: Sandbox,
    processes: Processes,
    portal: str,
    demo_people: Mapping[str, str],
    organizations_of: Bring,
    open_page: OpenPage,
) -> None:
    organizations_of(30)
    organizations_of(2, trouble="app_not_consented")
    sandbox.control("POST", "latency", json={"ms": 150})
    processes.worker(WORKER_THREADS="4")
    processes.start("rq-worker")
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])
    review(page, portal, "Get-AcceptedDomain")
    expect(page.locator("body")).to_contain_text("32 organizations")
    page.get_by_role("button", name="Launch in 32 organizations").click()

    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    cells = page.locator("#board a, #board .cell")
    expect(cells).to_have_count(32)
    progress = page.locator("#run-sentence")
    expect(progress).to_contain_text(re.compile(r"Running: [1-9]\d* of 32"))
    first_cell = cells.first.bounding_box()
    expect(progress).to_contain_text("Partly failed: 30 succeeded, 2 errored")
    assert cells.first.bounding_box() == first_cell, "the board moved while it was watched"
    expect(page).to_have_title(re.compile("Partly failed"))
    expect(page.locator("#run-causes")).to_contain_text("No consent in this organization")

    cells.first.click()
    page.wait_for_url(re.compile(r"/targets/[0-9a-f-]{36}/$"))
    expect(page.locator("main")).to_contain_text("committed before the cmdlet was sent")
    page.goto(f"{portal}/runs/{Run.objects.get().pk}/")
    page.locator("#run-actions summary", has_text="Export").click()
    page.get_by_role("button", name="CSV").click()
    link = page.get_by_role("link", name=re.compile("Download"))
    with page.expect_download() as waiting:
        link.first.click()
    rows = list(csv.DictReader(io.StringIO(waiting.value.path().read_text(encoding="utf-8-sig"))))
    assert len({row["TenantId"] for row in rows}) == 32
    assert sum(row["TargetState"] == "errored" for row in rows) == 2

    run = Run.objects.get()
    assert run.requested_by == "Tess Turner (tess)"
    assert run.counts == {"succeeded": 30, "errored": 2}
    actions = set(AuditEvent.objects.filter(run_id=run.pk).values_list("action", flat=True))
    assert {"run.drafted", "run.launched", "run.finished", "export.requested", "export.downloaded"} <= actions


def test_the_stop_button_holds(
    sandbox: Sandbox,
    processes: Processes,
    portal: str,
    demo_people: Mapping[str, str],
    organizations_of: Bring,
    open_page: OpenPage,
) -> None:
    organizations_of(60)
    sandbox.control("POST", "latency", json={"ms": 400})
    processes.worker(WORKER_THREADS="3")
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])
    review(page, portal, "Get-AcceptedDomain")
    page.get_by_role("button", name="Launch in 60 organizations").click()
    progress = page.locator("#run-sentence")
    expect(progress).to_contain_text(re.compile(r"Running: [1-9]\d* of 60"))
    page.get_by_text("Stop…").click()
    page.get_by_role("button", name="Stop this run").click()
    expect(progress).to_contain_text("Stopped")
    run = Run.objects.get()
    assert run.state == RunState.CANCELLED
    assert run.counts["cancelled"] >= 40
    assert len(sandbox.executions("Get-AcceptedDomain")) == run.counts["succeeded"]


def test_an_auditor_sees_everything_and_may_launch_nothing(
    portal: str, demo_people: Mapping[str, str], organizations_of: Bring, open_page: OpenPage
) -> None:
    organizations_of(2)
    page = open_page()
    sign_in(page, portal, "ada", demo_people["ada"])
    page.goto(f"{portal}/audit/")
    expect(page.locator("main")).to_contain_text("Ada Auer (ada) signed in")
    page.goto(f"{portal}/cmdlets/Get-AcceptedDomain/")
    expect(page.get_by_role("heading", name="Get-AcceptedDomain")).to_be_visible()
    expect(page.get_by_role("link", name="Launch")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_a_telephone(
    portal: str, demo_people: Mapping[str, str], organizations_of: Bring, open_page: OpenPage, scheme: str
) -> None:
    organizations_of(5)
    page = open_page(viewport={"width": 390, "height": 800}, color_scheme=scheme)
    sign_in(page, portal, "max", demo_people["max"])
    for path in (
        "/",
        "/organizations/",
        "/cmdlets/?q=mailbox",
        "/cmdlets/Set-Mailbox/launch/",
        "/runs/",
        "/audit/",
        "/exports/",
    ):
        page.goto(portal + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
