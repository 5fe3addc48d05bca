"""The page of one organization: can we get in, what may we do, what have we done?"""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from jobs.runs.states import RunState, TargetState
from portal.accounts.models import User
from tenants.organizations.models import Organization
from tenants.relationships.models import AccessAssignment, DelegatedAdminRelationship
from tenants.variables.selectors import variables_of
from tenants.variables.services import Setting, set_variables
from tenants.web.organization_tabs import TABS
from tests.factories import (
    ADMINISTRATOR,
    SYSTEM,
    assign,
    make_app_registration,
    make_organizations,
    make_person,
    make_profile,
    make_run,
)
from tests.tenants.readings import customer, reading, store


@pytest.fixture
def browser(technician: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(technician)


def test_it_says_why_we_cannot_get_in_and_what_to_do(browser: Client) -> None:
    place = make_organizations(
        1,
        reachability="unreachable",
        reachability_class="no_consent",
        reachability_reason="No consent here",
        reachability_fix="Grant the consent.",
        relationship_state="active",
    )[0]
    make_app_registration(place.partner)
    page = browser.get(reverse("tenants:organization", args=[place.pk])).content.decode()
    assert "<strong>Consent: No consent here" in page
    assert "What to do: Grant the consent." in page


def test_relationships_show_the_names_of_their_roles(browser: Client) -> None:
    place = make_organizations(1)[0]
    relationship = DelegatedAdminRelationship.objects.create(
        id="r-1",
        organization=place,
        display_name="Northwind to Contoso",
        status="active",
        role_ids=["29232cdf-9323-42fd-ade2-1d097af3e4de", "00000000-0000-0000-0000-00000000abcd"],
        auto_extend_duration="P180D",
        end_at=timezone.now() + timedelta(days=40, hours=1),
        read_at=timezone.now(),
    )
    AccessAssignment.objects.create(
        id="a-1",
        relationship=relationship,
        container_id="group-7",
        status="active",
        role_ids=["F2EF992C-3AFB-46B9-B7CF-A126EE74C451"],
    )
    page = browser.get(f"{reverse('tenants:organization', args=[place.pk])}?tab=relationships").content.decode()
    for words in (
        "Exchange Administrator",
        "Role 00000000-0000-0000-0000-00000000abcd",
        "group-7",
        "Global Reader",
    ):
        assert words in page
    assert "40 days left" in page
    assert "extends itself by 180 days" in page


def test_it_lists_what_was_run_here_with_a_link_to_each(browser: Client) -> None:
    place, other = make_organizations(2)
    run = make_run(
        state=RunState.PARTLY_FAILED,
        organizations=[place, other],
        states=[TargetState.FAILED, TargetState.SUCCEEDED],
    )
    page = browser.get(reverse("tenants:organization", args=[place.pk])).content.decode()
    links = set(re.findall(r'href="/targets/(.+?)/"', page))
    assert links == {str(run.targets.get(organization=place).pk)}


def test_events_are_shown_to_those_who_may_read_them(
    browser: Client, auditor: User, signed_in: Callable[[User], Client]
) -> None:
    path = reverse("tenants:organization", args=[make_organizations(1)[0].pk])
    assert "Audit events" not in browser.get(path).content.decode()
    assert "Audit events" in signed_in(auditor).get(path).content.decode()


def test_a_vanished_organization_keeps_its_page_and_offers_no_run(browser: Client) -> None:
    place = make_organizations(1, vanished_at=timezone.now())[0]
    page = browser.get(reverse("tenants:organization", args=[place.pk])).content.decode()
    assert "No longer one of your organizations" in page
    assert "Launch a cmdlet here" not in page


@pytest.mark.parametrize("tab", [tab.key for tab in TABS])
def test_the_number_of_queries_does_not_grow(signed_in: Callable[[User], Client], tab: str) -> None:
    place = make_organizations(1)[0]
    client = signed_in(make_person(*ADMINISTRATOR))
    path = f"{reverse('tenants:organization', args=[place.pk])}?tab={tab}"
    client.get(path)

    def queries(number: int) -> int:
        for _ in range(number):
            make_run(organizations=[place], rows=[{"Name": "x"}])
            DelegatedAdminRelationship.objects.create(
                id=str(uuid4()),
                organization=place,
                display_name="r",
                status="active",
                activated_at=timezone.now(),
                end_at=timezone.now() + timedelta(days=9),
                read_at=timezone.now(),
            )
            set_variables(actor=SYSTEM, settings=[Setting(place.pk, f"v{uuid4().hex[:8]}", "x")])
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    assert queries(1) == queries(5)


def test_the_history_is_filtered_and_a_senseless_filter_is_named(browser: Client) -> None:
    place = make_organizations(1)[0]
    make_run(organizations=[place], cmdlet="Get-Mailbox")
    make_run(organizations=[place], cmdlet="Set-Mailbox", states=[TargetState.FAILED])
    path = reverse("tenants:organization", args=[place.pk])

    def shown(**query: str) -> list[str]:
        return [target.run.cmdlet for target, _ in browser.get(path, query).context["targets"]]

    assert shown() == ["Set-Mailbox", "Get-Mailbox"]
    assert shown(state="failed") == ["Set-Mailbox"]
    assert shown(cmdlet="get mail") == ["Get-Mailbox"]
    page = browser.get(path, {"state": "nonsense", "tab": "pets"}).content.decode()
    assert "“nonsense” is no outcome." in page
    assert "There is no tab called “pets”." in page


def test_variables_are_set_changed_and_removed_on_their_tab(browser: Client) -> None:
    place = make_organizations(1, name="Shop")[0]
    tab = f"{reverse('tenants:organization', args=[place.pk])}?tab=variables"
    put = reverse("tenants:variable-set-here", args=[place.pk])
    assert browser.post(put, {"name": "desk", "value": "a@x.example"})["Location"] == tab
    assert "a@x.example" in browser.get(tab).content.decode()
    refused = browser.post(put, {"name": "Desk!", "value": "kept"})
    assert refused.status_code == 422
    assert 'value="kept"' in refused.content.decode()
    browser.post(reverse("tenants:variable-remove", args=[place.pk]), {"name": "desk", "value": "a@x.example"})
    assert variables_of(place) == []
    page = browser.get(tab).content.decode()
    assert "Its value was “a@x.example”." in page
    assert str(place.tenant_id) in page


def test_capabilities_say_what_runs_showed(browser: Client) -> None:
    place = make_organizations(1)[0]
    make_run(organizations=[place], cmdlet="Get-Mailbox")
    refused = make_run(organizations=[place], cmdlet="Set-Mailbox", states=[TargetState.FAILED])
    refused.targets.update(error_class="cmdlet_not_granted")
    path = reverse("tenants:organization", args=[place.pk])
    found = browser.get(path, {"tab": "capabilities"}).context["capabilities"]
    assert [(each.cmdlet, each.succeeded, each.refused) for each in found] == [
        ("Get-Mailbox", 1, 0),
        ("Set-Mailbox", 0, 1),
    ]


def test_the_tab_of_relationships_shows_the_chain_the_groups_and_what_is_no_longer_listed(browser: Client) -> None:
    partner = make_app_registration().partner
    gone = customer(1)
    gone.relationships += customer(1, id="r-gone", display_name="Long gone").relationships
    store(partner, reading(gone))
    store(partner, reading(customer(1)))
    place = Organization.objects.get(partner=partner)
    page = browser.get(reverse("tenants:organization", args=[place.pk]) + "?tab=relationships").content.decode()
    assert "Through GDAP: the partner's service account" in page
    assert "No partner sign-in is stored." in page
    assert 'title="g-1">Exchange team' in page
    assert "Long gone" in page
    assert "No longer listed" in page
    assert reverse("tenants:access", args=[place.pk]) in page


def test_beside_the_chain_through_gdap_stands_that_the_profile_gets_in_as_a_guest(browser: Client) -> None:
    place = make_organizations(1)[0]
    assign(make_profile(place.partner, name="Gwen", method="interactive", delegation="guest"), organization=place)
    page = browser.get(reverse("tenants:organization", args=[place.pk]) + "?tab=relationships").content.decode()
    assert "The connection profile “Gwen” needs no GDAP: it gets in as a guest." in page
    assert "The application itself" not in page


def test_an_end_that_comes_near_stands_on_top_with_what_to_do(browser: Client) -> None:
    ends = timezone.now() + timedelta(days=27, hours=1)
    place = make_organizations(1, relationship_state="active", relationship_ends_at=ends)[0]
    make_app_registration(place.partner)
    page = browser.get(reverse("tenants:organization", args=[place.pk])).content.decode()
    assert "in 27 days" in page
    assert "switch auto-extend on" in page
