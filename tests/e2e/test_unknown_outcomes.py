"""A person looks into an unknown outcome and decides, in a real browser."""

from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import Page, expect

from jobs.runs.states import RunState, TargetState, Verdict
from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.factories import make_organizations, make_reconciliation, make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]


def test_from_the_first_page_to_a_decision_and_back(
    portal: str, demo_people: Mapping[str, str], open_page: Callable[..., Page]
) -> None:
    run = make_run(
        state=RunState.PARTLY_FAILED,
        organizations=make_organizations(2),
        states=[TargetState.UNKNOWN],
        cmdlet="Set-Mailbox",
        effect="absolute_set",
        risk="change",
        powershell="Set-Mailbox -Identity jane -MailTip Away -Confirm:$false",
    )
    run.targets.update(verdict=Verdict.NEEDS_PERSON)
    for target in run.targets.all():
        make_reconciliation(target, Verdict.NEEDS_PERSON)
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])

    page.goto(f"{portal}/")
    page.get_by_role("link", name="Show them").click()
    page.wait_for_load_state()
    expect(page.get_by_role("heading", name="Unknown outcomes", level=1)).to_be_visible()
    expect(page.locator(".unknown-table tbody tr")).to_have_count(2)
    page.locator(".unknown-table tbody tr th a").first.click()
    page.wait_for_load_state()
    expect(page.locator("#unknown")).to_contain_text("A person has to look.")
    page.get_by_role("button", name="It is as planned").click()
    assert page.evaluate("document.activeElement.id") == "decision-words", "the browser asks for the reason"
    page.get_by_label("How do you know?").fill("The mail tip is there.")
    page.get_by_role("button", name="It is as planned").click()
    expect(page.locator("#unknown")).to_contain_text("The mail tip is there.")
    expect(page.locator("#unknown")).to_contain_text("It is as planned.")
    assert violations(page) == []

    page.goto(f"{portal}/runs/unknown/?verdict=needs_person")
    expect(page.locator(".unknown-table tbody tr")).to_have_count(1)
    assert violations(page) == []
    page.goto(f"{portal}/runs/{run.pk}/")
    expect(page.locator("#run-progress")).to_contain_text("2 unknown: 1 needs a person, 1 found as planned")
