"""The frame in a real browser: keys, suggestions, a server that goes away, and accessibility in both themes."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from tenants.organizations.models import Organization
from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.factories import make_group, make_organizations, make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
RUNS = "**/runs-in-progress/**"


@pytest.fixture
def opened(portal: str, demo_people: Mapping[str, str], open_page: OpenPage) -> Callable[..., Page]:
    """Return a function that opens a page of the portal as tess, or as somebody else."""

    def go(path: str = "/", *, name: str = "tess", **options: Any) -> Page:
        page = open_page(**options)
        sign_in(page, portal, name, demo_people[name])
        page.goto(portal + path)
        return page

    return go


def test_keys_search_go_move_open_and_close(opened: Callable[..., Page]) -> None:
    first, second = make_organizations(2)
    make_run(organizations=[first])
    page = opened("/organizations/")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name=first.name)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name=second.name)).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_label(f"Select {second.name}")).to_be_checked()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(first.name)
    page.wait_for_load_state()
    page.keyboard.press("g")
    page.keyboard.press("r")
    expect(page.get_by_role("heading", name="Runs", level=1)).to_be_visible()
    page.wait_for_load_state()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("g?j")
    expect(page.locator("#search")).to_have_value("g?j")


def test_single_letters_can_be_switched_off(opened: Callable[..., Page]) -> None:
    page = opened("/cmdlets/")
    page.locator("h1").click()
    page.keyboard.press("?")
    page.get_by_label("Switch the single letters off in this browser").check()
    page.get_by_role("button", name="Close").click()
    page.reload()
    page.locator("h1").click()
    page.keyboard.press("/")
    expect(page.locator("#search")).not_to_be_focused()
    page.get_by_text("Your menu", exact=True).locator("..").click()
    page.get_by_role("link", name="Keys").first.click()
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_suggestions_are_chosen_with_arrows_and_opened_with_enter(opened: Callable[..., Page]) -> None:
    organization = make_organizations(1, name="Contoso & Söhne")[0]
    make_group("Contoso friends", [organization])
    page = opened("/help/keys/")
    field = page.get_by_role("combobox", name="Search organizations, cmdlets, failures, runs and people")
    field.press_sequentially("contoso")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("Contoso & Söhne")
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_contain_text("Contoso friends")
    assert violations(page) == []
    field.press("ArrowUp")
    field.press("Escape")
    expect(page.get_by_role("listbox")).to_be_hidden()
    field.press("ArrowDown")
    field.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Contoso & Söhne")


def test_enter_without_a_choice_lists_everything(opened: Callable[..., Page]) -> None:
    make_organizations(2, name="Contoso")
    page = opened("/help/keys/")
    page.locator("#search").fill("contoso")
    page.locator("#search").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Found for “contoso”")


def test_a_server_that_does_not_answer_is_said_and_recovers_by_itself(opened: Callable[..., Page]) -> None:
    make_run(state=RunState.RUNNING, states=[TargetState.RUNNING])
    page = opened("/", failing=True)
    expect(page.get_by_role("heading", name="Runs in progress")).to_be_visible()
    lost = page.locator("#lost")
    expect(lost).to_be_hidden()

    def refuse(route: Route) -> None:
        route.fulfill(status=204) if "/ring/" in route.request.url else route.fulfill(status=502, body="bad gateway")

    page.route(RUNS, refuse)
    page.route("**/health/ready", lambda route: route.fulfill(status=503, body="{}"))
    expect(lost).to_contain_text(re.compile(r"The server does not answer since [1-9]\d* s"))
    expect(page.locator("#lost").get_by_text("What you see may be old; trying again.")).to_be_visible()
    page.unroute(RUNS)
    page.unroute("**/health/ready")
    expect(lost).to_be_hidden()
    expect(page.locator("#announcer")).to_have_text("The server answers again.")


def test_what_was_deleted_meanwhile_is_said_and_asked_for_no_more(opened: Callable[..., Page]) -> None:
    make_run(state=RunState.RUNNING, states=[TargetState.RUNNING])
    page = opened("/", failing=True)
    asked: list[str] = []

    def gone(route: Route) -> None:
        asked.append(route.request.url)
        route.fulfill(status=404, body="gone")

    page.route("**/runs-in-progress/", gone)
    expect(page.locator("#lost").get_by_text("What this page shows is gone")).to_be_visible()
    before = len(asked)
    with page.expect_response("**/runs-in-progress/ring/**"):
        pass
    assert len(asked) == before


def test_who_is_signed_out_meanwhile_is_told_so(opened: Callable[..., Page]) -> None:
    make_run(state=RunState.RUNNING, states=[TargetState.RUNNING])
    page = opened("/")
    page.context.clear_cookies()
    expect(page.locator("#lost").get_by_text("You are signed out")).to_be_visible()
    expect(page.get_by_role("heading", name="Runs in progress")).to_be_visible()
    page.get_by_role("link", name="Sign in again").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in")


def test_a_chosen_theme_holds(opened: Callable[..., Page]) -> None:
    page = opened("/help/keys/", color_scheme="light")
    page.get_by_text("Your menu", exact=True).locator("..").click()
    page.get_by_role("button", name="Dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 22, 27)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_pages_are_accessible(opened: Callable[..., Page], portal: str, scheme: str, width: int) -> None:
    names = [
        "شركة الاختبار المحدودة",
        "🏭 Fabrik",
        "A company with a name of exactly sixty characters, and not one more",
    ]
    places: list[Organization] = []
    for number, name in enumerate(names):
        places += make_organizations(
            2, name=f"{name} {number}", reachability="unreachable", reachability_class="no_consent"
        )
    tess = User.objects.get(username="tess")
    states = [TargetState.SUCCEEDED, TargetState.FAILED, TargetState.UNKNOWN]
    make_run(organizations=places, states=states, state=RunState.PARTLY_FAILED, requested_by=tess)
    page = opened("/", color_scheme=scheme, viewport={"width": width, "height": 800})
    for path in ("/", "/search/?q=fabrik", "/search/?q=zzqqxx", "/search/", "/help/keys/", "/styleguide/"):
        page.goto(portal + path)
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    page.get_by_text("Your menu", exact=True).locator("..").click()
    assert violations(page) == []
