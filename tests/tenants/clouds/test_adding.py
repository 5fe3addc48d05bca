"""Adding organizations by hand, against the simulated clouds."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from portal.audit.models import AuditEvent
from portal.core.actors import Source
from portal.core.permissions import PermissionRefused
from tenants.clouds.adding import OrganizationRefused, add_organization
from tenants.clouds.detection import NoSuchTenant
from tenants.clouds.wanted import Wanted, read_wanted
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tenants.sync.models import Synchronization
from tenants.sync.services import start_synchronization, synchronize
from tests.factories import SYSTEM, make_partner, make_person
from tests.live import Sandbox

National = dict[str, Partner]


def listed(sandbox: Sandbox, cloud: str) -> dict[str, Any]:
    return next(o for o in sandbox.control("GET", "organizations") if o["cloud"] == cloud and not o["trouble"])


def read(partner: Partner) -> Synchronization:
    synchronization = start_synchronization(actor=SYSTEM, partner=partner)
    synchronize(synchronization_id=synchronization.pk)
    synchronization.refresh_from_db()
    assert (synchronization.state, synchronization.error) == ("succeeded", "")
    return synchronization


def test_every_national_organization_is_added_by_its_domain(sandbox: Sandbox, national_partners: National) -> None:
    expected = {
        (o["tenant_id"], o["cloud"], o["name"], o["initial_domain"], o["default_domain"])
        for o in sandbox.control("GET", "organizations")
        if o["cloud"] != "O365Default"
    }
    stored = Organization.objects.select_related("partner")
    found = {(str(o.tenant_id), o.environment, o.name, o.initial_domain, o.default_domain) for o in stored}
    assert found == expected
    assert all(o.detected_environment == o.environment == o.partner.environment for o in stored)
    assert all(o.environment_detected_at and o.is_added_by_hand for o in stored)


def test_an_event_says_who_added_what(sandbox: Sandbox, partner: Partner) -> None:
    organization = listed(sandbox, "O365Default")
    added = add_organization(actor=SYSTEM, partner=partner, domain_or_tenant_id=organization["default_domain"])
    event = AuditEvent.objects.get(action="organization.added_by_hand")
    assert (event.target_id, event.data["asked_for"]) == (str(added.pk), organization["default_domain"])
    assert event.data["environment"] == "O365Default"


def test_an_organization_that_has_not_consented_keeps_what_was_typed(sandbox: Sandbox, partner: Partner) -> None:
    organization = listed(sandbox, "O365Default")
    path = f"organizations/{organization['tenant_id']}/trouble"
    sandbox.control("POST", path, json={"trouble": "app_not_consented"})
    domain = organization["initial_domain"]
    added = add_organization(actor=SYSTEM, partner=partner, domain_or_tenant_id=domain, title="Contoso")
    assert (added.name, added.initial_domain, added.default_domain) == ("Contoso", domain, domain)


def test_the_wrong_cloud_is_refused_with_the_partner_that_fits(sandbox: Sandbox, partner: Partner) -> None:
    domain = listed(sandbox, "O365USGovGCCHigh")["default_domain"]
    with pytest.raises(OrganizationRefused, match=r"GCC High \(USGov\).*Connect a partner of O365USGovGCCHigh first"):
        add_organization(actor=SYSTEM, partner=partner, domain_or_tenant_id=domain)
    make_partner(name="Halyard Federal", environment="O365USGovGCCHigh")
    with pytest.raises(OrganizationRefused, match="Add it to Halyard Federal"):
        add_organization(actor=SYSTEM, partner=partner, domain_or_tenant_id=domain)
    assert not Organization.objects.exists()


def test_the_partners_own_organization_is_not_added_by_accident(sandbox: Sandbox, partner: Partner) -> None:
    with pytest.raises(OrganizationRefused, match="own organization of the partner"):
        add_organization(actor=SYSTEM, partner=partner, domain_or_tenant_id=partner.initial_domain)


def test_what_is_there_or_unknown_or_forbidden_is_refused(sandbox: Sandbox, partner: Partner) -> None:
    domain = listed(sandbox, "O365Default")["default_domain"]
    add_organization(actor=SYSTEM, partner=partner, domain_or_tenant_id=domain)
    with pytest.raises(OrganizationRefused, match="already"):
        add_organization(actor=SYSTEM, partner=partner, domain_or_tenant_id=domain)
    with pytest.raises(NoSuchTenant):
        add_organization(actor=SYSTEM, partner=partner, domain_or_tenant_id="unknown.example")
    with pytest.raises(PermissionRefused):
        add_organization(actor=make_person().as_actor(Source.WEB), partner=partner, domain_or_tenant_id=domain)


class TestReadingAgain:
    def test_an_organization_added_by_hand_stays_until_its_tenant_is_gone(
        self, sandbox: Sandbox, national_partners: National
    ) -> None:
        partner = national_partners["O365China"]
        assert read(partner).total == 4
        gone = Organization.objects.filter(partner=partner).first()
        assert gone
        sandbox.control("DELETE", f"organizations/{gone.tenant_id}")
        assert (read(partner).vanished, read(partner).total) == (1, 3)
        gone.refresh_from_db()
        assert gone.vanished_at

    def test_the_cloud_of_every_organization_is_asked_for_once(self, sandbox: Sandbox, partner: Partner) -> None:
        read(partner)
        places = Organization.objects.filter(partner=partner)
        assert set(places.values_list("detected_environment", flat=True)) == {"O365Default"}
        first = dict(places.values_list("pk", "environment_detected_at"))
        read(partner)
        assert dict(places.values_list("pk", "environment_detected_at")) == first

    def test_one_that_is_on_a_list_too_is_not_doubled(self, sandbox: Sandbox, partner: Partner) -> None:
        domain = listed(sandbox, "O365Default")["default_domain"]
        added = add_organization(actor=SYSTEM, partner=partner, domain_or_tenant_id=domain)
        read(partner)
        assert Organization.objects.filter(tenant_id=added.tenant_id).count() == 1


def test_lists_are_read_as_people_write_them() -> None:
    text = "Domain,Name\ncontoso.example, Contoso\nfabrikam.example\n\nCONTOSO.example;Again\n\tx\n"
    assert read_wanted(text) == [Wanted("CONTOSO.example", "Again"), Wanted("fabrikam.example", "")]


def test_the_command_line_adds_what_a_file_lists_and_names_what_it_cannot(
    sandbox: Sandbox, partner: Partner, tmp_path: Path
) -> None:
    domain = listed(sandbox, "O365Default")["default_domain"]
    file = tmp_path / "organizations.csv"
    file.write_text(f"domain\n{domain}\nunknown.example\n", encoding="utf-8")
    said, complained = StringIO(), StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("add_organization", file=file, stdout=said, stderr=complained)
    assert ended.value.code == 1
    assert "was added" in said.getvalue()
    assert "unknown.example" in complained.getvalue()
    assert Organization.objects.get().default_domain == domain
