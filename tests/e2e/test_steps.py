"""A job of three steps with an organization variable: made, launched, watched and understood in a real browser."""

import re
from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import Page, expect

from jobs.runs.models import Run
from jobs.saved.models import Job
from tenants.organizations.models import Organization
from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.live import Processes, Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
Bring = Callable[..., list[Organization]]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def add_step(page: Page, cmdlet: str) -> None:
    page.locator("#add-step summary").click()
    page.get_by_label("Cmdlet of the new step").fill(cmdlet)
    page.get_by_role("button", name="Add the step").click()
    page.wait_for_url(re.compile(f"/cmdlets/{cmdlet}/launch/"))
    page.wait_for_load_state()


def make_job(page: Page, portal: str) -> None:
    """Make a job of three steps: create a group, set its mail tip, read it."""
    page.goto(f"{portal}/cmdlets/New-DistributionGroup/launch/")
    page.locator("#p-Name").fill("Signal crew")
    page.get_by_label("All organizations").check()
    page.get_by_label("Reason").fill("a group everywhere")
    add_step(page, "Set-DistributionGroup")
    page.locator("#p-Identity").fill("Signal crew")
    page.locator(".more-parameters > summary").click()
    page.locator("#p-MailTip").fill("Ask help@{default_domain}")
    add_step(page, "Get-DistributionGroup")
    page.locator("#p-Identity").fill("Signal crew")
    page.get_by_text("Save as a job").click()
    page.get_by_label("Name", exact=True).fill("Signal crew everywhere")
    page.get_by_role("button", name="Save as a new job").click()
    page.wait_for_url(re.compile("/jobs/[0-9a-f-]{36}/$"))
    page.wait_for_load_state()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_job_of_three_steps_from_its_form_to_the_outcome_of_each_step(
    sandbox: Sandbox,
    processes: Processes,
    portal: str,
    demo_people: Mapping[str, str],
    organizations_of: Bring,
    open_page: OpenPage,
    scheme: str,
    width: int,
) -> None:
    organizations_of(4)
    processes.worker(WORKER_THREADS="4")
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    sign_in(page, portal, "tess", demo_people["tess"])
    make_job(page, portal)
    expect(page.get_by_role("heading", name="Its 3 steps")).to_be_visible()
    assert not violations(page)
    assert page.evaluate(OVERFLOW) <= 0

    page.get_by_role("link", name="Launch…", exact=True).click()
    page.wait_for_url(re.compile("/cmdlets/New-DistributionGroup/launch/"))
    page.wait_for_load_state()
    expect(page.locator(".form-steps > li")).to_have_count(3)
    assert not violations(page)
    assert page.evaluate(OVERFLOW) <= 0
    page.get_by_role("button", name=re.compile("^Review")).last.click()
    page.wait_for_url(re.compile("/review/$"))
    page.wait_for_load_state()
    first = Organization.objects.order_by("name")[0]
    expect(page.get_by_role("row", name=first.name).first).to_contain_text(first.default_domain)
    assert not violations(page)
    assert page.evaluate(OVERFLOW) <= 0
    page.get_by_role("button", name="Launch in 4 organizations").click()

    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    expect(page.locator("#run-sentence")).to_contain_text("Succeeded: 4 succeeded")
    expect(page.locator("#run-steps")).to_contain_text("Step 3 of 3: Get-DistributionGroup")
    expect(page.locator("#run-steps li").nth(2)).to_contain_text("4 succeeded")
    assert not violations(page)
    assert page.evaluate(OVERFLOW) <= 0
    run = Run.objects.get()
    assert run.job == Job.objects.get()
    assert len(sandbox.executions("New-DistributionGroup")) == len(sandbox.executions("Set-DistributionGroup")) == 4

    target = run.targets.get(position=0)
    page.goto(f"{portal}/targets/{target.pk}/")
    expect(page.get_by_role("heading", name="Result of step 3")).to_be_visible()
    expect(page.locator("#result")).to_contain_text(f"Ask help@{first.default_domain}")
    assert not violations(page)
    assert page.evaluate(OVERFLOW) <= 0
