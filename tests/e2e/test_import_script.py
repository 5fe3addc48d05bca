"""A script from its file to a launched step's form, in a real browser."""

from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.factories import make_app_registration, make_organizations, make_partner
from tests.jobs.scripts.samples import FOLDER

OpenPage = Callable[..., Page]
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize(
    ("scheme", "width", "scripted"), [("light", 1280, True), ("dark", 390, True), ("light", 1280, False)]
)
def test_from_the_file_to_the_form_of_a_step(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage, scheme: str, width: int, scripted: bool
) -> None:
    make_app_registration(make_partner())
    make_organizations(3)
    page = open_page(
        color_scheme=scheme,
        viewport={"width": width, "height": 800},
        java_script_enabled=scripted,
        failing=not scripted,
    )
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/jobs/import-script/")
    page.locator("#script-file").set_input_files(FOLDER / "straight_sequence.ps1")
    page.get_by_role("button", name="Inspect the script").click()

    expect(page.locator(".verdict-first")).to_contain_text("connects once, with the managed identity of its machine")
    expect(page.locator("#job-name")).to_have_value("straight_sequence")
    if scripted:
        assert not violations(page)
        assert page.evaluate(OVERFLOW) <= 0
    page.get_by_role("button", name="Create draft job").click()

    expect(page.locator(".job-steps > li")).to_have_count(4)
    if scripted:
        assert not violations(page)
        assert page.evaluate(OVERFLOW) <= 0
    page.get_by_role("link", name="Launch step 2, Set-Mailbox").click()

    expect(page.locator("[name='p.ForwardingSmtpAddress']")).to_have_value("desk@fabrikam.example")
    expect(page.get_by_text("Type Identity ($Mailbox in the script)").first).to_be_visible()
