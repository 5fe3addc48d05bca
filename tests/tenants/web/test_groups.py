from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.accounts.models import User
from tenants.groups.models import OrganizationGroup
from tenants.organizations.models import Organization
from tests.factories import make_group, make_organizations

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
    assert "It holds 3 organizations. They stay" in page
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
