"""The partner's own organization is a target only when an administrator wants it."""

import pytest

from portal.audit.models import AuditEvent
from portal.core.actors import Source
from portal.core.permissions import PermissionRefused
from tenants.clouds.own_organization import make_partner_a_target, make_partner_no_target
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.profiles.accesses import Accesses
from tenants.profiles.facts import frozen
from tenants.profiles.refusals import OwnOrganization
from tenants.profiles.resolution import applied_profile
from tests.factories import SYSTEM, make_organizations, make_partner, make_person
from tests.live import Sandbox
from tests.tenants.clouds.test_adding import read

pytestmark = pytest.mark.django_db(transaction=True)


def actions() -> list[str]:
    return list(AuditEvent.objects.filter(target_kind="partner").order_by("pk").values_list("action", flat=True))


def test_it_comes_and_goes_with_an_event_each(partner: Partner) -> None:
    own = make_partner_a_target(actor=SYSTEM, partner=partner)
    assert make_partner_a_target(actor=SYSTEM, partner=partner) == own
    assert Organization.objects.served().get().is_partners_own
    make_partner_no_target(actor=SYSTEM, partner=partner)
    assert not Organization.objects.served().exists()
    assert actions()[-2:] == ["partner.made_target", "partner.made_no_target"]


def test_only_who_manages_app_registrations_may_decide(partner: Partner) -> None:
    with pytest.raises(PermissionRefused):
        make_partner_a_target(actor=make_person().as_actor(Source.WEB), partner=partner)


def test_reading_the_customers_leaves_it_alone(sandbox: Sandbox, partner: Partner) -> None:
    own = make_partner_a_target(actor=SYSTEM, partner=partner)
    read(partner)
    own.refresh_from_db()
    assert own.vanished_at is None


def test_no_way_leads_in_when_nobody_wanted_it(partner: Partner) -> None:
    own = make_partner_a_target(actor=SYSTEM, partner=partner)
    facts = frozen(applied_profile(own, service="exo").profile)
    assert Accesses().find(own, facts, person_id="")
    Partner.objects.update(is_target=False)
    own = Organization.objects.select_related("partner").get()
    with pytest.raises(OwnOrganization, match="no target"):
        Accesses().find(own, facts, person_id="")


def test_nor_as_the_customer_of_another_partner(partner: Partner) -> None:
    second = make_partner()
    place = make_organizations(1, partner=partner, tenant_id=second.tenant_id, environment=partner.environment)[0]
    with pytest.raises(OwnOrganization, match="entered as such only"):
        Accesses().find(place, frozen(applied_profile(place, service="exo").profile), person_id="")
