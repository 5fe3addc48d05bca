"""Which connection profile applies, and why."""

from typing import Any

import pytest

from tenants.organizations.models import Organization
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.refusals import NoProfile
from tenants.profiles.resolution import Because, applied_profile, applied_profiles
from tests.factories import assign, make_group, make_organizations, make_partner, make_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def organization() -> Organization:
    return make_organizations(1)[0]


def test_the_default_of_the_partner_applies_to_everybody_else(organization: Organization) -> None:
    applied = applied_profile(organization, service="exo")
    assert (applied.profile.name, applied.because) == ("Application with certificate", Because.PARTNER)


def test_a_group_comes_before_the_partner_and_the_organization_before_the_group(organization: Organization) -> None:
    partner, group = organization.partner, make_group("Gold", [organization])
    of_group, own = make_profile(partner), make_profile(partner)
    assign(of_group, group=group)
    applied = applied_profile(organization, service="exo")
    assert (applied.profile, applied.because, applied.group) == (of_group, Because.GROUP, group)
    assign(own, organization=organization)
    assert applied_profile(organization, service="exo").profile == own


def test_of_several_groups_the_lowest_rank_decides(organization: Organization) -> None:
    first, second = (make_profile(organization.partner) for _ in range(2))
    assign(second, group=make_group("A", [organization]), rank=20)
    assign(first, group=make_group("B", [organization]), rank=10)
    assert applied_profile(organization, service="scc").profile == first


def test_services_are_resolved_apart(organization: Organization) -> None:
    compliance = make_profile(organization.partner, service="scc")
    assign(compliance, organization=organization)
    assert applied_profile(organization, service="scc").profile == compliance
    assert applied_profile(organization, service="exo").because == Because.PARTNER


def test_a_profile_of_another_partner_never_applies(organization: Organization) -> None:
    foreign = make_profile(make_partner())
    assign(foreign, group=make_group("Both", [organization]))
    assert applied_profile(organization, service="exo").because == Because.PARTNER


def test_what_an_organization_had_of_its_own_ends_when_it_moves_to_another_partner(organization: Organization) -> None:
    assign(make_profile(organization.partner), organization=organization)
    organization.partner = make_partner()
    organization.save()
    applied = applied_profile(organization, service="exo")
    assert (applied.because, applied.profile.partner) == (Because.PARTNER, organization.partner)


def test_without_any_there_is_a_refusal_that_says_what_to_do(organization: Organization) -> None:
    ConnectionProfile.objects.all()[0].assignments.all().delete()
    with pytest.raises(NoProfile, match="Choose a default for its partner under Connections"):
        applied_profile(organization, service="exo")


def test_the_number_of_queries_does_not_grow_with_organizations(django_assert_num_queries: Any) -> None:
    places = make_organizations(30)
    assign(make_profile(places[0].partner), group=make_group("Gold", places[:10]))
    with django_assert_num_queries(2):
        assert len(applied_profiles(places, service="exo")) == 30
