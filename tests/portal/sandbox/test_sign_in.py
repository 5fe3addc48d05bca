"""Sign-in in the browser: authorization code with PKCE, by msal and by hand (exchange-protocol.md 2.2, 7.3)."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import msal
import pytest

from tests.portal.sandbox.clicking import Clicker, password_of, people, technician
from tests.portal.sandbox.conftest import EXCHANGE_SCOPE, Sandbox

# msal would rather have the answer posted; a session cookie with SameSite=Lax does not travel with such a post.
pytestmark = pytest.mark.filterwarnings("ignore:response_mode:UserWarning")

ANSWER = "http://127.0.0.1:8123/connections/sign-in/answer/"


@pytest.fixture
def clicker(sandbox: Sandbox) -> Iterator[Clicker]:
    with Clicker(sandbox) as clicker:
        yield clicker


def claims_of(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return claims


def flow_of(app: msal.ConfidentialClientApplication, **options: Any) -> dict[str, Any]:
    flow: dict[str, Any] = app.initiate_auth_code_flow([EXCHANGE_SCOPE], redirect_uri=ANSWER, **options)
    return flow


def redeem(sandbox: Sandbox, tenant: str, flow: dict[str, Any], code: str, **changes: str) -> dict[str, Any]:
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": ANSWER,
        "code_verifier": flow["code_verifier"],
        **changes,
    }
    answer: dict[str, Any] = sandbox.redeem(tenant, **form).json()
    return answer


@pytest.mark.parametrize(("local", "amr"), [("tess", ["pwd", "mfa"]), ("noor", ["pwd"])])
def test_technician_signs_in_at_a_customer_and_msal_gets_his_token(
    sandbox: Sandbox, clicker: Clicker, local: str, amr: list[str]
) -> None:
    tenant, name = sandbox.healthy()["tenant_id"], technician(sandbox, local)
    app = sandbox.application(tenant)
    flow = flow_of(app, login_hint=name)
    assert clicker.open(flow["auth_uri"]).heading == "Enter password"
    clicker.sign_in(name)
    assert clicker.landed.startswith(ANSWER)
    assert {"code", "state", "session_state"} <= set(clicker.answer)
    answer = app.acquire_token_by_auth_code_flow(flow, clicker.answer)
    claims = claims_of(answer["access_token"])
    assert (claims["tid"], claims["unique_name"], claims["amr"]) == (tenant, name, amr)
    assert (answer["id_token_claims"]["tid"], answer["id_token_claims"]["preferred_username"]) == (tenant, name)
    assert {"nonce", "oid", "amr"} <= set(answer["id_token_claims"])
    assert EXCHANGE_SCOPE in answer["scope"].split()
    account = app.get_accounts()[0]
    home = people(sandbox)[name]
    assert account["home_account_id"] == f"{home['object_id']}.{home['home']}"
    assert app.acquire_token_silent([EXCHANGE_SCOPE], account)["token_source"] == "cache"


def test_refresh_token_of_a_technician_is_redeemed_at_other_customers_for_other_resources(
    sandbox: Sandbox, clicker: Clicker
) -> None:
    first, second = [o for o in sandbox.organizations() if not o["trouble"] and o["relationship"] == "active"][:2]
    name = technician(sandbox)
    app = sandbox.application(first["tenant_id"])
    flow = flow_of(app, login_hint=name)
    clicker.open(flow["auth_uri"])
    clicker.sign_in(name)
    token = app.acquire_token_by_auth_code_flow(flow, clicker.answer)["refresh_token"]
    for tenant, resource in (
        (second["tenant_id"], "https://outlook.office365.com"),
        (second["tenant_id"], "https://ps.compliance.protection.outlook.com"),
        (sandbox.partner["tenant_id"], "https://graph.microsoft.com"),
        (sandbox.partner["tenant_id"], "https://api.partnercenter.microsoft.com"),
    ):
        answer = sandbox.redeem(
            tenant, grant_type="refresh_token", refresh_token=token, scope=f"{resource}/.default"
        ).json()
        claims = claims_of(answer["access_token"])
        assert (claims["tid"], claims["aud"], claims["unique_name"]) == (tenant, resource, name)
        assert claims["amr"] == ["pwd", "mfa"]


def test_at_organizations_the_token_is_for_the_home_tenant(sandbox: Sandbox, clicker: Clicker) -> None:
    organization = sandbox.healthy()
    name = f"admin@{organization['initial_domain']}"
    app = sandbox.application("organizations")
    flow = flow_of(app)
    assert "/organizations/oauth2/v2.0/authorize" in flow["auth_uri"]
    clicker.open(flow["auth_uri"])
    clicker.sign_in(name)
    answer = app.acquire_token_by_auth_code_flow(flow, clicker.answer)
    assert claims_of(answer["access_token"])["tid"] == organization["tenant_id"]


def test_guest_gets_a_token_of_the_customer_under_his_guest_name(sandbox: Sandbox, clicker: Clicker) -> None:
    name = technician(sandbox, "gwen")
    guest_in = people(sandbox)[name]["guest_in"]
    here = (o for o in sandbox.organizations() if o["cloud"] == "O365Default")
    healthy = {o["tenant_id"] for o in here if not o["trouble"]}
    tenant = next(tenant for tenant, roles in guest_in.items() if roles and tenant in healthy)
    app = sandbox.application(tenant)
    flow = flow_of(app, login_hint=name)
    clicker.open(flow["auth_uri"])
    clicker.sign_in(name)
    claims = claims_of(app.acquire_token_by_auth_code_flow(flow, clicker.answer)["access_token"])
    assert (claims["tid"], claims["wids"]) == (tenant, guest_in[tenant])
    assert "#EXT#" in claims["upn"]
    assert claims["oid"] != people(sandbox)[name]["object_id"]
    stranger = next(t for t in sorted(healthy) if t not in guest_in)
    clicker.open(flow_of(sandbox.application(stranger), login_hint=name, prompt="login")["auth_uri"])
    assert "AADSTS50020" in clicker.sign_in(name).text


def test_wrong_password_and_unknown_account_stay_on_the_page(sandbox: Sandbox, clicker: Clicker) -> None:
    name = technician(sandbox)
    clicker.open(flow_of(sandbox.application(sandbox.healthy()["tenant_id"]))["auth_uri"])
    unknown = clicker.press("Next", account="nobody@halyard.example")
    assert "AADSTS50034" in unknown.text
    assert unknown.fields["account"] == "nobody@halyard.example"
    clicker.press("Next", account=name)
    assert "AADSTS50126" in clicker.press("Sign in", password="wrong").text
    clicker.sign_in(name)
    assert "code" in clicker.answer


@pytest.mark.parametrize(("local", "code"), [("dora", 50057), ("piet", 50055), ("lars", 50053)])
def test_bad_accounts_are_told_on_the_page(sandbox: Sandbox, clicker: Clicker, local: str, code: int) -> None:
    name = technician(sandbox, local)
    clicker.open(flow_of(sandbox.application("organizations"), login_hint=name)["auth_uri"])
    assert f"AADSTS{code}" in clicker.sign_in(name).text
    assert clicker.answer == {}


def test_federated_account_signs_in_at_its_own_server(sandbox: Sandbox, clicker: Clicker) -> None:
    name = technician(sandbox, "fred")
    clicker.open(flow_of(sandbox.application("organizations"), login_hint=name)["auth_uri"])
    assert clicker.page.heading == "Sign in at your federation server"
    clicker.sign_in(name)
    assert "code" in clicker.answer


def test_cancel_and_denial(sandbox: Sandbox, clicker: Clicker) -> None:
    name = technician(sandbox)
    flow = flow_of(sandbox.application("organizations"), login_hint=name)
    clicker.open(flow["auth_uri"])
    clicker.press("Sign in", password=password_of(sandbox, name))
    assert "AADSTS500121" in clicker.press("Deny").text
    clicker.press("Cancel")
    assert clicker.answer["error"] == "access_denied"
    assert clicker.answer["error_subcode"] == "cancel"
    assert clicker.answer["state"] == flow["state"]


def test_second_factor_cannot_be_approved_before_the_password(sandbox: Sandbox, clicker: Clicker) -> None:
    clicker.open(flow_of(sandbox.application("organizations"), login_hint=technician(sandbox))["auth_uri"])
    clicker.page.buttons["I approve"] = "approve"
    assert clicker.press("I approve").heading == "Enter password"
    assert clicker.answer == {}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"redirect_uri": "https://elsewhere.example/connections/sign-in/answer/"}, 50011),
        ({"redirect_uri": "http://127.0.0.1:8123/other/"}, 50011),
        ({"client_id": "11111111-1111-1111-1111-111111111111"}, 700016),
        ({"response_type": "token"}, 700054),
    ],
)
def test_bad_request_is_told_on_the_page_and_never_redirected(
    sandbox: Sandbox, changes: dict[str, str], code: int
) -> None:
    tenant = sandbox.healthy()["tenant_id"]
    asked = {
        "client_id": sandbox.partner["application_id"],
        "redirect_uri": ANSWER,
        "response_type": "code",
        "scope": EXCHANGE_SCOPE,
        **changes,
    }
    answer = sandbox.http.get(f"{sandbox.url}/{tenant}/oauth2/v2.0/authorize", params=asked)
    assert answer.status_code == 400
    assert f"AADSTS{code}" in answer.text
    entry = sandbox.control("GET", "logins").json()[-1]
    assert (entry["kind"], entry["tenant"], entry["code"]) == ("authorize", tenant, code)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"code_verifier": "x" * 43}, 501481),
        ({"code_verifier": ""}, 900144),
        ({"redirect_uri": "http://127.0.0.1:9999/connections/sign-in/answer/"}, 500112),
        ({"client_secret": ""}, 7000218),
        ({"code": "0.Anonsense"}, 9002313),
    ],
)
def test_code_is_bound_to_its_request(sandbox: Sandbox, clicker: Clicker, changes: dict[str, str], code: int) -> None:
    tenant, name = sandbox.healthy()["tenant_id"], technician(sandbox)
    flow = flow_of(sandbox.application(tenant), login_hint=name)
    clicker.open(flow["auth_uri"])
    clicker.sign_in(name)
    form = {"code": clicker.answer["code"], **changes}
    assert redeem(sandbox, tenant, flow, **form)["error_codes"] == [code]
    assert "access_token" in redeem(sandbox, tenant, flow, clicker.answer["code"])


def test_code_works_once_in_ten_minutes_at_its_tenant(sandbox: Sandbox, clicker: Clicker) -> None:
    tenant, name = sandbox.healthy()["tenant_id"], technician(sandbox)
    flow = flow_of(sandbox.application(tenant), login_hint=name)
    clicker.open(flow["auth_uri"])
    clicker.sign_in(name)
    code = clicker.answer["code"]
    assert redeem(sandbox, sandbox.partner["tenant_id"], flow, code)["error_codes"] == [700005]
    assert "access_token" in redeem(sandbox, tenant, flow, code)
    assert redeem(sandbox, tenant, flow, code)["error_codes"] == [54005]
    again = flow_of(sandbox.application(tenant), login_hint=name)
    clicker.open(again["auth_uri"])
    sandbox.control("POST", "codes", json={"older_by": 601})
    assert redeem(sandbox, tenant, again, clicker.answer["code"])["error_codes"] == [70008]


@pytest.mark.parametrize(
    ("trouble", "local", "code"),
    [
        ("conditional_access", "tess", 53003),
        ("app_not_consented", "tess", 65001),
        ("relationship_ended", "tess", 50020),
        ("mfa_required", "noor", 50079),
        ("external_challenge", "tess", 50158),
        ("device_not_compliant", "tess", 53000),
        ("security_policy", "tess", 530032),
        ("assignment_required", "tess", 50105),
        ("passthrough_refused", "tess", 50177),
        ("not_preconsented", "tess", 90099),
    ],
)
def test_organization_refuses_on_the_page_with_a_way_back(
    sandbox: Sandbox, clicker: Clicker, trouble: str, local: str, code: int
) -> None:
    organization, name = sandbox.healthy(), technician(sandbox, local)
    sandbox.trouble(organization, trouble)
    app = sandbox.application(organization["tenant_id"])
    flow = flow_of(app, login_hint=name)
    clicker.open(flow["auth_uri"])
    page = clicker.sign_in(name)
    assert page.heading == "You cannot access this right now"
    assert f"AADSTS{code}" in page.text
    back = parse_qs(urlsplit(page.links["Back to the application"]).query)
    answer = app.acquire_token_by_auth_code_flow(flow, {key: values[0] for key, values in back.items()})
    assert f"AADSTS{code}" in answer["error_description"]


def test_fresh_second_factor_at_the_customer_satisfies_it(sandbox: Sandbox, clicker: Clicker) -> None:
    organization, name = sandbox.healthy(), technician(sandbox)
    sandbox.trouble(organization, "mfa_required")
    tenant = organization["tenant_id"]
    refused = sandbox.delegated(tenant, EXCHANGE_SCOPE).json()
    assert (refused["error_codes"], refused["suberror"]) == ([50076], "basic_action")
    app = sandbox.application(tenant)
    flow = flow_of(app, login_hint=name)
    clicker.open(flow["auth_uri"])
    clicker.sign_in(name)
    assert "access_token" in app.acquire_token_by_auth_code_flow(flow, clicker.answer)


def test_browser_remembers_accounts_until_they_are_revoked(sandbox: Sandbox, clicker: Clicker) -> None:
    tenant, name = sandbox.healthy()["tenant_id"], technician(sandbox)
    app = sandbox.application(tenant)
    clicker.open(flow_of(app, login_hint=name)["auth_uri"])
    clicker.sign_in(name)
    clicker.open(flow_of(app)["auth_uri"])
    clicker.answer.clear()
    clicker.open(flow_of(app)["auth_uri"])
    assert "code" in clicker.answer
    clicker.answer.clear()
    picker = clicker.open(flow_of(app, prompt="select_account")["auth_uri"])
    assert (picker.heading, clicker.answer) == ("Pick an account", {})
    clicker.press(name)
    assert "code" in clicker.answer
    sandbox.control("POST", f"people/{name}/revoke", json={})
    assert clicker.open(flow_of(app)["auth_uri"]).heading == "Sign in"
    clicker.open(flow_of(app, prompt="none")["auth_uri"])
    assert clicker.answer["error"] == "login_required"


def test_form_post_puts_the_answer_into_a_form(sandbox: Sandbox, clicker: Clicker) -> None:
    name = technician(sandbox)
    flow = flow_of(sandbox.application("organizations"), login_hint=name, response_mode="form_post")
    clicker.open(flow["auth_uri"])
    page = clicker.sign_in(name)
    assert page.action == ANSWER
    assert page.fields["state"] == flow["state"]
    assert "code" in page.fields


def test_client_of_the_exchange_module_answers_at_localhost(sandbox: Sandbox, clicker: Clicker) -> None:
    tenant, name = sandbox.healthy()["tenant_id"], technician(sandbox)
    app = sandbox.public_application(tenant)
    flow = app.initiate_auth_code_flow([EXCHANGE_SCOPE], redirect_uri="http://localhost:54321", login_hint=name)
    clicker.open(flow["auth_uri"])
    clicker.sign_in(name)
    answer = app.acquire_token_by_auth_code_flow(flow, clicker.answer)
    assert claims_of(answer["access_token"])["scp"] == "Exchange.Manage"


@pytest.mark.parametrize(
    ("what", "body", "code"),
    [("revoke", {}, 50173), ("revoke", {"code": 700082}, 700082), ("password", {"password": "new"}, 50173)],
)
def test_revoked_refresh_token_is_dead_until_the_next_sign_in(
    sandbox: Sandbox, clicker: Clicker, what: str, body: dict[str, Any], code: int
) -> None:
    tenant, name = sandbox.healthy()["tenant_id"], technician(sandbox)
    app = sandbox.application(tenant)

    def sign_in() -> str:
        flow = flow_of(app, login_hint=name, prompt="login")
        clicker.open(flow["auth_uri"])
        clicker.sign_in(name)
        return str(app.acquire_token_by_auth_code_flow(flow, clicker.answer)["refresh_token"])

    old = sign_in()
    sandbox.control("POST", f"people/{name}/{what}", json=body)
    assert sandbox.delegated(tenant, EXCHANGE_SCOPE).status_code == 200
    for token, codes in ((old, [code]), (sign_in(), None)):
        answer = sandbox.redeem(tenant, grant_type="refresh_token", refresh_token=token, scope=EXCHANGE_SCOPE).json()
        assert answer.get("error_codes") == codes


def test_sign_in_frequency_of_one_customer_ends_older_sign_ins_there_alone(sandbox: Sandbox) -> None:
    first, second = [o for o in sandbox.organizations() if not o["trouble"] and o["relationship"] == "active"][:2]
    sandbox.trouble(first, "sign_in_frequency")
    assert sandbox.delegated(first["tenant_id"], EXCHANGE_SCOPE).json()["error_codes"] == [70043]
    assert sandbox.delegated(second["tenant_id"], EXCHANGE_SCOPE).status_code == 200


def test_people_are_the_same_in_every_process_with_the_same_seed(sandbox: Sandbox) -> None:
    before = people(sandbox)
    sandbox.control("POST", "reset")
    assert people(sandbox) == before
    assert {person["state"] for person in before.values()} == {
        "",
        "disabled",
        "locked",
        "password_expired",
        "federated",
    }


def test_sign_in_log_holds_no_secret(sandbox: Sandbox, clicker: Clicker) -> None:
    tenant, name = sandbox.healthy()["tenant_id"], technician(sandbox)
    app = sandbox.application(tenant)
    flow = flow_of(app, login_hint=name)
    clicker.open(flow["auth_uri"])
    clicker.sign_in(name)
    answer = app.acquire_token_by_auth_code_flow(flow, clicker.answer)
    entries = sandbox.control("GET", "logins", params={"tenant": tenant}).json()
    assert [(entry["kind"], entry["grant"], entry["answered"]) for entry in entries] == [
        ("authorize", "", "200"),
        ("token", "authorization_code", "200"),
    ]
    assert entries[-1]["user"] == name
    written = (sandbox.folder / "logins.jsonl").read_text()
    for secret in (
        password_of(sandbox, name),
        clicker.answer["code"],
        flow["code_verifier"],
        answer["access_token"],
        answer["refresh_token"],
    ):
        assert secret not in written
