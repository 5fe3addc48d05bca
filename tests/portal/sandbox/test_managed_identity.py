"""Managed identity: msal against IMDS, App Service and Azure Arc over plain HTTP (exchange-protocol.md 2.3, F16)."""

import json
from typing import Any

import jwt
import msal
import msal.managed_identity
import pytest
import requests

from tests.portal.sandbox.conftest import Sandbox

RESOURCE = "https://outlook.office365.com"
IMDS = "metadata/identity/oauth2/token"


@pytest.fixture
def address(sandbox: Sandbox) -> str:
    return str(json.loads((sandbox.folder / "ready.json").read_text())["managed_identity_url"])


@pytest.fixture
def facts(sandbox: Sandbox) -> dict[str, Any]:
    found: dict[str, Any] = sandbox.control("GET", "managed-identity").json()
    return found


@pytest.fixture
def imds(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", address)


@pytest.fixture
def app_service(monkeypatch: pytest.MonkeyPatch, address: str, facts: dict[str, Any]) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{address}/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", facts["identity_header"])


@pytest.fixture
def arc(monkeypatch: pytest.MonkeyPatch, address: str, facts: dict[str, Any]) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"{address}/arc/metadata/identity/oauth2/token")
    monkeypatch.setenv("IMDS_ENDPOINT", address)
    # msal reads the key file only below the folder of the agent, which needs an administrator to make.
    folders = msal.managed_identity._supported_arc_platforms_and_their_prefixes
    monkeypatch.setitem(folders, "linux", facts["key_folder"])


def ask(identity: Any = None, resource: str = RESOURCE) -> dict[str, Any]:
    session = requests.Session()
    session.trust_env = False
    client = msal.ManagedIdentityClient(identity or msal.SystemAssignedManagedIdentity(), http_client=session)
    answer: dict[str, Any] = client.acquire_token_for_client(resource=resource)
    return answer


