"""Organizations in a real browser: all that match are selected, a rule shows its members, axe objects to nothing."""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Route, expect

from jobs.runs.models import Run
from jobs.runs.states import TargetState
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tenants.relationships.models import DelegatedAdminRelationship
from tests.e2e.axe import violations
from tests.e2e.test_walk import sign_in
from tests.factories import make_app_registration, make_group, make_organizations, make_run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(240)]
OpenPage = Callable[..., Page]
Bring = Callable[..., list[Organization]]
STRANGE = "‏שלום עולם ושות׳ 🏢 a name of sixty characters and then some"


def test_all_that_match_are_selected_with_one_tick_and_put_into_a_group(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    make_organizations(70, reachability="reachable")
    make_organizations(5)
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/organizations/")
    page.get_by_role("link", name="Reachable 70").click()
    expect(page.get_by_text("70 organizations match")).to_be_visible()
    page.locator("input[name=organization]").first.check()
    expect(page.locator("[data-selected]")).to_have_text("1")
    page.get_by_label("All 70 that match").check()
    expect(page.locator("[data-selected]")).to_have_text("70")
    page.locator("summary", has_text="Group").last.click()
    page.get_by_label("Or a new one called").fill("Reachable ones")
    page.get_by_role("button", name="Add to group").click()
    expect(page.get_by_text("was created with 70 organizations")).to_be_visible()
    assert OrganizationGroup.objects.get().organizations.count() == 70


def test_a_double_click_tests_a_connection_once(
    portal: str,
    demo_people: Mapping[str, str],
    organizations_of: Callable[..., list[Organization]],
    open_page: OpenPage,
) -> None:
    [organization] = organizations_of(1)
    page = open_page()
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/organizations/{organization.pk}/")
    page.get_by_role("button", name="Test connection").dblclick(delay=60)
    page.wait_for_url(re.compile(r"/runs/[0-9a-f-]{36}/$"))
    page.goto(f"{portal}/runs/")
    expect(page.get_by_role("row", name=re.compile("Get-AcceptedDomain"))).to_have_count(1)
    assert Run.objects.count() == 1


def test_a_rule_shows_its_members_while_it_is_written(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    make_organizations(3, name="Bakker", reachability="reachable")
    make_organizations(2, name="Bakker")
    page = open_page(failing=True)  # leaving the page breaks off the shell's poll
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/organizations/groups/rule/")
    page.get_by_label("Condition 1: value").press_sequentially("bakk")
    expect(page.locator("#rule-preview")).to_contain_text("5 organizations belong")
    page.get_by_role("button", name="Add condition").click()
    page.get_by_label("Condition 2: what").select_option(label="Reachability")
    expect(page.locator("select#value-1")).to_be_visible()
    page.locator("select#value-1").select_option(label="Reachable")
    expect(page.locator("#rule-preview")).to_contain_text("3 organizations belong")
    page.get_by_label("Condition 2: what").select_option(label="Relationship ends")
    page.locator("input#value-1[type=number]").fill("0")
    page.locator("input#value-1[type=number]").blur()
    expect(page.get_by_text("Type a number of days from 1 to 3,650.")).to_be_visible()
    page.get_by_role("button", name="Remove condition 2").click()
    expect(page.locator("#rule-preview")).to_contain_text("5 organizations belong")
    page.get_by_label("Name of the group").fill("Bakkers")
    page.get_by_role("button", name="Create group").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Bakkers")


def test_a_button_is_pressed_although_its_neighbour_was_left_by_pressing_it(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    make_organizations(3, name="Bakker")
    make_organizations(2, name="Bakkum")
    page = open_page(failing=True)
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/organizations/groups/rule/")
    page.get_by_label("Condition 1: value").fill("bakk")
    expect(page.locator("#rule-preview")).to_contain_text("5 organizations belong")
    page.get_by_role("button", name="Add condition").hover()
    page.get_by_label("Condition 1: value").press_sequentially("er")
    page.mouse.down()
    expect(page.locator("#rule-preview")).to_contain_text("3 organizations belong")
    page.mouse.up()
    expect(page.get_by_label("Condition 2: what")).to_be_visible()


def test_a_condition_is_added_although_its_neighbour_was_typed_a_moment_before(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage
) -> None:
    make_organizations(3, name="Bakker")
    page = open_page(failing=True)
    sign_in(page, portal, "tess", demo_people["tess"])
    page.goto(f"{portal}/organizations/groups/rule/")
    value = page.get_by_label("Condition 1: value")
    page.clock.install()

    def let_the_preview_fall_due(route: Route) -> None:
        if "look=add" in (route.request.post_data or ""):
            value.press("k")
            page.clock.fast_forward(1000)
        route.continue_()

    page.route("**/rule/", let_the_preview_fall_due)
    page.get_by_role("button", name="Add condition").click()
    expect(page.get_by_label("Condition 2: what")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_fit_a_telephone_and_axe_objects_to_nothing(
    portal: str, demo_people: Mapping[str, str], open_page: OpenPage, scheme: str
) -> None:
    now = timezone.now()
    place = make_organizations(
        1, name=STRANGE, reachability="unreachable", reachability_class="no_consent", reachability_reason="No consent"
    )[0]
    make_app_registration(place.partner)
    group = make_group(STRANGE, [place])
    make_run(organizations=[place], states=[TargetState.FAILED])
    make_run(organizations=[place])
    DelegatedAdminRelationship.objects.create(
        id="r",
        organization=place,
        display_name=STRANGE,
        status="active",
        activated_at=now - timedelta(days=100),
        end_at=now + timedelta(days=100),
        read_at=now,
    )
    page = open_page(color_scheme=scheme)
    sign_in(page, portal, "max", demo_people["max"])
    tabs = ("history", "relationships", "connections", "capabilities", "variables", "events")
    paths = [
        "/organizations/",
        "/organizations/?reachability=unreachable&sort=pk",
        *(f"/organizations/{place.pk}/?tab={tab}" for tab in tabs),
        "/organizations/groups/",
        f"/organizations/groups/{group.pk}/",
        "/organizations/groups/rule/?q=x&last=failed&variable=desk",
        "/organizations/variables/import/",
        "/app-registrations/",
    ]
    found = []
    for path in paths:
        page.goto(portal + path)
        found += [f"{path}: {violation}" for violation in violations(page)]
        page.set_viewport_size({"width": 390, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth") > 390:
            found.append(f"{path}: wider than 390 px")
        page.set_viewport_size({"width": 1280, "height": 800})
    assert found == []
