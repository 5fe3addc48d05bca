"""Customers of several partners: each is one partner's at a time, and nobody's own tenant is a customer."""

import pytest
from django.utils import timezone

from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.sync.reading import Customer, Reading
from tenants.sync.storing import Counts, store_reading
from tests.factories import SYSTEM, make_organizations, make_partner

pytestmark = pytest.mark.django_db


def read(partner: Partner, *tenant_ids: object) -> Counts:
    customers = [Customer(str(tenant_id), name="Contoso", initial_domain="c.example") for tenant_id in tenant_ids]
    return store_reading(actor=SYSTEM, partner=partner, reading=Reading(customers, None), known_at=None)


def test_what_another_partner_serves_stays_his() -> None:
    first, second = make_partner(), make_partner()
    (place,) = make_organizations(1, partner=first)
    assert read(second, place.tenant_id).added == 0
    assert Organization.objects.get().partner == first


def test_what_another_partner_serves_no_more_is_taken_over() -> None:
    first, second = make_partner(environment="O365USGovGCCHigh"), make_partner()
    (place,) = make_organizations(1, partner=first, vanished_at=timezone.now(), environment=first.environment)
    read(second, place.tenant_id)
    place.refresh_from_db()
    assert (place.partner, place.vanished_at, place.environment) == (second, None, second.environment)


def test_the_own_tenant_of_another_partner_is_no_customer() -> None:
    first, second = make_partner(), make_partner()
    assert read(second, first.tenant_id).added == 0
    assert not Organization.objects.exists()
