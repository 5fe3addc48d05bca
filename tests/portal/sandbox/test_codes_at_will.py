"""Every AADSTS code on demand, the sign-in log, and tokens that were sent to the wrong service."""

import msal
import pytest
from msal.exceptions import MsalServiceError

from portal.sandbox.aadsts import AADSTS, SUBERRORS
from tests.portal.sandbox.conftest import COMPLIANCE_SCOPE, EXCHANGE_SCOPE, Sandbox

PASSING = {90006: 503, 90024: 503, 90033: 503, 90055: 429}


@pytest.mark.parametrize("code", sorted(AADSTS))
def test_token_endpoint_answers_with_any_code_once(sandbox: Sandbox, code: int) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    sandbox.control("POST", "aadsts", json={"code": code, "tenant": tenant, "times": 1})
    answer = sandbox.redeem(tenant, scope=EXCHANGE_SCOPE, grant_type="client_credentials")
    body = answer.json()
    error = AADSTS[code][0]
    assert answer.status_code == PASSING.get(code, 401 if error == "invalid_client" else 400)
    assert (body["error"], body["error_codes"], body.get("suberror")) == (error, [code], SUBERRORS.get(code))
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert sandbox.control("GET", "logins").json()[-1]["code"] == code
    assert sandbox.redeem(tenant, scope=EXCHANGE_SCOPE, grant_type="client_credentials").status_code == 200


def test_code_for_one_tenant_leaves_the_others_alone(sandbox: Sandbox) -> None:
    first, second = [o["tenant_id"] for o in sandbox.organizations() if not o["trouble"]][:2]
    sandbox.control("POST", "aadsts", json={"code": 53003, "tenant": first})
    codes = [
        sandbox.redeem(tenant, scope=EXCHANGE_SCOPE, grant_type="client_credentials").json().get("error_codes")
        for tenant in (first, second, first)
    ]
    assert codes == [[53003], None, [53003]]
    sandbox.control("DELETE", "aadsts")
    assert sandbox.redeem(first, scope=EXCHANGE_SCOPE, grant_type="client_credentials").status_code == 200


def test_unknown_code_is_refused_by_the_control_endpoint(sandbox: Sandbox) -> None:
    answer = sandbox.control("POST", "aadsts", json={"code": 1})
    assert (answer.status_code, "65001" in answer.json()["error"]) == (400, True)


def test_passing_condition_raises_in_msal(sandbox: Sandbox) -> None:
    sandbox.control("POST", "aadsts", json={"code": 90033})
    with pytest.raises(MsalServiceError):
        sandbox.application(sandbox.healthy()["tenant_id"]).acquire_token_for_client([EXCHANGE_SCOPE])


def test_log_counts_one_token_request_an_organization_for_a_warm_cache(sandbox: Sandbox) -> None:
    cache = msal.TokenCache()
    tenants = [o["tenant_id"] for o in sandbox.organizations() if not o["trouble"] and o["cloud"] == "O365Default"][:5]
    for _ in range(3):
        for tenant in tenants:
            app = sandbox.application(tenant, sandbox.partner["client_secret"], token_cache=cache)
            assert "access_token" in app.acquire_token_for_client([EXCHANGE_SCOPE])
    asked = [entry["tenant"] for entry in sandbox.control("GET", "logins", params={"kind": "token"}).json()]
    assert sorted(asked) == sorted(tenants)


def test_log_holds_requests_that_a_fault_answered(sandbox: Sandbox) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    sandbox.fault({"type": "html", "status": 502}, service="login", times=1)
    sandbox.redeem(tenant, scope=EXCHANGE_SCOPE, grant_type="client_credentials")
    assert [entry["answered"] for entry in sandbox.control("GET", "logins").json()] == ["502"]


@pytest.mark.parametrize(
    ("scope", "path", "violation"),
    [
        ("https://graph.microsoft.com/.default", "adminapi/beta/{tenant}/EXOModuleFile", "graph_token_at_exchange"),
        (EXCHANGE_SCOPE, "v1.0/domains", "exchange_token_at_graph"),
        (COMPLIANCE_SCOPE, "v1/customers", "compliance_token_at_partner_center"),
        (EXCHANGE_SCOPE, "{tenant}/v2.0/.well-known/openid-configuration", "exchange_token_at_login"),
    ],
)
def test_token_at_the_wrong_service_is_a_violation(sandbox: Sandbox, scope: str, path: str, violation: str) -> None:
    organization = sandbox.healthy()
    token = sandbox.token(organization, scope)
    address = f"{sandbox.url}/{path.format(tenant=organization['tenant_id'])}"
    sandbox.http.get(address, headers={"Authorization": f"Bearer {token}"})
    assert sandbox.control("GET", "state").json()["violations"] == {violation: 1}
