"""Graph and Partner Center tell the same story about the customers, page by page."""

from typing import Any

import httpx
import pytest

from tests.portal.sandbox.clicking import password_of, technician
from tests.portal.sandbox.conftest import EXCHANGE_SCOPE, ORGANIZATIONS, Sandbox

GRAPH = "https://graph.microsoft.com/.default"
PARTNER_CENTER = "https://api.partnercenter.microsoft.com/.default"


@pytest.fixture
def graph(sandbox: Sandbox) -> dict[str, str]:
    token = sandbox.delegated(sandbox.partner["tenant_id"], GRAPH).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


def every(sandbox: Sandbox, url: str, headers: dict[str, str]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    following: str | None = f"{sandbox.url}{url}"
    while following:
        body = sandbox.http.get(following, headers=headers).json()
        rows += body["value"]
        following = body.get("@odata.nextLink")
    return rows


def test_partner_center_wants_a_second_factor(sandbox: Sandbox) -> None:
    name = technician(sandbox, "noor")
    scope = "https://api.partnercenter.microsoft.com/.default"
    answer = sandbox.redeem(
        sandbox.partner["tenant_id"],
        grant_type="password",
        username=name,
        password=password_of(sandbox, name),
        scope=scope,
    )
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    refused = sandbox.http.get(f"{sandbox.url}/v1/customers", headers=headers)
    assert (refused.status_code, "MFA required" in refused.text) == (403, True)


def test_relationships_agree_with_the_organizations(sandbox: Sandbox, graph: dict[str, str]) -> None:
    rows = every(sandbox, "/v1.0/tenantRelationships/delegatedAdminRelationships?$top=7", graph)
    status = {"active": "active", "expiring": "active", "expired": "expired", "terminated": "terminated"}
    for organization in sandbox.organizations():
        mine = [row["status"] for row in rows if row["customer"]["tenantId"] == organization["tenant_id"]]
        assert mine[:1] == ([status[organization["relationship"]]] if organization["relationship"] != "none" else [])
    customers = every(sandbox, "/v1.0/tenantRelationships/delegatedAdminCustomers", graph)
    assert {c["tenantId"] for c in customers} == {o["tenant_id"] for o in sandbox.organizations() if o["roles"]}


def test_filter_select_and_single_relationship(sandbox: Sandbox, graph: dict[str, str]) -> None:
    organization = sandbox.healthy()
    where = f"status eq 'active' and customer/tenantId eq '{organization['tenant_id']}'"
    path = "/v1.0/tenantRelationships/delegatedAdminRelationships"
    rows = every(sandbox, f"{path}?$filter={where}&$select=id,customer,status", graph)
    assert len(rows) == 1
    assert {name for name in rows[0] if "@" not in name} == {"id", "customer", "status"}
    one = sandbox.http.get(f"{sandbox.url}{path}/{rows[0]['id']}", headers=graph).json()
    assignments = every(sandbox, f"{path}/{rows[0]['id']}/accessAssignments", graph)
    granted = {role["roleDefinitionId"] for role in one["accessDetails"]["unifiedRoles"]}
    assert {a["accessDetails"]["unifiedRoles"][0]["roleDefinitionId"] for a in assignments} == granted
    groups = {group["id"] for group in sandbox.partner["security_groups"]}
    assert {a["accessContainer"]["accessContainerId"] for a in assignments} <= groups
    refused = sandbox.http.get(f"{sandbox.url}{path}?$filter=startswith(status,'a')", headers=graph)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "BadRequest")


def test_application_tokens_may_not_read_relationships(sandbox: Sandbox) -> None:
    answer = sandbox.redeem(sandbox.partner["tenant_id"], scope=GRAPH, grant_type="client_credentials")
    headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}
    refused = sandbox.http.get(f"{sandbox.url}/v1.0/tenantRelationships/delegatedAdminRelationships", headers=headers)
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


def test_domains_of_a_customer(sandbox: Sandbox) -> None:
    organization = sandbox.healthy()
    token = sandbox.delegated(organization["tenant_id"], GRAPH).json()["access_token"]
    rows = every(sandbox, "/beta/domains?$top=999", {"Authorization": f"Bearer {token}"})
    assert [row["id"] for row in rows] == organization["domains"]
    assert [row["id"] for row in rows if row["isInitial"]] == [organization["initial_domain"]]


def test_batch_and_tenant_information(sandbox: Sandbox, graph: dict[str, str]) -> None:
    organization = sandbox.healthy()
    url = f"/tenantRelationships/findTenantInformationByTenantId(tenantId='{organization['tenant_id']}')"
    requests = [{"id": "1", "method": "GET", "url": url}, {"id": "2", "method": "GET", "url": "/contracts?$top=1"}]
    answer = sandbox.http.post(f"{sandbox.url}/v1.0/$batch", headers=graph, json={"requests": requests}).json()
    bodies = {item["id"]: item["body"] for item in answer["responses"]}
    assert bodies["1"]["defaultDomainName"] == organization["default_domain"]
    assert len(bodies["2"]["value"]) == 1
    too_many = {"requests": requests * 11}
    assert sandbox.http.post(f"{sandbox.url}/v1.0/$batch", headers=graph, json=too_many).status_code == 400


def partner_center(sandbox: Sandbox, path: str, scope: str = PARTNER_CENTER) -> httpx.Response:
    token = sandbox.delegated(sandbox.partner["tenant_id"], scope).json()["access_token"]
    return sandbox.http.get(f"{sandbox.url}{path}", headers={"Authorization": f"Bearer {token}"})


def test_partner_center_pages_over_resold_customers(sandbox: Sandbox) -> None:
    found: list[dict[str, Any]] = []
    path: str | None = "/v1/customers?size=20"
    while path:
        body = partner_center(sandbox, path).json()
        found += body["items"]
        token = body.get("continuationToken")
        path = f"/v1/customers?size=20&seekOperation=Next&continuationToken={token}" if token else None
    resold = {o["tenant_id"]: o["initial_domain"] for o in sandbox.organizations() if o["reseller"]}
    assert {item["id"]: item["companyProfile"]["domain"] for item in found} == resold
    assert 0 < len(resold) <= ORGANIZATIONS


def test_partner_center_wants_its_own_audience(sandbox: Sandbox) -> None:
    assert partner_center(sandbox, "/v1/customers", EXCHANGE_SCOPE).status_code == 401


def test_removed_customer_vanishes_everywhere(sandbox: Sandbox, graph: dict[str, str]) -> None:
    organization = sandbox.healthy()
    token = sandbox.token(organization)
    assert sandbox.control("DELETE", f"organizations/{organization['tenant_id']}").status_code == 200
    customers = every(sandbox, "/v1.0/tenantRelationships/delegatedAdminCustomers", graph)
    assert organization["tenant_id"] not in {c["tenantId"] for c in customers}
    gone = sandbox.redeem(organization["tenant_id"], scope=EXCHANGE_SCOPE, grant_type="client_credentials")
    assert gone.json()["error_codes"] == [90002]
    assert sandbox.invoke(organization, token, "Get-Mailbox").status_code == 404
