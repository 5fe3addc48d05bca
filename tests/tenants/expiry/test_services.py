"""Warnings of what ends: each crossing of a threshold once, auto-extending relationships never."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from portal.audit.models import AuditEvent
from tenants.app_registrations.models import Certificate
from tenants.expiry.models import ExpiryWarning
from tenants.expiry.selectors import notice_of
from tenants.expiry.services import warn_of_expiries
from tenants.expiry.thresholds import CERTIFICATE_DAYS, RELATIONSHIP_DAYS, crossed
from tenants.organizations.models import Organization
from tenants.organizations.selectors import relationships_ending
from tenants.relationships.models import DelegatedAdminRelationship
from tenants.relationships.selectors import relationships_of
from tests.factories import SYSTEM, make_app_registration, make_certificate, make_organizations, make_partner
from tests.tenants.readings import EXCHANGE, GLOBAL, customer, reading, store

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def make_relationship(days: float, **values: Any) -> DelegatedAdminRelationship:
    place = make_organizations(1)[0]
    now = timezone.now()
    facts: dict[str, Any] = {
        "id": f"r-{place.pk}",
        "organization": place,
        "display_name": "Halyard to Contoso",
        "status": "active",
        "role_ids": [EXCHANGE],
        "auto_extend_duration": "PT0S",
        "end_at": now + days * DAY,
        "read_at": now,
    }
    return DelegatedAdminRelationship.objects.create(**{**facts, **values})


def warnings() -> list[int]:
    return list(ExpiryWarning.objects.order_by("pk").values_list("days", flat=True))


@pytest.mark.parametrize(
    ("left", "expected"),
    [(91, None), (90, 90), (61, 90), (60, 60), (31, 60), (30, 30), (8, 30), (7, 7), (0.01, 7), (0, None), (-1, None)],
)
def test_the_tightest_threshold_that_was_crossed_counts(left: float, expected: int | None) -> None:
    now = timezone.now()
    assert crossed(now + left * DAY, now, RELATIONSHIP_DAYS) == expected


def test_each_threshold_of_a_relationship_warns_once_however_often_it_is_looked_at() -> None:
    relationship = make_relationship(95)
    assert relationship.end_at
    for left in (95, 89, 88, 61, 59, 45, 29.5, 10, 6, 5, 1, -1):
        warn_of_expiries(actor=SYSTEM, now=relationship.end_at - left * DAY)
    assert warnings() == [90, 60, 30, 7]
    events = AuditEvent.objects.filter(action="relationship.expiring").order_by("pk")
    assert [event.data["days"] for event in events] == [90, 60, 30, 7]
    first = events[0]
    assert first.organization_id == relationship.organization_id
    assert first.sentence.startswith("Halyard to Contoso of ")
    assert first.sentence.endswith("within 90 days")


def test_one_that_is_extended_is_warned_of_anew() -> None:
    relationship = make_relationship(5)
    warn_of_expiries(actor=SYSTEM)
    relationship.end_at = timezone.now() + 25 * DAY
    relationship.save(update_fields=["end_at"])
    assert warn_of_expiries(actor=SYSTEM) == 1
    assert warnings() == [7, 30]


@pytest.mark.parametrize(
    "values",
    [{"auto_extend_duration": "P180D"}, {"status": "terminated"}, {"status": "approvalPending"}, {"end_at": None}],
)
def test_of_others_nobody_is_warned(values: dict[str, Any]) -> None:
    make_relationship(5, **values)
    assert warn_of_expiries(actor=SYSTEM) == 0


@pytest.mark.parametrize("duration", ["PT0S", "P0D", ""])
def test_every_way_to_say_that_it_does_not_extend_is_understood(duration: str) -> None:
    make_relationship(5, auto_extend_duration=duration)
    assert warn_of_expiries(actor=SYSTEM) == 1


def test_organizations_that_vanished_are_left_out() -> None:
    relationship = make_relationship(5)
    Organization.objects.filter(pk=relationship.organization_id).update(vanished_at=timezone.now())
    assert warn_of_expiries(actor=SYSTEM) == 0


def test_certificates_warn_at_60_30_and_7_days() -> None:
    certificate = make_certificate(make_app_registration(certificate=False), days=80)
    for left in (79, 59, 58, 29, 6, 5):
        warn_of_expiries(actor=SYSTEM, now=certificate.not_after - left * DAY)
    assert warnings() == sorted(CERTIFICATE_DAYS, reverse=True)
    event = AuditEvent.objects.filter(action="certificate.expiring").first()
    assert event
    assert event.sentence.startswith(f"The certificate {certificate.thumbprint} expires on ")
    assert Certificate.objects.count() == 1


def ending(days: int, **values: Any) -> Organization:
    partner = make_partner()
    end = timezone.now().replace(microsecond=0) + timedelta(days=days, hours=1)
    store(partner, reading(customer(1, ends_at=end, **values)))
    return Organization.objects.get(partner=partner)


def noticed(place: Organization) -> Any:
    return notice_of(place, relationships_of(place))


def test_the_organization_says_when_it_ends_and_what_to_do() -> None:
    notice = noticed(ending(27, auto_extend_duration="PT0S"))
    assert "in 27 days" in notice.title
    assert "switch auto-extend on" in notice.fix
    assert notice.tone == "partly"


def test_in_the_last_days_it_is_urgent() -> None:
    assert noticed(ending(3, auto_extend_duration="PT0S")).tone == "bad"


def test_global_administrator_is_named_as_the_reason_why_it_cannot_extend_itself() -> None:
    notice = noticed(ending(27, auto_extend_duration="PT0S", role_definition_ids=(GLOBAL,)))
    assert "with Global Administrator cannot" in notice.meaning
    assert "take Global Administrator out" in notice.fix


@pytest.mark.parametrize(
    ("days", "values"),
    [(27, {"auto_extend_duration": "P180D"}), (200, {"auto_extend_duration": "PT0S"}), (27, {"status": "terminated"})],
)
def test_otherwise_it_says_nothing_and_is_not_counted(days: int, values: dict[str, Any]) -> None:
    place = ending(days, **values)
    assert noticed(place) is None
    assert relationships_ending(SYSTEM, spans=RELATIONSHIP_DAYS).first is None


def test_the_number_of_queries_does_not_grow(django_assert_max_num_queries: Any) -> None:
    for _ in range(30):
        make_relationship(5)
    with django_assert_max_num_queries(9):
        assert warn_of_expiries(actor=SYSTEM) == 30
