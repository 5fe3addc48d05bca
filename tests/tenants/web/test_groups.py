from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from tenants.groups import uses
from tenants.groups.models import OrganizationGroup
from tenants.groups.rules import Condition, checked
from tenants.groups.scope import Scope
from tenants.groups.services import create_organization_group
from tenants.organizations.models import Organization
from tests.factories import SYSTEM, assign, make_group, make_organizations, make_partner, make_profile

LIST = reverse("tenants:groups")


@pytest.fixture
def browser(technician: User, signed_in: Callable[[User], Client]) -> Client:
    return signed_in(technician)


def test_groups_are_listed_by_name_with_their_size(browser: Client) -> None:
    make_group("zeta", make_organizations(2))
    make_group("Alpha")
    groups = browser.get(LIST).context["groups"]
    assert [(group.name, group.size) for group in groups] == [("Alpha", 0), ("zeta", 2)]


def test_creating_a_group_leads_to_its_page(browser: Client) -> None:
    answer = browser.post(LIST, {"name": "  Gold  "})
    group = OrganizationGroup.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, reverse("tenants:group", args=[group.pk]))
    assert group.name == "Gold"


@pytest.mark.parametrize("name", ["a\x00b", "x" * 201], ids=["null character", "too long"])
def test_a_name_that_cannot_be_stored_is_refused(browser: Client, name: str) -> None:
    assert browser.post(LIST, {"name": name}).status_code == 422
    assert not OrganizationGroup.objects.exists()


@pytest.mark.parametrize(("name", "sentence"), [("gold", "There is already"), ("", "This field is required")])
def test_a_refused_name_stays_in_the_form(browser: Client, name: str, sentence: str) -> None:
    make_group("Gold")
    answer = browser.post(LIST, {"name": name})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    if name:
        assert f'value="{name}"' in page


def test_members_can_be_taken_out(browser: Client) -> None:
    places = make_organizations(3)
    group = make_group("Gold", places)
    path = reverse("tenants:group-remove-members", args=[group.pk])
    answer = browser.post(path, {"organization": [places[0].pk, places[1].pk]}, follow=True)
    assert "2 organizations removed from “Gold”." in answer.content.decode()
    assert list(group.organizations.all()) == [places[2]]


def test_deleting_says_how_many_are_in_it_and_that_they_stay(browser: Client) -> None:
    group = make_group("Gold", make_organizations(3))
    path = reverse("tenants:group-delete", args=[group.pk])
    page = browser.get(path).content.decode()
    assert "3 organizations belong to it. They stay" in page
    assert OrganizationGroup.objects.exists()
    assert browser.post(path).status_code == 303
    assert not OrganizationGroup.objects.exists()
    assert Organization.objects.count() == 3


def test_a_deleted_group_is_not_found(browser: Client) -> None:
    assert browser.post(reverse("tenants:group-delete", args=[uuid4()])).status_code == 404


@pytest.mark.parametrize("what", ["list", "detail"])
def test_the_number_of_queries_does_not_grow(browser: Client, what: str) -> None:
    big = make_group("Big")

    def queries(number: int) -> int:
        big.organizations.add(*make_organizations(number))
        for index in range(number):
            make_group(f"Group {number}.{index}", list(big.organizations.all()[:2]))
        with CaptureQueriesContext(connection) as captured:
            path = LIST if what == "list" else reverse("tenants:group", args=[big.pk])
            assert browser.get(path).status_code == 200
        return len(captured)

    assert queries(10) == queries(30)


def test_groups_are_filtered_and_sorted_and_a_senseless_address_is_named(browser: Client) -> None:
    make_group("Small")
    make_group("Large", make_organizations(2))

    def shown(**query: str) -> list[str]:
        return [group.name for group in browser.get(LIST, query).context["groups"]]

    assert shown(sort="-size") == ["Large", "Small"]
    assert shown(q="SMALL") == ["Small"]
    assert shown(kind="rule") == []
    page = browser.get(LIST, {"kind": "x<", "sort": "pk"}).content.decode()
    assert "There is no kind of group called “x&lt;”." in page
    assert "Groups cannot be sorted by “pk”." in page


def test_renaming_and_duplicating(browser: Client) -> None:
    group = make_group("Gold", make_organizations(2))
    make_group("Silver")
    rename = reverse("tenants:group-rename", args=[group.pk])
    taken = browser.post(rename, {"name": "SILVER"})
    assert (taken.status_code, "already" in taken.content.decode()) == (422, True)
    assert browser.post(rename, {"name": "Platinum"}).status_code == 303
    browser.post(reverse("tenants:group-duplicate", args=[group.pk]))
    browser.post(reverse("tenants:group-duplicate", args=[group.pk]))
    sizes = {each.name: each.organizations.count() for each in OrganizationGroup.objects.all()}
    assert sizes == {"Platinum": 2, "Platinum (2)": 2, "Platinum (3)": 2, "Silver": 0}


def test_a_group_that_a_rule_speaks_of_cannot_be_deleted(browser: Client) -> None:
    group = make_group("Gold")
    condition = Condition("group", "is_not", str(group.pk))
    rule = checked(Scope.of(SYSTEM), "all", [condition])
    create_organization_group(actor=SYSTEM, name="All but gold", rule=rule)
    path = reverse("tenants:group-delete", args=[group.pk])
    assert "All but gold" in browser.get(path).content.decode()
    answer = browser.post(path, follow=True)
    assert "“Gold” is part of the rule of “All but gold”" in answer.content.decode()
    assert OrganizationGroup.objects.filter(pk=group.pk).exists()


def test_a_group_that_has_a_profile_cannot_be_deleted_and_its_page_says_so_before(browser: Client) -> None:
    partner = make_partner()
    group = make_group("Gold", make_organizations(1, partner=partner))
    assign(make_profile(partner, name="Machine"), group=group)
    path = reverse("tenants:group-delete", args=[group.pk])
    page = browser.get(path).content.decode()
    assert "it has connection profiles of its own" in page
    assert "Ask an administrator to withdraw them first" in page
    assert "Withdraw…" not in page
    assert 'type="submit" class="btn btn-danger"' not in page
    answer = browser.post(path, follow=True)
    assert "“Gold” has connection profiles of its own: “Machine”." in answer.content.decode()
    assert OrganizationGroup.objects.filter(pk=group.pk).exists()


def test_who_manages_profiles_is_led_from_a_groups_deletion_to_the_withdrawal_and_back(
    administrator: User, signed_in: Callable[[User], Client]
) -> None:
    browser, profile, group = signed_in(administrator), make_profile(make_partner(), service="exo"), make_group("Gold")
    assign(profile, group=group)
    path = reverse("tenants:group-delete", args=[group.pk])
    withdrawal = reverse("tenants:profile-withdraw", args=[profile.assignments.get().pk])
    assert f"{withdrawal}?back={path}" in browser.get(path).content.decode()
    assert browser.post(f"{withdrawal}?back={path}")["Location"] == path
    assert browser.post(path)["Location"] == LIST
    assert not OrganizationGroup.objects.exists()


def test_the_confirmation_names_the_saved_things_that_use_a_group(
    browser: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "_finders", [])
    uses.register(lambda actor, group: [uses.Use("Job", f"Weekly check of {group.name}", "/jobs/1/")])
    page = browser.get(reverse("tenants:group-delete", args=[make_group("Gold").pk])).content.decode()
    assert "1 saved thing uses it" in page
    assert 'Job <a href="/jobs/1/">Weekly check of Gold</a>' in page
