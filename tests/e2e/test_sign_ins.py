"""Signing in as oneself in a real browser, through Microsoft's (simulated) pages and back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from portal.accounts.models import User
from tenants.partner.models import Partner
from tenants.profiles.methods import Delegation, Method
from tenants.profiles.models import ConnectionProfile
from tenants.sign_ins.models import PersonalSignIn
from tests.e2e.axe import violations
from tests.e2e.test_every_page import signed_in
from tests.factories import make_profile
from tests.live import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e]
OpenPage = Callable[..., Page]
People = Callable[[str], dict[str, Any]]
LIST = reverse("tenants:sign-ins")


@pytest.fixture
def people(sandbox: Sandbox) -> People:
    found = sandbox.control("GET", "people")
    return lambda name: next(person for person in found if person["user_principal_name"].startswith(f"{name}@"))


@pytest.fixture
def browser(portal: str, open_page: OpenPage, technician: User) -> Page:
    """A technician's browser in the portal; the simulated Microsoft has a certificate of its own."""
    return signed_in(open_page(failing=True, ignore_https_errors=True), portal, technician)


def profile(partner: Partner, method: Method) -> ConnectionProfile:
    return make_profile(partner, name=f"Own account, {method}", method=method, delegation=Delegation.GDAP)


def begin(page: Page, portal: str, chosen: ConnectionProfile, button: str) -> None:
    page.goto(portal + LIST)
    page.get_by_role("link", name=f"Sign in for {chosen.name}").click()
    page.get_by_role("button", name=button).click()


def sign_in_at_microsoft(page: Page, person: dict[str, Any]) -> None:
    page.get_by_label("User name").fill(person["user_principal_name"])
    page.get_by_role("button", name="Next").click()
    page.get_by_label("Password").fill(person["password"])
    page.get_by_role("button", name="Sign in").click()


@pytest.mark.parametrize(("name", "factor"), [("tess", "used"), ("noor", "not used")], ids=["with MFA", "without MFA"])
def test_interactively_until_the_sign_out(
    browser: Page, portal: str, partner: Partner, people: People, name: str, factor: str
) -> None:
    begin(browser, portal, profile(partner, Method.INTERACTIVE), "Go on to Microsoft")
    sign_in_at_microsoft(browser, people(name))
    if factor == "used":
        browser.get_by_role("button", name="I approve").click()
    expect(browser).to_have_url(portal + LIST)
    row = browser.get_by_role("row", name=people(name)["user_principal_name"])
    expect(row.get_by_text(factor, exact=True)).to_be_visible()
    assert violations(browser) == []
    assert PersonalSignIn.objects.count() == 1
    browser.locator(".bar-end summary").last.click()
    browser.locator(".bar-end").get_by_role("button", name="Sign out").click()
    expect(browser.get_by_label("Password")).to_be_visible()
    assert not PersonalSignIn.objects.exists()


def test_cancelled_at_microsoft(browser: Page, portal: str, partner: Partner) -> None:
    begin(browser, portal, profile(partner, Method.INTERACTIVE), "Go on to Microsoft")
    browser.get_by_role("button", name="Cancel").click()
    expect(browser.get_by_text("You cancelled the sign-in at Microsoft")).to_be_visible()
    assert violations(browser) == []
    browser.get_by_role("link", name="Begin again").click()
    expect(browser.get_by_role("button", name="Go on to Microsoft")).to_be_visible()


def test_by_device_code_in_a_second_browser(
    browser: Page, portal: str, open_page: OpenPage, partner: Partner, people: People, sandbox: Sandbox
) -> None:
    sandbox.control("POST", "device-codes", json={"interval": 1})
    begin(browser, portal, profile(partner, Method.DEVICE), "Get a device code")
    code = browser.locator("#device-code").inner_text()
    address = browser.locator("#device-address").get_attribute("href")
    assert violations(browser) == []
    elsewhere = open_page(failing=True, ignore_https_errors=True)
    elsewhere.goto(str(address))
    elsewhere.get_by_label("Code").fill(code)
    elsewhere.get_by_role("button", name="Next").click()
    elsewhere.get_by_role("button", name="Continue").click()
    sign_in_at_microsoft(elsewhere, people("tess"))
    elsewhere.get_by_role("button", name="I approve").click()
    expect(elsewhere.get_by_role("heading", name="You have signed in")).to_be_visible()
    expect(browser).to_have_url(portal + LIST)  # the page went on by itself
    expect(browser.get_by_role("row", name=people("tess")["user_principal_name"])).to_be_visible()


def test_by_device_code_without_scripts(
    portal: str, open_page: OpenPage, technician: User, partner: Partner, people: People, sandbox: Sandbox
) -> None:
    sandbox.control("POST", "device-codes", json={"interval": 1})
    page = signed_in(open_page(java_script_enabled=False, ignore_https_errors=True), portal, technician)
    begin(page, portal, profile(partner, Method.DEVICE), "Get a device code")
    code = page.locator("#device-code").inner_text()
    page.get_by_role("button", name="I have signed in, look again").click()
    expect(page.get_by_text("Microsoft has not seen the code yet.")).to_be_visible()
    expect(page.locator("#device-code")).to_have_text(code)
    page.get_by_role("button", name="Cancel").click()
    expect(page).to_have_url(portal + LIST)


def test_with_a_password_after_a_warning(browser: Page, portal: str, partner: Partner, people: People) -> None:
    Partner.objects.update(allows_passwords=True)
    begun = profile(partner, Method.CREDENTIAL)
    browser.goto(portal + reverse("tenants:sign-in-begin", args=[begun.pk]))
    expect(browser.get_by_text("User name and password are a legacy way to sign in")).to_be_visible()
    for person, password in (
        (people("tess"), people("tess")["password"]),
        (people("noor"), people("noor")["password"]),
    ):
        browser.get_by_label("User name").fill(person["user_principal_name"])
        browser.get_by_label("Password").fill(password)
        browser.get_by_role("button", name="Sign in").click()
        if person == people("tess"):
            expect(browser.get_by_text("What to do:").first).to_be_visible()
            expect(browser.get_by_label("Password")).to_have_value("")
    expect(browser).to_have_url(portal + LIST)
    expect(browser.get_by_role("row", name=people("noor")["user_principal_name"])).to_be_visible()
