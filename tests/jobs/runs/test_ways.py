"""By which connection profile a run gets into its organizations."""

from typing import Any
from uuid import UUID

import pytest

from jobs.runs.ways import FrozenWays, as_applied, frozen_ways
from tenants.organizations.models import Organization
from tenants.profiles.methods import Delegation, Method
from tenants.profiles.refusals import NoProfile
from tests.factories import assign, make_app_registration, make_organizations, make_partner, make_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def organizations() -> list[Organization]:
    return make_organizations(3, partner=make_app_registration().partner)


def test_the_usual_profile_stands_once_and_who_differs_is_named(organizations: list[Organization]) -> None:
    own = make_profile(organizations[0].partner, name="Own")
    assign(own, organization=organizations[2])
    plan = frozen_ways(organizations, service="exo")
    assert plan["otherwise"] == {str(organizations[2].tenant_id): str(own.pk)}
    ways = FrozenWays.of_plan({"connection": plan})
    names = [ways.facts(organization.tenant_id).name for organization in organizations]
    assert names == ["Application with certificate", "Application with certificate", "Own"]


def test_organizations_of_two_partners_are_entered_each_as_its_own_partner_enters(
    organizations: list[Organization],
) -> None:
    others = make_organizations(2, partner=make_app_registration(make_partner()).partner)
    ways = FrozenWays.of_plan({"connection": frozen_ways([*organizations, *others], service="exo")})
    for place in (*organizations, *others):
        facts, [registration] = ways.facts(place.tenant_id), place.partner.app_registrations.all()
        assert facts.id == str(place.partner.connection_profiles.get().pk)
        assert facts.application_id == str(registration.application_id)


def test_exchange_online_protection_is_reached_as_exchange_online_is(organizations: list[Organization]) -> None:
    assert frozen_ways(organizations, service="eop") == frozen_ways(organizations, service="exo")


def test_only_the_profile_that_applies_and_nobodys_own_account_tell_of_reachability(
    organizations: list[Organization],
) -> None:
    partner, [first, *_] = organizations[0].partner, organizations
    tried = make_profile(partner)

    def told(service: str = "eop", **values: Any) -> set[UUID]:
        ways = FrozenWays.of_plan({"connection": frozen_ways(organizations, service=service, **values)})
        return as_applied(ways, organizations, service=service)

    everybody = {organization.pk for organization in organizations}
    assert told() == everybody
    assert told(profile=tried) == set()
    assign(tried, organization=first)
    assert told(profile=tried) == {first.pk}
    assign(make_profile(partner, method=Method.DEVICE, delegation=Delegation.GDAP), organization=organizations[1])
    assert told() == everybody - {organizations[1].pk}


def test_a_chosen_profile_must_open_the_service(organizations: list[Organization]) -> None:
    profile = make_profile(organizations[0].partner, service="exo")
    with pytest.raises(NoProfile, match="is for Exchange Online, and this cmdlet runs in Security & Compliance"):
        frozen_ways(organizations, service="scc", profile=profile)


def test_a_chosen_profile_must_be_of_the_partner_of_all(organizations: list[Organization]) -> None:
    with pytest.raises(NoProfile, match="is a customer of another partner"):
        frozen_ways(organizations, service="exo", profile=make_profile(make_partner()))


def test_an_organization_without_any_is_named(organizations: list[Organization]) -> None:
    partner = organizations[0].partner
    partner.default_profile_assignments.all().delete()
    with pytest.raises(NoProfile, match=f"applies to {organizations[0].name} and 2 more"):
        frozen_ways(organizations, service="exo")
