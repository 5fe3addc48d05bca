"""Where Security & Compliance is, against the simulated cloud: asked once, remembered, asked again when it moves."""

from typing import Any

import pytest

from jobs.exchange.connection import connect
from jobs.exchange.failures import CallFailed
from tests.jobs.exchange.cloud import SimulatedCloud
from tests.live import closed_port

EXCHANGE_ADMINISTRATOR = "29232cdf-9323-42fd-ade2-1d097af3e4de"


def open_compliance(
    cloud: SimulatedCloud, organization: dict[str, Any], *, app_only: bool = True, **changes: Any
) -> tuple[str, int]:
    """Read cases in an organization; return where it was found, and how many objects there were."""
    scope = str(cloud.environment.compliance_scope)
    tokens = cloud.app_only_tokens() if app_only else cloud.delegated_tokens()
    spec = cloud.spec(organization, service="scc", scope=scope, app_only=app_only, **changes)
    with connect(
        spec,
        lambda claims: tokens.acquire(organization["tenant_id"], scope, claims=claims),
        commands=["Get-ComplianceCase"],
    ) as connection:
        answer = connection.invoke("Get-ComplianceCase", {}, reads=True)
    return connection.regional_host, len(answer.rows)


def discoveries(cloud: SimulatedCloud) -> list[int]:
    return list(cloud.control("GET", "discoveries").values())


@pytest.fixture
def organization(cloud: SimulatedCloud) -> dict[str, Any]:
    found = cloud.organizations(trouble=None, compliance_region="EUR", relationship="active")
    return next(o for o in found if EXCHANGE_ADMINISTRATOR in o["roles"])


@pytest.mark.parametrize("app_only", [True, False], ids=["application", "signed-in account"])
def test_the_region_is_found_once_and_then_known(
    cloud: SimulatedCloud, organization: dict[str, Any], app_only: bool
) -> None:
    host, rows = open_compliance(cloud, organization, app_only=app_only)
    assert host.removeprefix("https://") in cloud.clouds["O365Default"]["redirect_hosts"]
    for _ in range(3):
        assert open_compliance(cloud, organization, app_only=app_only, regional_host=host) == (host, rows)
    assert discoveries(cloud) == [1]


def test_an_organization_that_moved_is_looked_for_again(cloud: SimulatedCloud, organization: dict[str, Any]) -> None:
    host, _ = open_compliance(cloud, organization)
    cloud.control("POST", f"organizations/{organization['tenant_id']}/region", json={"region": "GBR"})
    moved, _ = open_compliance(cloud, organization, regional_host=host)
    assert moved != host
    assert discoveries(cloud) == [2]


def test_a_region_that_does_not_answer_is_looked_for_again(cloud: SimulatedCloud, organization: dict[str, Any]) -> None:
    host, _ = open_compliance(cloud, organization)
    away = f"https://127.0.0.1:{closed_port()}"
    allowed = cloud.environment.allowed_hosts | {away.removeprefix("https://")}
    assert open_compliance(cloud, organization, regional_host=away, allowed_hosts=allowed)[0] == host


def test_a_remembered_host_that_is_not_allowed_gets_no_token(
    cloud: SimulatedCloud, organization: dict[str, Any]
) -> None:
    elsewhere = cloud.clouds["O365China"]["exchange_url"]
    host, _ = open_compliance(cloud, organization, regional_host=elsewhere)
    assert host != elsewhere
    assert cloud.control("GET", "state")["violations"] == {}


def test_an_unknown_initial_domain_finds_no_region(cloud: SimulatedCloud, organization: dict[str, Any]) -> None:
    with pytest.raises(CallFailed) as failure:
        open_compliance(cloud, {**organization, "initial_domain": "elsewhere.onmicrosoft.com"})
    assert failure.value.explanation.error_class == "wrong_address"
    assert discoveries(cloud) == []