def claims_of(answer: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(answer["access_token"], options={"verify_signature": False})
    return claims


@pytest.mark.parametrize("source", ["imds", "app_service", "arc"])
def test_own_identity_of_the_machine_gets_a_token_of_the_partner_that_exchange_takes(
    sandbox: Sandbox, facts: dict[str, Any], source: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(source)
    answer = ask()
    claims = claims_of(answer)
    partner = sandbox.partner["tenant_id"]
    assert (claims["tid"], claims["aud"], claims["roles"]) == (partner, RESOURCE, ["Exchange.ManageAsApp"])
    assert claims["appid"] == facts["system_assigned"]["client_id"]
    assert answer["expires_in"] > 86_000
    files = sandbox.http.get(
        f"{sandbox.url}/adminapi/beta/{partner}/EXOModuleFile",
        headers={"Authorization": f"Bearer {answer['access_token']}"},
    )
    assert files.status_code == 200
    grants = [entry["grant"] for entry in sandbox.control("GET", "logins", params={"kind": "managed_identity"}).json()]
    assert grants == (["arc", "arc"] if source == "arc" else [source])


@pytest.mark.parametrize("source", ["imds", "app_service"])
@pytest.mark.parametrize("selector", ["client_id", "object_id", "resource_id"])
def test_user_assigned_identity_is_chosen_by_any_of_its_names(
    facts: dict[str, Any], source: str, selector: str, request: pytest.FixtureRequest
) -> None:
    request.getfixturevalue(source)
    identity = msal.UserAssignedManagedIdentity(**{selector: facts["user_assigned"][selector]})
    assert claims_of(ask(identity))["appid"] == facts["user_assigned"]["client_id"]


@pytest.mark.parametrize(
    ("source", "error"), [("imds", "identity_not_found"), ("app_service", "invalid_scope"), ("arc", "invalid_request")]
)
def test_unknown_identity_is_refused(source: str, error: str, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue(source)
    assert ask(msal.UserAssignedManagedIdentity(client_id="unknown"))["error"] == error


@pytest.mark.usefixtures("arc")
def test_azure_arc_has_no_user_assigned_identity(facts: dict[str, Any]) -> None:
    answer = ask(msal.UserAssignedManagedIdentity(client_id=facts["user_assigned"]["client_id"]))
    assert "not supported" in answer["error_description"]


def test_azure_arc_takes_its_key_once(address: str, facts: dict[str, Any]) -> None:
    path = f"{address}/arc/{IMDS}"
    query, headers = {"api-version": "2020-06-01", "resource": RESOURCE}, {"Metadata": "true"}

    def get(authorization: str = "") -> requests.Response:
        sent = {**headers, **({"Authorization": authorization} if authorization else {})}
        return requests.get(path, params=query, headers=sent, timeout=10)

    challenged = get()
    name = challenged.headers["WWW-Authenticate"].removeprefix("Basic realm=")
    assert (challenged.status_code, name.startswith(facts["key_folder"]), name.endswith(".key")) == (401, True, True)
    assert get("Basic wrong").status_code == 401
    with open(name) as file:
        key = file.read()
    assert [get(f"Basic {key}").status_code for _ in range(2)] == [200, 401]


@pytest.mark.usefixtures("app_service")
def test_app_service_refuses_a_wrong_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    assert "401" in ask()["error_description"]


@pytest.mark.parametrize(
    ("headers", "changes", "error"),
    [
        ({}, {}, "invalid_request"),
        ({"Metadata": "true", "X-Forwarded-For": "10.0.0.1"}, {}, "invalid_request"),
        ({"Metadata": "true"}, {"api-version": "yesterday"}, "bad_request_102"),
        ({"Metadata": "true"}, {"resource": "https://unknown.example"}, "invalid_resource"),
    ],
)
@pytest.mark.usefixtures("sandbox")
def test_imds_refuses_what_a_machine_would_not_ask(
    address: str, headers: dict[str, str], changes: dict[str, str], error: str
) -> None:
    query = {"api-version": "2018-02-01", "resource": RESOURCE, **changes}
    answer = requests.get(f"{address}/{IMDS}", params=query, headers=headers, timeout=10)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


@pytest.mark.usefixtures("imds")
def test_numbers_are_text_on_the_wire(address: str) -> None:
    query = {"api-version": "2018-02-01", "resource": RESOURCE}
    answer = requests.get(f"{address}/{IMDS}", params=query, headers={"Metadata": "true"}, timeout=10).json()
    assert all(isinstance(answer[name], str) for name in ("expires_in", "expires_on", "not_before"))


@pytest.mark.parametrize("code", [404, 410, 429, 503])
def test_faults_reach_the_endpoint(sandbox: Sandbox, address: str, code: int) -> None:
    body = {"error": "x", "error_description": "y"}
    sandbox.fault({"type": "status", "code": code, "body": body}, service="managed_identity", times=1)
    query = {"api-version": "2018-02-01", "resource": RESOURCE}
    answers = [
        requests.get(f"{address}/{IMDS}", params=query, headers={"Metadata": "true"}, timeout=10).status_code
        for _ in range(2)
    ]
    assert answers == [code, 200]
    logged = [entry["answered"] for entry in sandbox.control("GET", "logins").json()]
    assert logged == [str(code), "200"]


@pytest.mark.usefixtures("imds")
def test_machine_may_live_in_a_customer_organization(sandbox: Sandbox) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    sandbox.control("POST", "managed-identity", json={"tenant": tenant})
    assert claims_of(ask())["tid"] == tenant


def test_plain_http_serves_nothing_else(sandbox: Sandbox, address: str) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    for path in ("/_sandbox/state", f"/{tenant}/v2.0/.well-known/openid-configuration", "/v1.0/domains"):
        assert requests.get(f"{address}{path}", timeout=10).status_code == 404
    assert sandbox.http.get(f"{sandbox.url}/{IMDS}", headers={"Metadata": "true"}).status_code == 404
