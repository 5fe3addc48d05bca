"""The chain of delegated access: the first link that does not hold is the answer, with its fix."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.partner.services import store_partner_sign_in
from tenants.relationships.reach import Reach, reach_of
from tests.factories import SYSTEM, make_organizations, make_partner
from tests.tenants.readings import READER, customer, reading, store

pytestmark = pytest.mark.django_db
USER_ADMINISTRATOR = "fe930be7-5e62-47db-91af-98c3a49a38b1"


@pytest.fixture
def partner() -> Partner:
    made = make_partner()
    store_partner_sign_in(actor=SYSTEM, partner=made, user_principal_name="svc@halyard.example", refresh_token="t")
    return made


def reach(partner: Partner, *, is_member: bool = True, groups: bool = True, **values: Any) -> Reach:
    store(partner, reading(customer(1, **values), is_member=is_member, groups=groups))
    return reach_of(Organization.objects.get(partner=partner))


def states(found: Reach) -> list[str]:
    return [link.state for link in found.links]


def test_where_every_link_holds_it_says_with_which_roles(partner: Partner) -> None:
    found = reach(partner)
    assert (states(found), found.state) == (["good"] * 5, "good")
    assert found.answer == "Access through GDAP is there, with Exchange Administrator."
    assert "svc@halyard.example belongs to Exchange team" in found.links[4].fact


@pytest.mark.parametrize(
    ("values", "place", "words", "fix"),
    [
        ({"status": "terminated"}, 0, "No delegated admin relationship is in force", "approve a new one"),
        ({"assigned": {"status": "deleted"}}, 1, "No security group of the partner", "assign a security group"),
        ({"assigned": {"status": "pending"}}, 1, "not carried the assignment out yet", "read again"),
        (
            {"assigned": {"role_definition_ids": (USER_ADMINISTRATOR,)}},
            3,
            "The groups hold User Administrator, and Exchange accepts none",
            "Exchange Administrator",
        ),
        ({"is_member": False}, 4, "does not belong to Exchange team", "In Entra, add svc@halyard.example"),
    ],
)
def test_the_first_broken_link_is_the_answer_and_nothing_is_said_behind_it(
    partner: Partner, values: dict[str, Any], place: int, words: str, fix: str
) -> None:
    found = reach(partner, **values)
    assert states(found) == ["good"] * place + ["bad"] + ["unknown"] * (4 - place)
    assert words in found.answer
    assert fix in found.fix
    assert found.state == "bad"


def test_without_the_right_to_read_groups_membership_is_unknown_and_not_denied(partner: Partner) -> None:
    found = reach(partner, groups=False)
    assert states(found) == ["good", "good", "unknown", "good", "unknown"]
    assert "Group.Read.All" in found.fix


def test_a_csp_customer_without_gdap_is_told_that_csp_alone_grants_nothing(partner: Partner) -> None:
    place = make_organizations(1, partner=partner, is_reseller_customer=True)[0]
    assert "alone grants no access" in reach_of(place).answer


def test_without_a_partner_sign_in_there_is_no_service_account() -> None:
    found = reach(make_partner())
    assert found.answer == "Service account: No partner sign-in is stored."


def test_one_way_that_holds_is_enough(partner: Partner) -> None:
    both = customer(1)
    both.relationships += customer(1, id="r-old", status="expired", role_definition_ids=(READER,)).relationships
    store(partner, reading(both))
    assert reach_of(Organization.objects.get(partner=partner)).state == "good"


def test_it_takes_at_most_five_queries(partner: Partner) -> None:
    store(partner, reading(customer(1)))
    place = Organization.objects.get(partner=partner)
    with CaptureQueriesContext(connection) as queries:
        reach_of(place)
    assert len(queries) <= 5
