"""Assigning connection profiles: what is replaced, what is refused, and what it would change."""

from collections.abc import Callable
from copy import copy
from typing import Any

import pytest

from portal.accounts.models import User
from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from portal.core.actors import Actor
from portal.core.permissions import PermissionRefused
from tenants.groups.services import delete_organization_group
from tenants.partner.models import Partner
from tenants.profiles.assignments import assign_profile, unassign_profile
from tenants.profiles.bulk_assignments import assign_profile_to_organizations
from tenants.profiles.effects import Effect, effect_of_assigning, effect_of_retiring, effect_of_withdrawing
from tenants.profiles.methods import ProfileService
from tenants.profiles.models import ConnectionProfile, ProfileAssignment
from tenants.profiles.resolution import applied_profile, applied_profiles
from tenants.profiles.services import retire_profile
from tenants.profiles.validation import ProfileRefused
from tests.factories import SYSTEM, assign, make_group, make_organizations, make_partner, make_profile

pytestmark = pytest.mark.django_db
BOTH, EXCHANGE, COMPLIANCE = ProfileService.BOTH, ProfileService.EXCHANGE, ProfileService.COMPLIANCE


@pytest.fixture
def partner() -> Partner:
    return make_partner()


@pytest.fixture
def profile(partner: Partner) -> ConnectionProfile:
    return make_profile(partner, name="Other")


def give(profile: ConnectionProfile, place: Any, service: ProfileService = BOTH, rank: int = 0) -> None:
    assign_profile(actor=SYSTEM, profile=profile, place=place, service=service, rank=rank)


def moves(effect: Effect) -> list[tuple[str, int, str, str]]:
    return sorted((move.service.value, move.number, str(move.before), str(move.after)) for move in effect.moves)


class TestAssign:
    def test_a_new_default_replaces_the_old_one_for_its_service(
        self, partner: Partner, profile: ConnectionProfile
    ) -> None:
        give(profile, partner, COMPLIANCE)
        place = make_organizations(1, partner=partner)[0]
        assert applied_profile(place, service="scc").profile == profile
        assert applied_profile(place, service="exo").profile.name == "Application with certificate"

    def test_a_group_keeps_one_profile_a_partner(self, partner: Partner, profile: ConnectionProfile) -> None:
        group, foreign = make_group("Gold"), make_profile(make_partner())
        give(profile, group)
        give(foreign, group)
        give(make_profile(partner, name="Third"), group, EXCHANGE)
        stored = ProfileAssignment.objects.filter(group=group).order_by("service", "profile__name")
        assert [(each.service, each.profile.name) for each in stored] == [
            ("exo", foreign.name),
            ("exo", "Third"),
            ("scc", "Other"),
            ("scc", foreign.name),
        ]

    def test_the_event_names_the_organization(self, partner: Partner, profile: ConnectionProfile) -> None:
        place = make_organizations(1, partner=partner)[0]
        give(profile, place)
        event = AuditEvent.objects.get(action=AuditAction.CONNECTION_PROFILE_ASSIGNED)
        assert (event.organization_id, event.data) == (place.pk, {"place": place.name, "service": BOTH.label})

    def test_the_event_names_what_was_replaced(self, partner: Partner, profile: ConnectionProfile) -> None:
        give(profile, partner, COMPLIANCE)
        give(make_profile(partner, name="Third"), partner)
        *_, event = AuditEvent.objects.filter(action=AuditAction.CONNECTION_PROFILE_ASSIGNED).order_by("pk")
        assert (event.target_label, event.data["before"]) == ("Third", "Application with certificate, Other")

    def test_a_deleted_group_is_refused(self, profile: ConnectionProfile) -> None:
        group = make_group("Gold")
        delete_organization_group(actor=SYSTEM, group=copy(group))
        with pytest.raises(ProfileRefused, match="“Gold” was deleted"):
            give(profile, group)

    def test_a_retired_one_is_refused(self, partner: Partner, profile: ConnectionProfile) -> None:
        retire_profile(actor=SYSTEM, profile=profile)
        with pytest.raises(ProfileRefused, match="was retired"):
            give(profile, partner)

    def test_another_partners_organization_is_refused(self, profile: ConnectionProfile) -> None:
        other = make_partner()
        for place in (other, make_organizations(1, partner=other)[0]):
            with pytest.raises(ProfileRefused, match="belongs to"):
                give(profile, place)

    def test_another_cloud_is_refused(self, partner: Partner) -> None:
        place = make_organizations(1, partner=partner, environment="O365China")[0]
        with pytest.raises(ProfileRefused, match="is in O365China"):
            give(make_profile(partner, environment="O365USGovDoD"), place)

    def test_a_service_that_it_does_not_open_is_refused(self, partner: Partner) -> None:
        for service in (BOTH, COMPLIANCE):
            with pytest.raises(ProfileRefused, match="does not open") as refused:
                give(make_profile(partner, service="exo"), partner, service)
            assert refused.value.field == "service"


class TestUnassign:
    def test_what_comes_next_applies_again(self, partner: Partner, profile: ConnectionProfile) -> None:
        place = make_organizations(1, partner=partner)[0]
        give(profile, place, EXCHANGE)
        unassign_profile(actor=SYSTEM, assignment_id=profile.assignments.get().pk)
        assert applied_profile(place, service="exo").profile.name == "Application with certificate"
        event = AuditEvent.objects.get(action=AuditAction.CONNECTION_PROFILE_UNASSIGNED)
        assert event.organization_id == place.pk

    def test_a_partner_keeps_its_default(self, partner: Partner) -> None:
        default = ProfileAssignment.objects.filter(partner=partner).first()
        assert default
        with pytest.raises(ProfileRefused, match="always has a default"):
            unassign_profile(actor=SYSTEM, assignment_id=default.pk)


