"""Runs in national clouds and in Security & Compliance: each organization at its own hosts, found once."""

from typing import Any
from uuid import UUID

import pytest

from jobs.runs.models import Connection
from jobs.runs.states import TargetState
from tenants.organizations.models import Organization
from tenants.partner.models import Partner
from tests.engine import Launch
from tests.live import Sandbox

pytestmark = pytest.mark.django_db(transaction=True)


def violations(sandbox: Sandbox) -> dict[str, int]:
    counted: dict[str, int] = sandbox.control("GET", "state")["violations"]
    return counted


def discoveries(sandbox: Sandbox) -> dict[str, int]:
    counted: dict[str, int] = sandbox.control("GET", "discoveries")
    return counted


def test_every_open_cloud_is_entered_at_its_own_hosts(
    sandbox: Sandbox, national_partners: dict[str, Partner], launch: Launch, carry_out: Any
) -> None:
    organizations = list(Organization.objects.order_by("name"))
    assert {o.environment for o in organizations} == set(national_partners)
    targets = carry_out(launch("Get-AcceptedDomain", organizations))
    assert {(t.state, t.error_detail) for t in targets} == {(TargetState.SUCCEEDED, "")}
    assert len({e["application_id"] for e in sandbox.executions("Get-AcceptedDomain")}) == len(national_partners)
    assert violations(sandbox) == {}
    assert not Connection.objects.filter(closed_at=None).exists()


def test_an_organization_that_is_entered_in_the_wrong_cloud_is_diagnosed_before_anything_is_sent(
    sandbox: Sandbox, national_partners: dict[str, Partner], partner: Partner, launch: Launch, carry_out: Any
) -> None:
    organization = Organization.objects.filter(environment="O365USGovGCCHigh").select_related("partner").first()
    assert organization
    organization.partner, organization.environment = partner, partner.environment
    organization.save()
    (target,) = carry_out(launch("Get-AcceptedDomain", [organization]))
    assert (target.state, target.error_class) == (TargetState.ERRORED, "wrong_environment")
    assert "is in GCC High (USGov), but it is entered in O365Default" in target.error_detail
    assert sandbox.executions("Get-AcceptedDomain") == []


@pytest.mark.parametrize("app", ["healthy", "role_missing"])
def test_the_region_of_security_and_compliance_is_asked_for_once_an_organization(
    sandbox: Sandbox, organizations_of: Any, launch: Launch, carry_out: Any, app: str
) -> None:
    organizations = organizations_of(4, trouble=None if app == "healthy" else app)
    for _ in range(2):
        targets = carry_out(launch("Get-ComplianceCase", organizations))
    succeeded = {t.state for t in targets} == {TargetState.SUCCEEDED}
    assert succeeded is (app == "healthy")
    assert discoveries(sandbox) == {str(o.tenant_id): 1 for o in organizations}
    found = Organization.objects.filter(pk__in=[o.pk for o in organizations])
    hosts = {o.compliance_host.removeprefix("https://") for o in found}
    assert hosts <= set(sandbox.clouds["O365Default"]["redirect_hosts"])
    assert all(o.compliance_host_found_at for o in found)


def test_an_organization_that_moved_to_another_region_is_found_again_and_remembered(
    sandbox: Sandbox, organizations_of: Any, launch: Launch, carry_out: Any
) -> None:
    (organization,) = organizations_of(1)
    carry_out(launch("Get-ComplianceCase", [organization]))
    organization.refresh_from_db()
    before = organization.compliance_host
    here = next(o for o in sandbox.control("GET", "organizations") if UUID(o["tenant_id"]) == organization.tenant_id)
    elsewhere = "GBR" if here["compliance_region"] != "GBR" else "NAM"
    sandbox.control("POST", f"organizations/{organization.tenant_id}/region", json={"region": elsewhere})
    (target,) = carry_out(launch("Get-ComplianceCase", [organization]))
    organization.refresh_from_db()
    assert target.state == TargetState.SUCCEEDED
    assert organization.compliance_host not in ("", before)
