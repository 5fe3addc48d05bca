"""Assignments that end with what was done to their profile are told where they applied."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.audit.actions import AuditAction
from portal.audit.models import AuditEvent
from tenants.partner.models import Partner
from tenants.profiles.methods import Method, ProfileService
from tenants.profiles.services import change_profile, retire_profile
from tenants.profiles.validation import ProfileValues
from tests.factories import SYSTEM, assign, make_app_registration, make_group, make_organizations, make_profile

pytestmark = pytest.mark.django_db


@pytest.fixture
def partner() -> Partner:
    return make_app_registration().partner


def test_a_narrower_service_leaves_an_event_where_it_withdraws_the_profile(partner: Partner) -> None:
    profile, [place] = make_profile(partner), make_organizations(1, partner=partner)
    assign(profile, organization=place)
    narrower = ProfileValues(
        name=profile.name, method=Method.APP_CERTIFICATE_THUMBPRINT, service=ProfileService.EXCHANGE
    )
    change_profile(actor=SYSTEM, profile=profile, values=narrower)
    event = AuditEvent.objects.get(action=AuditAction.CONNECTION_PROFILE_UNASSIGNED)
    expected = {"place": place.name, "service": ProfileService.COMPLIANCE.label}
    assert (event.organization_id, event.data) == (place.pk, expected)


def test_retiring_leaves_an_event_wherever_the_profile_applied_in_as_many_queries_for_one_as_for_ten(
    partner: Partner,
) -> None:
    def queries(number: int) -> int:
        profile, places = make_profile(partner), make_organizations(number, partner=partner)
        for place in places:
            assign(profile, organization=place)
        assign(profile, group=make_group(f"Gold {number}"))
        with CaptureQueriesContext(connection) as captured:
            retire_profile(actor=SYSTEM, profile=profile)
        ended = AuditEvent.objects.filter(action=AuditAction.CONNECTION_PROFILE_UNASSIGNED, target_id=str(profile.pk))
        told = Counter((event.organization_id, event.data["place"]) for event in ended)
        assert told.keys() == {(None, f"Gold {number}"), *((place.pk, place.name) for place in places)}
        assert set(told.values()) == {2}
        return len(captured)

    assert queries(1) == queries(10)
