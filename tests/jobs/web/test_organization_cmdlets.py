"""What may we do here?"""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from jobs.connection_tests.comparison import Standing, compared
from portal.accounts.models import User
from tenants.capabilities.sets import Names
from tenants.organizations.models import Organization
from tests.factories import make_app_registration, make_capabilities, make_organizations, make_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(signed_in: Callable[[User], Client], technician: User) -> Client:
    return signed_in(technician)


@pytest.fixture
def organization(db: None) -> Organization:
    return make_organizations(1, partner=make_app_registration().partner)[0]


def url_of(organization: Organization) -> str:
    return f"/organizations/{organization.pk}/cmdlets/"


def test_compares_with_what_a_full_role_has() -> None:
    every = {each.name: each for each in compared(Names.of(["get-mailbox", "Get-Label", "Get-Invented"]), "exo")}
    assert every["Get-Mailbox"].standing is Standing.OFFERED
    assert every["Set-Mailbox"].standing is Standing.LACKING
    assert every["Get-Label"].standing is Standing.BEYOND, "of the other service"
    assert (every["Get-Invented"].standing, every["Get-Invented"].risk) == (Standing.BEYOND, "")
    assert "Connect-ExchangeOnline" not in every


def test_shows_filters_and_sorts(browser: Client, organization: Organization) -> None:
    make_capabilities([organization], "Get-Mailbox", "Set-Mailbox", "Get-Invented")
    page = browser.get(url_of(organization), {"standing": "offered", "sort": "-name"})
    assert [row.name for row in page.context["page"].rows] == ["Set-Mailbox", "Get-Mailbox"]
    page = browser.get(url_of(organization), {"q": "invent"})
    assert [row.name for row in page.context["page"].rows] == ["Get-Invented"]
    whole = browser.get(url_of(organization))
    assert whole.context["page"].next_cursor
    second = browser.get(url_of(organization), {"cursor": whole.context["page"].next_cursor})
    assert second.context["page"].rows[0].name > whole.context["page"].rows[-1].name


def test_nonsense_in_the_address_is_said(browser: Client, organization: Organization) -> None:
    make_capabilities([organization], "Get-Mailbox")
    page = browser.get(url_of(organization), {"standing": "x", "sort": "x", "of": "x", "cursor": "-1", "y": "1"})
    assert len(page.context["ignored"]) == 4


def test_each_profile_and_service_has_its_own_list(browser: Client, organization: Organization) -> None:
    make_capabilities([organization], "Get-Mailbox")
    [other] = make_capabilities(
        [organization],
        "Get-Label",
        service="scc",
        profile=make_profile(organization.partner, name="Another"),
        outdated_at=timezone.now(),
        outdated_by="Get-Label",
    )
    page = browser.get(url_of(organization), {"of": str(other.pk), "standing": "offered"})
    assert [row.name for row in page.context["page"].rows] == ["Get-Label"]
    assert "This list is outdated" in page.content.decode()


def test_one_that_was_never_tested_offers_the_test(browser: Client, organization: Organization) -> None:
    page = browser.get(url_of(organization)).content.decode()
    assert "Never tested" in page
    assert 'action="/connections/test/"' in page


def test_an_unknown_organization_is_404(browser: Client) -> None:
    assert browser.get("/organizations/00000000-0000-7000-8000-000000000000/cmdlets/").status_code == 404


def test_asks_the_database_as_often_for_a_long_list_as_for_a_short_one(
    browser: Client, organization: Organization
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            browser.get(url_of(organization))
        return len(asked)

    make_capabilities([organization], "Get-Mailbox")
    few = queries()
    make_capabilities([organization], *(f"Get-Thing{number}" for number in range(500)), service="scc")
    assert queries() == few


def test_the_tab_of_the_organization_names_every_reading(browser: Client, organization: Organization) -> None:
    make_capabilities([organization], "Get-Mailbox", "Set-Mailbox")
    page = browser.get(f"/organizations/{organization.pk}/", {"tab": "capabilities"}).content.decode()
    assert "Cmdlets that Exchange offers us" in page
    assert f"{url_of(organization)}?of=" in page
