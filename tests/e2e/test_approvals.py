"""Four eyes in two real browsers: a run waits, another person signs, it begins; a lost right denies the rest."""

import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from jobs.launch import draft_run, launch_run
from jobs.planning import RunRequest
from jobs.runs.models import Run
from jobs.runs.selection import Selection
from jobs.runs.states import RunState, TargetState
from portal.accounts.grants.services import revoke_grant
from portal.accounts.models import User
from portal.accounts.policy import Role
from portal.accounts.web.access import STEPPED_UP_AT
from tenants.organizations.models import Organization
from tests.e2e.axe import violations
from tests.e2e.world import browser_of
from tests.factories import SYSTEM, ask_for_no_approval, make_person
from tests.jobs.approvals.world import fresh
from tests.live import Processes, Sandbox, wait_for

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
Bring = Callable[..., list[Organization]]
DOMAIN = "Default"


def at_work(page: Page, portal: str, person: User) -> Page:
    """Let `page` be of a person who is signed in and proved just now to be there."""
    browser = browser_of(person)
    session = browser.session
    session[STEPPED_UP_AT] = time.time()
    session.save()
    page.context.add_cookies([{"name": "sessionid", "value": browser.cookies["sessionid"].value, "url": portal}])
    return page


def test_a_destructive_run_waits_for_the_approver_in_a_second_browser_and_begins_when_he_signs(
    sandbox: Sandbox, processes: Processes, portal: str, organizations_of: Bring, open_page: OpenPage
) -> None:
    places = organizations_of(3)
    processes.worker()
    technician, approver = make_person(Role.SENIOR_TECHNICIAN), make_person(Role.APPROVER)
    page, other = (
        at_work(open_page(), portal, technician),
        at_work(open_page(viewport={"width": 390, "height": 800}, color_scheme="dark"), portal, approver),
    )

    page.goto(f"{portal}/cmdlets/Remove-RemoteDomain/launch/?p.Identity={DOMAIN}&where=all")
    page.get_by_label("All organizations").check()
    page.get_by_label("Reason").fill("The gateway stamps it now")
    page.get_by_role("button", name="Review…", exact=True).last.click()
    expect(page.locator("body")).to_contain_text("1 other person must approve exactly this before it begins")
    assert violations(page) == []
    page.get_by_label("I have read it").check()
    page.get_by_role("button", name="Ask for approval in 3 organizations").click()
    expect(page.locator("#run-sentence")).to_contain_text("Waits for approval: 3 organizations")
    assert violations(page) == []

    other.goto(portal)
    other.get_by_role("link", name="Decide").click()
    other.get_by_role("link", name="Remove-RemoteDomain in 3 organizations").click()
    other.wait_for_load_state()
    for place in places:
        expect(other.locator("#frozen-list")).to_contain_text(place.name)
    assert violations(other) == []
    assert other.evaluate("document.documentElement.scrollWidth") <= 390
    other.get_by_role("button", name="Read it").click()
    expect(other.locator("body")).to_contain_text("reads what is there now; it changes nothing")
    other.get_by_role("link", name="Get-RemoteDomain in 3 organizations").first.click()
    expect(other.locator("main")).to_contain_text("Default", timeout=60_000)
    other.go_back()
    time.sleep(2)
    assert not sandbox.executions("Remove-RemoteDomain"), "nothing is sent before somebody approves"
    other.get_by_label("Comment").fill("Checked with the customer")
    other.get_by_role("button", name="Approve this plan").click()
    expect(other.locator("body")).to_contain_text("Approved: the run begins.")

    expect(page.locator("#run-sentence")).to_contain_text("succeeded", timeout=60_000)
    expect(page.locator("#run-progress")).to_contain_text("Checked with the customer")
    assert len(sandbox.executions("Remove-RemoteDomain")) == 3


def test_a_right_that_is_taken_away_in_mid_run_denies_the_remaining_organizations(
    sandbox: Sandbox, processes: Processes, portal: str, organizations_of: Bring, open_page: OpenPage
) -> None:
    ask_for_no_approval()
    places = organizations_of(40)
    sandbox.control("POST", "latency", json={"ms": 400})
    processes.worker(WORKER_THREADS="2")
    person = make_person(Role.SENIOR_TECHNICIAN)
    selection = Selection(organization_ids=[place.pk for place in places])
    draft = draft_run(actor=fresh(person), request=RunRequest("Get-AcceptedDomain", {}, selection))
    run = launch_run(actor=fresh(person), run_id=draft.pk)
    other = at_work(open_page(), portal, make_person(Role.AUDITOR))
    other.goto(f"{portal}/runs/{run.pk}/")
    wait_for(lambda: run.targets.filter(state=TargetState.SUCCEEDED).count() >= 3, what="some organizations")
    for held in person.role_grants.all():
        revoke_grant(actor=SYSTEM, grant_id=held.pk, reason="Left the team")
    wait_for(lambda: Run.objects.get(pk=run.pk).finished_at is not None, what="the end")
    counts = Run.objects.get(pk=run.pk).counts
    assert counts[TargetState.DENIED] > 20, counts
    assert set(counts) <= {TargetState.DENIED, TargetState.SUCCEEDED}, counts
    assert Run.objects.get(pk=run.pk).state == RunState.PARTLY_FAILED
    expect(other.locator("#run-sentence")).to_contain_text(f"{counts[TargetState.DENIED]} denied")
