"""From a half-remembered name, or a pasted line, to a filled launch form, in a real browser."""

import re
from collections.abc import Callable, Mapping

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.factories import make_app_registration, make_organizations, make_partner

OpenPage = Callable[..., Page]
LINE = (
    "Set-Mailbox \u2013Identity bob -EmailAddresses @{Add='smtp:a@b.c'} -LitigationHoldDate '2027-03-31T12:00:00Z' "
    "-AuditLogAgeLimit 30.00:00:00 -Foo $x | Out-Null"
)
pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]


@pytest.fixture
def filled(portal: str) -> str:
    """A portal with a certificate and three organizations."""
    make_app_registration(make_partner())
    make_organizations(3)
    return portal


def test_the_keyboard_leads_from_a_misspelt_parameter_to_its_cmdlet(
    filled: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    page = open_page()
    sign_in(page, filled, "tess", demo_people["tess"])
    page.goto(f"{filled}/cmdlets/")

    page.locator("#cmdlet-search").fill("forwarding adress")
    expect(page.locator(".found-link").first).to_have_text("Set-Mailbox")
    expect(page).to_have_url(re.compile("q=forwarding"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page).to_have_title("Set-Mailbox · Signalbox")
    page.locator("#parameter").fill("forward")
    expect(page.locator("#rows").get_by_text("3 of 214 contain")).to_be_visible()


def test_a_pasted_line_fills_the_form_and_rows_are_kept(
    filled: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    page = open_page()
    sign_in(page, filled, "tess", demo_people["tess"])
    page.goto(f"{filled}/cmdlets/paste/")
    page.locator("#line").fill(LINE)
    page.get_by_role("button", name="Fill in the launch form").click()

    expect(page.locator(".remarks")).to_contain_text("Set-Mailbox has no parameter named -Foo.")
    expect(page.locator("[name='p.Identity']")).to_have_value("bob")
    expect(page.locator("[name='p.LitigationHoldDate']")).to_have_value("2027-03-31T12:00")
    expect(page.locator("[name='p.AuditLogAgeLimit.days']")).to_have_value("30")
    added = page.locator(".parameter[data-name=EmailAddresses] .rows").first
    added.get_by_role("button", name="Add a value").click()
    with page.expect_response(lambda response: response.request.method == "POST"):
        page.keyboard.type("smtp:d@e.f")
    page.wait_for_load_state("networkidle")
    page.reload()

    expect(page.locator("[name='p.EmailAddresses.add']")).to_have_value("smtp:a@b.c\nsmtp:d@e.f")


def test_a_pasted_password_leads_to_its_own_field_and_stands_nowhere(
    filled: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    page = open_page()
    sign_in(page, filled, "tess", demo_people["tess"])
    page.goto(f"{filled}/cmdlets/paste/")
    page.locator("#line").fill(
        "PS C:\\> New-Mailbox -Name Bob -MicrosoftOnlineServicesID bob@a.example "
        "-Password (ConvertTo-SecureString 'Zebra-77' -AsPlainText -Force)"
    )
    page.get_by_role("button", name="Fill in the launch form").click()

    expect(page.locator(".remarks")).to_contain_text("Password is a secret: type it into its field.")
    expect(page.locator("[name='p.Password']")).to_be_visible()
    assert "Zebra-77" not in page.content()


def test_a_conflict_of_sets_is_left_with_one_click(
    filled: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    page = open_page()
    sign_in(page, filled, "tess", demo_people["tess"])
    page.goto(f"{filled}/cmdlets/Get-Mailbox/launch/?p.Identity=bob&p.Anr=ann&set=Identity")

    page.get_by_role("button", name="Use set AnrSet: drops Identity").click()

    expect(page.locator(".set-tab[aria-current]")).to_contain_text("AnrSet")
    expect(page.locator("input[name='p.Anr']")).to_have_value("ann")


def test_without_a_script_every_control_is_there(
    filled: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    page = open_page(java_script_enabled=False)
    sign_in(page, filled, "tess", demo_people["tess"])
    page.goto(f"{filled}/cmdlets/Set-Mailbox/launch/?p.Identity=bob&p.EmailAddresses=%2Bsmtp:a@b.c")

    expect(page.locator("textarea[name='p.EmailAddresses.add']")).to_have_value("smtp:a@b.c")
    page.locator("summary", has_text="Fill in from a PowerShell line").click()
    page.locator("#paste-line").fill("Get-Mailbox ann -ResultSize 5")
    page.get_by_role("button", name="Fill in").click()

    expect(page.locator("[name='p.Identity']")).to_have_value("ann")
    expect(page.locator("[name='p.ResultSize']")).to_have_value("5")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_the_pages_are_accessible_and_fit(
    filled: str, demo_people: Mapping[str, str], open_page: OpenPage, scheme: str, width: int
) -> None:
    page = open_page(color_scheme=scheme, viewport={"width": width, "height": 800})
    sign_in(page, filled, "tess", demo_people["tess"])
    for path in ("?q=mbx+perm&verb=Frob", "Set-Mailbox/", "paste/", "Get-Mailbox/launch/?p.Identity=b&p.Anr=a"):
        page.goto(f"{filled}/cmdlets/{path}")
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
