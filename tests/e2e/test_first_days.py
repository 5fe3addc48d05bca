"""People who see Signalbox for the first time: what they came for, from the first page to the end."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from playwright.sync_api import Page, expect

from jobs.runs.models import Run
from jobs.runs.states import RunState, TargetState
from portal.audit.actions import AuditAction
from portal.audit.services import Object, record
from tenants.organizations.models import Organization
from tests.e2e.test_walk import sign_in
from tests.factories import SYSTEM, ask_for_no_approval
from tests.live import Processes, Sandbox, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
Bring = Callable[..., list[Organization]]


def test_a_technician_changes_40_of_300_understands_the_failures_and_retries_the_right_ones(
    sandbox: Sandbox,
    processes: Processes,
    portal: str,
    demo_people: Mapping[str, str],
    organizations_of: Bring,
    open_page: OpenPage,
) -> None:
    healthy, troubled = organizations_of(250), organizations_of(2, trouble="app_not_consented")
    chosen = [*healthy[:38], *troubled]
    ask_for_no_approval()
    processes.worker()
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])

    page.get_by_role("link", name="Cmdlets", exact=True).first.click()
    page.wait_for_load_state()
    page.get_by_label("Search by name or parameter").press_sequentially("mailtips large audience")
    page.get_by_role("link", name="Set-OrganizationConfig", exact=True).click()
    page.get_by_role("link", name="Launch").click()
    page.wait_for_load_state()
    page.get_by_text(re.compile(r"\d+ more parameters")).click()
    page.get_by_label("MailTipsLargeAudienceThreshold").fill("40")
    page.get_by_label("Groups, a list, one by one").check()
    domains = "\n".join([*(organization.default_domain for organization in chosen), "gone.example"])
    page.get_by_label("A list", exact=True).fill(domains)
    page.get_by_label("Reason").fill("Tell people earlier that a message goes to many")
    expect(page.locator("#names-outcome")).to_contain_text("1 not clear")
    page.get_by_role("button", name="Remove these 1 entry from the list").click()
    expect(page.locator("#names-outcome")).not_to_contain_text("not clear")
    expect(page.locator("#summary")).to_contain_text("40 organizations")
    page.get_by_role("button", name="Review…", exact=True).last.click()
    page.get_by_role("button", name="Launch in 40 organizations").click()

    sentence = page.locator("#run-sentence")
    expect(sentence).to_contain_text("Partly failed: 38 succeeded, 2 errored")
    page.locator("#run-causes summary", has_text="No consent in this organization").click()
    expect(page.locator("#run-causes")).to_contain_text("What to do:")
    for organization in troubled:
        sandbox.control("POST", f"organizations/{organization.tenant_id}/trouble", json={"trouble": None})
    page.get_by_role("button", name="Retry 2 errored organizations").click()
    page.wait_for_load_state()
    expect(page.locator("#powershell")).to_contain_text("-MailTipsLargeAudienceThreshold 40")
    page.get_by_role("button", name="Launch in 2 organizations").click()
    page.wait_for_load_state()
    expect(sentence).to_contain_text("Succeeded")

    carried_out = [entry["tenant"] for entry in sandbox.executions("Set-OrganizationConfig")]
    assert sorted(carried_out) == sorted(str(organization.tenant_id) for organization in chosen)


def test_an_auditor_finds_what_happened_in_one_organization_last_month(
    portal: str, demo_people: Mapping[str, str], organizations_of: Bring, open_page: OpenPage
) -> None:
    organization, other = organizations_of(2)
    last_month = timezone.now().replace(day=1) - timedelta(days=3)
    for place, moment in ((organization, last_month), (other, last_month), (organization, timezone.now())):
        named = Object(
            "organization", str(place.pk), place.name, organization_id=place.pk, organization_name=place.name
        )
        with transaction.atomic():
            record(AuditAction.ORGANIZATION_ADDED, actor=SYSTEM, target=named, occurred_at=moment)
    page = open_page()
    sign_in(page, portal, "ada", demo_people["ada"])
    page.get_by_role("link", name="Audit", exact=True).first.click()
    page.get_by_role("link", name="last month").click()
    page.get_by_label("Organization", exact=True).fill(organization.name)
    page.get_by_role("button", name="Filter").click()
    rows = page.locator("main tbody tr")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text(f"{organization.name} appeared among the organizations")
    rows.get_by_role("link").first.click()
    expect(page.locator("main")).to_contain_text(organization.name)


def test_an_approver_reads_the_plan_and_stops_a_run_on_a_telephone(
    sandbox: Sandbox,
    processes: Processes,
    portal: str,
    demo_people: Mapping[str, str],
    organizations_of: Bring,
    launch: Callable[..., Run],
    open_page: OpenPage,
) -> None:
    sandbox.control("POST", "latency", json={"ms": 500})
    run = launch("Get-AcceptedDomain", organizations_of(80))
    processes.worker(WORKER_THREADS="3")
    page = open_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    sign_in(page, portal, "omar", demo_people["omar"])
    page.get_by_role("link", name="Get-AcceptedDomain in 80 organizations").first.tap()
    expect(page.locator("#run-sentence")).to_contain_text("of 80")
    page.get_by_text("Stop…").tap()
    page.get_by_role("button", name="Stop this run").tap()
    expect(page.locator("#run-sentence")).to_contain_text("Stopped")
    page.get_by_role("link", name="PowerShell").tap()
    expect(page.locator("main")).to_contain_text("Get-AcceptedDomain")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    run.refresh_from_db()
    assert run.state == RunState.CANCELLED


def test_whoever_has_no_javascript_reads_launches_and_sees_the_outcome(
    processes: Processes,
    portal: str,
    demo_people: Mapping[str, str],
    organizations_of: Bring,
    open_page: OpenPage,
) -> None:
    organizations_of(3)
    processes.worker()
    page = open_page(java_script_enabled=False)
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/cmdlets/?q=accepted+domain")
    page.get_by_role("link", name="Get-AcceptedDomain", exact=True).click()
    page.get_by_role("link", name="Launch").click()
    page.get_by_label("All organizations").check()
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#summary")).to_contain_text("3 organizations")
    page.get_by_role("button", name="Review…", exact=True).last.click()
    page.get_by_role("button", name="Launch in 3 organizations").click()
    run = Run.objects.get()
    page.wait_for_url(f"{portal}/runs/{run.pk}/")
    sentence = page.locator("#run-sentence")
    wait_for(lambda: page.reload() and "Succeeded: 3" in sentence.inner_text(), what="the outcome")
    page.locator("#board a").first.click()
    expect(page.locator("main")).to_contain_text("succeeded", ignore_case=True)
    assert not run.targets.exclude(state=TargetState.SUCCEEDED).exists()
