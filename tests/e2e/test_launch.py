"""The launch page in a real browser: nothing typed is lost, and the right organizations are chosen."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from jobs.runs.models import Run
from jobs.saved.models import LaunchDraft
from tenants.organizations.models import Organization
from tests.e2e.axe import violations
from tests.e2e.test_walk import prove, sign_in

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
Bring = Callable[..., list[Organization]]
PATH = "/cmdlets/Get-Mailbox/launch/"


@pytest.fixture
def page(portal: str, demo_people: Mapping[str, str], organizations_of: Bring, open_page: OpenPage) -> Page:
    """A signed-in technician on the launch page of Get-Mailbox, with 12 organizations."""
    organizations_of(12)
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(portal + PATH)
    return page


def kept(page: Page) -> None:
    """Wait until the page has an address of its own, that is, until what was typed is kept."""
    page.wait_for_url(re.compile(r"\?draft=[0-9a-f-]{36}$"))


def test_a_sign_out_in_the_middle_loses_nothing(page: Page, portal: str, demo_people: Mapping[str, str]) -> None:
    page.get_by_label("Reason").fill("before the sign-out")
    kept(page)
    page.context.clear_cookies(name="sessionid")
    page.locator("#p-Identity").fill("bob@example.com")
    expect(page.locator("#signed-out")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Review")).last.click()

    prove(page, "tess", demo_people["tess"])

    expect(page.locator("#p-Identity")).to_have_value("bob@example.com")
    expect(page.get_by_label("Reason")).to_have_value("before the sign-out")
    assert not Run.objects.exists()


def test_signing_in_in_another_tab_is_enough(page: Page, portal: str, demo_people: Mapping[str, str]) -> None:
    page.context.clear_cookies(name="sessionid")
    page.locator("#p-Identity").fill("bob@example.com")
    expect(page.locator("#signed-out")).to_be_visible()
    other = page.context.new_page()
    sign_in(other, portal, "tess", demo_people["tess"])

    page.get_by_label("All organizations").check()

    expect(page.locator("#signed-out")).to_be_hidden()
    expect(page.locator("#summary")).to_contain_text("12 organizations")
    page.get_by_role("button", name=re.compile("^Review")).last.click()
    expect(page.get_by_text("Exactly this is sent")).to_be_visible()


def test_two_tabs_keep_each_their_own_and_survive_a_reload(page: Page, portal: str) -> None:
    other = page.context.new_page()
    other.goto(portal + PATH)
    for tab, typed in ((page, "bob@example.com"), (other, "ann@example.com")):
        tab.locator("#p-Identity").fill(typed)
        kept(tab)
    for tab, typed in ((page, "bob@example.com"), (other, "ann@example.com")):
        tab.reload()
        expect(tab.locator("#p-Identity")).to_have_value(typed)
    assert LaunchDraft.objects.count() == 2


def test_the_back_button_finds_everything(page: Page) -> None:
    page.locator("#p-Identity").fill("bob@example.com")
    page.get_by_label("All organizations").check()
    expect(page.locator("#summary")).to_contain_text("12 organizations")
    page.get_by_role("button", name=re.compile("^Review")).last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Get-Mailbox in 12 organizations")

    page.go_back()

    expect(page.locator("#p-Identity")).to_have_value("bob@example.com")
    expect(page.get_by_label("All organizations")).to_be_checked()


def test_pasted_domains_are_found_mended_and_left_out(page: Page) -> None:
    first, second, *_ = Organization.objects.order_by("name")
    page.get_by_role("textbox", name="A list").fill(
        f"jo@{first.default_domain}\n{second.default_domain[:-1]}x\n{first.tenant_id}"
    )
    outcome = page.locator("#names-outcome")
    expect(outcome).to_contain_text("1 organization found, 1 named more than once, 1 not clear")
    expect(page.locator("#summary")).to_contain_text("not ready yet")

    outcome.get_by_role("button", name=second.default_domain).click()

    expect(page.locator("#names-outcome")).to_contain_text("2 organizations found")
    expect(page.locator("#summary")).to_contain_text("2 organizations")
    page.locator("#chosen-list > summary").click()
    page.get_by_role("button", name=f"Leave out {first.name}").click()
    expect(page.locator("#summary")).to_contain_text("1 organization ·")
    expect(page.locator("#chosen-list")).to_have_attribute("open", "")
    page.get_by_role("button", name="Take all back in").click()
    expect(page.locator("#summary")).to_contain_text("2 organizations")


def test_a_csv_file_fills_the_list_and_leads_to_a_run_in_just_these(page: Page, tmp_path: Path) -> None:
    chosen = list(Organization.objects.order_by("name")[:3])
    file = tmp_path / "gold.csv"
    lines = ["Nr;Domäne", *(f"{number};{o.default_domain}" for number, o in enumerate(chosen))]
    file.write_bytes("\n".join(lines).encode("cp1252"))
    page.get_by_label("or a CSV file").set_input_files(file)
    expect(page.locator("#names-outcome")).to_contain_text("column “Domäne”, 3 rows, stored as Windows-1252")

    page.get_by_role("button", name=re.compile("^Review")).last.click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("Get-Mailbox in 3 organizations")
    assert Run.objects.get().plan["organizations"] == sorted(str(o.tenant_id) for o in chosen)


def hold_up_until_the_review_waits(page: Page) -> None:
    """Have the next request of the form answered only once the review cannot be asked for any more."""

    def until_it_waits(route: Route) -> None:
        expect(page.locator("#review-button")).to_be_disabled()
        route.continue_()

    page.route(lambda url: PATH in url, until_it_waits, times=1)


def test_who_is_quicker_than_the_network_reviews_the_list_as_it_became(page: Page) -> None:
    chosen = list(Organization.objects.order_by("name")[:3])
    page.get_by_label("A list", exact=True).fill("\n".join([*(o.default_domain for o in chosen), "gone.example"]))
    remove = page.get_by_role("button", name="Remove these 1 entry from the list")
    expect(remove).to_be_visible()
    hold_up_until_the_review_waits(page)
    remove.click()
    page.locator("#review-button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Get-Mailbox in 3 organizations")


def test_who_is_quicker_than_the_network_reviews_the_call_as_it_became(page: Page) -> None:
    page.get_by_label("All organizations").check()
    page.locator("#p-Identity").fill("bob@example.com")
    kept(page)
    expect(page.locator("#powershell")).to_contain_text("bob@example.com")
    hold_up_until_the_review_waits(page)
    page.get_by_role("button", name=re.compile("^AnrSet")).click()
    page.locator("#review-button").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Get-Mailbox in 12 organizations")
    expect(page.locator("main")).not_to_contain_text("bob@example.com")


def test_everything_works_without_a_script(
    portal: str, demo_people: Mapping[str, str], organizations_of: Bring, open_page: OpenPage
) -> None:
    first, second, *_ = sorted(organizations_of(4), key=lambda organization: organization.name)
    page = open_page(java_script_enabled=False)
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(portal + PATH)
    page.get_by_role("textbox", name="A list").fill(f"{first.default_domain}\nnobody.invalid\n{second.default_domain}")
    page.get_by_role("button", name="Check").click()
    expect(page.locator("#names-outcome")).to_contain_text("2 organizations found, 1 not clear")
    page.get_by_role("button", name="Remove this").or_(page.get_by_role("button", name="Remove these")).click()
    page.get_by_role("button", name=re.compile("^Review")).last.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Get-Mailbox in 2 organizations")
    page.get_by_role("button", name="Launch in 2 organizations").click()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    assert Run.objects.get().targets.count() == 2


def test_a_double_click_launches_once(page: Page) -> None:
    page.get_by_label("All organizations").check()
    page.get_by_role("button", name=re.compile("^Review")).last.click()
    page.get_by_role("button", name="Launch in 12 organizations").dblclick()
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    assert Run.objects.get().targets.count() == 12


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_launch_review_and_jobs_are_accessible(
    portal: str, demo_people: Mapping[str, str], organizations_of: Bring, open_page: OpenPage, scheme: str
) -> None:
    organizations_of(3)
    page = open_page(color_scheme=scheme)
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(portal + PATH)
    page.get_by_role("textbox", name="A list").fill("nobody.example")
    expect(page.locator("#names-outcome")).to_contain_text("1 not clear")
    assert violations(page) == []
    page.get_by_label("All that match a filter").check()
    assert violations(page) == []
    page.get_by_label("All organizations").check()
    expect(page.locator("#summary")).to_contain_text("3 organizations")
    page.locator("summary", has_text="Save as a job").click()
    page.get_by_label("Name", exact=True).fill("A job")
    assert violations(page) == []
    page.get_by_role("button", name="Save as a new job").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("A job")
    assert violations(page) == []
    page.goto(f"{portal}/jobs/")
    assert violations(page) == []
    page.get_by_role("link", name="Launch A job").click()
    page.get_by_role("button", name=re.compile("^Review")).last.click()
    expect(page.get_by_text("Exactly this is sent")).to_be_visible()
    assert violations(page) == []