class TestMany:
    def test_each_gets_it_and_an_event_in_as_many_queries_for_one_as_for_thirty(
        self, partner: Partner, profile: ConnectionProfile, django_assert_num_queries: Any
    ) -> None:
        places = make_organizations(30, partner=partner)
        give(make_profile(partner), places[0])
        for some in (places[:1], places):
            with django_assert_num_queries(8):
                assign_profile_to_organizations(actor=SYSTEM, profile=profile, organizations=some, service=BOTH)
        assert {each.profile for each in applied_profiles(places, service="scc").values()} == {profile}
        recorded = AuditEvent.objects.filter(target_id=str(profile.pk), organization_id__in=[p.pk for p in places])
        assert recorded.count() == 31

    def test_each_event_names_what_was_replaced_there(self, partner: Partner, profile: ConnectionProfile) -> None:
        places = make_organizations(3, partner=partner)
        for place, name in zip(places, ("First", "Second"), strict=False):
            assign(make_profile(partner, name=name), organization=place)
        assign_profile_to_organizations(actor=SYSTEM, profile=profile, organizations=places, service=EXCHANGE)
        recorded = AuditEvent.objects.filter(action=AuditAction.CONNECTION_PROFILE_ASSIGNED)
        before = {event.organization_id: event.data.get("before") for event in recorded}
        assert [before[place.pk] for place in places] == ["First", "Second", None]

    def test_one_that_does_not_fit_keeps_all_as_they_are(self, partner: Partner) -> None:
        profile = make_profile(partner, environment="O365China")
        places = [*make_organizations(1, partner=partner, environment="O365China"), *make_organizations(1)]
        with pytest.raises(ProfileRefused, match="is in O365Default"):
            assign_profile_to_organizations(actor=SYSTEM, profile=profile, organizations=places, service=BOTH)
        assert not profile.assignments.exists()


class TestEffect:
    """What is foretold is what happens."""

    def test_a_new_default_changes_those_without_anything_else(
        self, partner: Partner, profile: ConnectionProfile
    ) -> None:
        places = make_organizations(5, partner=partner)
        make_organizations(2, partner=make_partner())
        assign(make_profile(partner), organization=places[0])
        effect = effect_of_assigning(SYSTEM, profile=profile, places=[partner], service=EXCHANGE)
        assert moves(effect) == [("exo", 4, "Application with certificate", "Other")]
        assert effect.number == 4

    def test_a_group_counts_only_where_its_rank_decides(self, partner: Partner, profile: ConnectionProfile) -> None:
        places = make_organizations(4, partner=partner)
        assign(make_profile(partner, name="First"), group=make_group("A", places[:2]), rank=5)
        group = make_group("B", places)
        later = effect_of_assigning(SYSTEM, profile=profile, places=[group], service=EXCHANGE, rank=5)
        assert moves(later) == [("exo", 2, "Application with certificate", "Other")]
        sooner = effect_of_assigning(SYSTEM, profile=profile, places=[group], service=EXCHANGE, rank=4)
        assert sooner.number == 4
        give(profile, group, EXCHANGE, rank=4)
        assert {each.profile for each in applied_profiles(places, service="exo").values()} == {profile}

    def test_retiring_says_what_applies_instead(self, partner: Partner, profile: ConnectionProfile) -> None:
        places = make_organizations(3, partner=partner)
        assign(profile, group=make_group("Gold", places[:2]))
        effect = effect_of_retiring(SYSTEM, profile)
        default = "Application with certificate"
        assert moves(effect) == [("exo", 2, "Other", default), ("scc", 2, "Other", default)]
        assert effect.number == 2

    def test_withdrawing_the_last_one_leaves_nothing(self, partner: Partner, profile: ConnectionProfile) -> None:
        ProfileAssignment.objects.all().delete()
        place = make_organizations(1, partner=partner)[0]
        give(profile, place, EXCHANGE)
        effect = effect_of_withdrawing(SYSTEM, [profile.assignments.get().pk])
        assert moves(effect) == [("exo", 1, "Other", "None")]

    def test_organizations_in_another_cloud_are_counted(self, partner: Partner) -> None:
        places = make_organizations(1, partner=partner, environment="O365China") + make_organizations(2)
        national = make_profile(partner, environment="O365China")
        group = make_group("All", places)
        effect = effect_of_assigning(SYSTEM, profile=national, places=[group], service=EXCHANGE)
        assert (effect.number, effect.elsewhere) == (3, 2)


def test_technicians_assign_nothing(
    technician: User, acting: Callable[[User], Actor], partner: Partner, profile: ConnectionProfile
) -> None:
    actor, place = acting(technician), make_organizations(1, partner=partner)[0]
    assign(profile, organization=place)
    with pytest.raises(PermissionRefused):
        assign_profile(actor=actor, profile=profile, place=partner, service=BOTH)
    with pytest.raises(PermissionRefused):
        unassign_profile(actor=actor, assignment_id=profile.assignments.all()[0].pk)
    with pytest.raises(PermissionRefused):
        assign_profile_to_organizations(actor=actor, profile=profile, organizations=[place], service=BOTH)
