"""Locks: two people at one assignment get one outcome after the other, and workers go on meanwhile."""

from collections.abc import Callable
from copy import copy
from threading import Thread
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tenants.capabilities.models import Capabilities
from tenants.groups.models import OrganizationGroup
from tenants.groups.services import OrganizationGroupRefused, delete_organization_group
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.assignments import assign_profile, unassign_profile
from tenants.profiles.bulk_assignments import assign_profile_to_organizations
from tenants.profiles.methods import Method, ProfileService
from tenants.profiles.models import ConnectionProfile
from tenants.profiles.services import change_profile, retire_profile
from tenants.profiles.validation import ProfileRefused, ProfileValues
from tests.factories import (
    SYSTEM,
    assign,
    make_capabilities,
    make_group,
    make_organizations,
    make_partner,
    make_profile,
)
from tests.live import wait_for
from tests.together import at_once, waiting_for_locks

pytestmark = pytest.mark.django_db(transaction=True)
BOTH = ProfileService.BOTH


@pytest.fixture
def partner() -> Partner:
    return make_partner()


def give(profile: ConnectionProfile, place: Any) -> None:
    assign_profile(actor=SYSTEM, profile=profile, place=place, service=BOTH)


def give_many(profile: ConnectionProfile, place: Organization) -> None:
    assign_profile_to_organizations(actor=SYSTEM, profile=profile, organizations=[place], service=BOTH)


def change(profile: ConnectionProfile, _place: Organization) -> None:
    values = ProfileValues(name="Changed", method=Method.MANAGED_IDENTITY_SYSTEM)
    change_profile(actor=SYSTEM, profile=profile, values=values)


def retire(profile: ConnectionProfile, _place: Organization) -> None:
    retire_profile(actor=SYSTEM, profile=profile)


class Aside(Thread):
    """Somebody who does one thing beside the test; `answer` is what that returned or raised."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act = act
        self.answer: object = None

    def run(self) -> None:
        try:
            self.answer = self._act()
        except Exception as error:  # noqa: BLE001 - handed to the test
            self.answer = error
        finally:
            connection.close()


def test_two_withdrawals_of_one_assignment_leave_one_event(partner: Partner) -> None:
    profile = make_profile(partner, service="exo")
    assign(profile, group=make_group("Gold"))
    assignment = profile.assignments.get()
    answers = at_once(assignment, 2, lambda: unassign_profile(actor=SYSTEM, assignment_id=assignment.pk))
    assert answers == [None, None]
    assert AuditEvent.objects.filter(action=AuditAction.CONNECTION_PROFILE_UNASSIGNED).count() == 1


@pytest.mark.parametrize("act", [give, give_many])
def test_two_profiles_for_one_organization_at_once_replace_each_other(
    partner: Partner, act: Callable[[ConnectionProfile, Organization], None]
) -> None:
    [place] = make_organizations(1, partner=partner)
    profiles = [make_profile(partner), make_profile(partner)]
    answers = at_once(place, 2, lambda: act(profiles.pop(), place))
    assert answers == [None, None]
    first, second = AuditEvent.objects.filter(action=AuditAction.CONNECTION_PROFILE_ASSIGNED).order_by("pk")
    assert second.data["before"] == first.target_label
    assert {each.profile.name for each in place.profile_assignments.all()} == {second.target_label}


@pytest.mark.parametrize("place_of", [make_partner, lambda: make_group("Gold")], ids=["partner", "group"])
def test_two_profiles_for_one_partner_or_group_at_once_replace_each_other(place_of: Callable[[], Any]) -> None:
    place = place_of()
    partner = place if isinstance(place, Partner) else make_partner()
    profiles = [make_profile(partner), make_profile(partner)]
    assert at_once(place, 2, lambda: give(profiles.pop(), place)) == [None, None]
    first, second = AuditEvent.objects.filter(action=AuditAction.CONNECTION_PROFILE_ASSIGNED).order_by("pk")
    assert second.data["before"] == first.target_label


def test_a_group_that_is_deleted_while_it_gets_a_profile_keeps_either(partner: Partner) -> None:
    profile, group = make_profile(partner), make_group("Gold")
    acts = [lambda: give(profile, group), lambda: delete_organization_group(actor=SYSTEM, group=copy(group))]
    answers = at_once(group, 2, lambda: acts.pop()())
    refused = [answer for answer in answers if answer is not None]
    assert [type(answer) for answer in refused] in ([ProfileRefused], [OrganizationGroupRefused])
    assert profile.assignments.exists() is OrganizationGroup.objects.exists()


@pytest.mark.parametrize("act", [give, give_many, change, retire])
def test_a_worker_stores_what_a_profile_may_run_while_it_is_assigned_or_changed(
    partner: Partner, act: Callable[[ConnectionProfile, Organization], None]
) -> None:
    profile, [place] = make_profile(partner), make_organizations(1, partner=partner)

    def store() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            make_capabilities([place], "Get-Mailbox", profile=profile)

    worker = Aside(store)
    with transaction.atomic():
        act(profile, place)
        worker.start()
        worker.join(20)
    assert worker.answer is None
    assert profile.capabilities.count() == 1


def test_a_change_outdates_what_was_read_in_the_order_of_workers(partner: Partner) -> None:
    profile, places = make_profile(partner), make_organizations(2, partner=partner)
    last = make_capabilities(places[:1], "Get-Mailbox", profile=profile, id=UUID(int=2))[0]
    first = make_capabilities(places[1:], "Get-Mailbox", profile=profile, id=UUID(int=1))[0]
    person = Aside(lambda: retire_profile(actor=SYSTEM, profile=profile))
    with transaction.atomic():
        Capabilities.objects.select_for_update().get(pk=first.pk)
        person.start()
        wait_for(waiting_for_locks, seconds=20, what="the person at the first row")
        Capabilities.objects.select_for_update(nowait=True).get(pk=last.pk)
    person.join(20)
    assert person.answer is None
    assert Capabilities.objects.filter(outdated_at=None).count() == 0
